-- How teams hand tickets on, and what comes back.
WITH steps AS (
    SELECT id, team, LAG(team) OVER (PARTITION BY id ORDER BY COALESCE(updated, ''), row_no) AS earlier
    FROM events WHERE id IN (SELECT id FROM tickets)
),
handed AS (
    SELECT earlier AS team, COUNT(*) AS handed_on FROM steps WHERE earlier <> team GROUP BY 1
),
received AS (
    SELECT team, COUNT(*) AS received FROM steps WHERE earlier <> team GROUP BY 1
),
daily AS (
    SELECT COALESCE(team, '(none)') AS team, day, COUNT(*) AS n FROM tickets GROUP BY 1, 2
)
SELECT COALESCE(t.team, '(none)') AS team, COUNT(*) AS incidents,
    SUM(reassignments > 0) AS reassigned,
    ROUND(100.0 * SUM(reassignments > 0) / COUNT(*), 1) AS reassigned_percent,
    SUM(reopened) AS reopened,
    ROUND(100.0 * SUM(reopened) / COUNT(*), 1) AS reopened_percent,
    COALESCE((SELECT handed_on FROM handed WHERE handed.team = t.team), 0) AS handed_on,
    COALESCE((SELECT received FROM received WHERE received.team = t.team), 0) AS received,
    (SELECT MAX(n) FROM daily WHERE daily.team = COALESCE(t.team, '(none)')) AS fullest_day,
    ROUND(AVG(hours), 1) AS mean_hours
FROM tickets AS t
GROUP BY 1
ORDER BY incidents DESC, team;
