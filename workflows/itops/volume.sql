-- Opened and resolved tickets by day, week and month. `shown` marks the grain that suits the length of time, up to the
-- newest ticket.
WITH span AS (
    SELECT COUNT(DISTINCT week) AS weeks, MAX(day) AS last_day FROM tickets
),
moves AS (
    SELECT 'day' AS grain, day AS period, 1 AS opened, 0 AS resolved FROM tickets
    UNION ALL SELECT 'week', week, 1, 0 FROM tickets
    UNION ALL SELECT 'month', month || '-01', 1, 0 FROM tickets
    UNION ALL SELECT 'day', date(resolved), 0, 1 FROM tickets WHERE resolved IS NOT NULL
    UNION ALL SELECT 'week', date(resolved, '-6 days', 'weekday 1'), 0, 1 FROM tickets WHERE resolved IS NOT NULL
    UNION ALL SELECT 'month', date(resolved, 'start of month'), 0, 1 FROM tickets WHERE resolved IS NOT NULL
)
SELECT grain, period, SUM(opened) AS opened, SUM(resolved) AS resolved,
    CASE WHEN period <= last_day AND grain = CASE WHEN weeks < 4 THEN 'day' WHEN weeks <= 60 THEN 'week' ELSE 'month' END THEN 1 ELSE 0 END
        AS shown
FROM moves, span
GROUP BY grain, period
ORDER BY grain, period;
