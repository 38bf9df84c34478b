-- Where the SLA is lost: team by priority, and the part of the day in which the ticket came.
WITH parts AS (
    SELECT 'team and priority' AS view, COALESCE(team, '(none)') || ', ' || priority_name AS part, sla_missed FROM tickets
    UNION ALL
    SELECT 'time of day', CASE WHEN hour < 6 THEN '00 to 06' WHEN hour < 12 THEN '06 to 12'
        WHEN hour < 18 THEN '12 to 18' ELSE '18 to 24' END, sla_missed FROM tickets
    UNION ALL
    SELECT 'day of week', CASE weekday WHEN 0 THEN 'Sunday' WHEN 1 THEN 'Monday' WHEN 2 THEN 'Tuesday'
        WHEN 3 THEN 'Wednesday' WHEN 4 THEN 'Thursday' WHEN 5 THEN 'Friday' ELSE 'Saturday' END, sla_missed FROM tickets
)
SELECT view, part, COUNT(*) AS incidents, SUM(sla_missed) AS sla_missed,
    ROUND(100.0 * SUM(sla_missed) / COUNT(*), 1) AS sla_missed_percent,
    ROUND(100.0 * SUM(sla_missed) / NULLIF((SELECT SUM(sla_missed) FROM tickets), 0), 1) AS share_of_all_missed_percent
FROM parts
GROUP BY view, part
HAVING COUNT(*) >= :min_support
ORDER BY view, sla_missed DESC, part;
