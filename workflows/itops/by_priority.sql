-- Incidents by their final priority; events by the priority that each event had.
WITH levels (priority, name) AS (
    VALUES (1, 'critical'), (2, 'high'), (3, 'moderate'), (4, 'low'), (9, 'unknown')
),
resolved AS (
    SELECT priority, hours, ROW_NUMBER() OVER (PARTITION BY priority ORDER BY hours) AS place,
        COUNT(*) OVER (PARTITION BY priority) AS n
    FROM tickets WHERE hours IS NOT NULL
),
medians AS (
    SELECT priority, AVG(hours) AS hours FROM resolved WHERE place IN ((n + 1) / 2, (n + 2) / 2) GROUP BY priority
),
by_event AS (
    SELECT COALESCE(priority, 9) AS priority, COUNT(*) AS events, COALESCE(SUM(sla_missed), 0) AS sla_missed_events
    FROM events WHERE id IN (SELECT id FROM tickets) GROUP BY 1
),
by_incident AS (
    SELECT priority, COUNT(*) AS incidents, SUM(sla_missed) AS sla_missed, SUM(reopened) AS reopened
    FROM tickets GROUP BY priority
)
SELECT
    levels.priority, name,
    COALESCE(incidents, 0) AS incidents,
    COALESCE(events, 0) AS events,
    COALESCE(sla_missed, 0) AS sla_missed,
    ROUND(100.0 * sla_missed / incidents, 1) AS sla_missed_percent,
    COALESCE(sla_missed_events, 0) AS sla_missed_events,
    COALESCE(reopened, 0) AS reopened,
    ROUND(medians.hours, 1) AS median_hours
FROM levels
    LEFT JOIN by_incident USING (priority)
    LEFT JOIN by_event USING (priority)
    LEFT JOIN medians USING (priority)
WHERE incidents > 0 OR events > 0
ORDER BY levels.priority;
