-- One row: what there is, in the file and in scope.
WITH resolved AS (
    SELECT hours, ROW_NUMBER() OVER (ORDER BY hours) AS place, COUNT(*) OVER () AS n
    FROM tickets WHERE hours IS NOT NULL
),
median AS (
    SELECT AVG(hours) AS hours FROM resolved WHERE place IN ((n + 1) / 2, (n + 2) / 2)
)
SELECT
    (SELECT COUNT(DISTINCT id) FROM events) AS file_incidents,
    (SELECT COUNT(*) FROM events) AS file_events,
    (SELECT COUNT(*) FROM events WHERE sla_missed = 1) AS file_sla_missed_events,
    COUNT(*) AS incidents,
    (SELECT COUNT(*) FROM events WHERE id IN (SELECT id FROM tickets)) AS events,
    (SELECT COUNT(*) FROM events WHERE sla_missed = 1 AND id IN (SELECT id FROM tickets)) AS sla_missed_events,
    COALESCE(SUM(sla_missed), 0) AS sla_missed,
    ROUND(100.0 * SUM(sla_missed) / COUNT(*), 1) AS sla_missed_percent,
    ROUND(100.0 - 100.0 * SUM(sla_missed) / COUNT(*), 1) AS sla_met_percent,
    COALESCE(SUM(reopened), 0) AS reopened,
    ROUND(100.0 * SUM(reopened) / COUNT(*), 1) AS reopened_percent,
    COALESCE(SUM(long), 0) AS long,
    COUNT(hours) AS with_resolve_time,
    COALESCE(SUM(resolved IS NULL), 0) AS without_resolve_date,
    COALESCE(SUM(impossible_times), 0) AS impossible_times,
    ROUND((SELECT hours FROM median), 1) AS median_hours,
    ROUND(AVG(hours), 1) AS mean_hours,
    COUNT(DISTINCT team) AS teams,
    COUNT(DISTINCT category) AS categories,
    COUNT(DISTINCT day) AS days,
    date(MIN(created)) AS first_day,
    date(MAX(created)) AS last_day
FROM tickets;
