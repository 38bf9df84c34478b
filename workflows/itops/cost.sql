-- What the time costs: hours from opened to resolved, the share of them that is work, and the rate of an hour.
WITH views AS (
    SELECT 'total' AS view, 'all tickets' AS part, id FROM tickets
    UNION ALL SELECT 'category', COALESCE(category, '(none)'), id FROM tickets
    UNION ALL SELECT 'team', COALESCE(team, '(none)'), id FROM tickets
    UNION ALL SELECT 'cause', 'missed their SLA', id FROM tickets WHERE sla_missed = 1
    UNION ALL SELECT 'cause', 'were reopened', id FROM tickets WHERE reopened = 1
    UNION ALL SELECT 'cause', 'were handed on', id FROM tickets WHERE reassignments > 0
)
SELECT view, part, COUNT(*) AS incidents, ROUND(SUM(hours), 1) AS hours,
    ROUND(SUM(hours) * :work_share, 1) AS work_hours,
    ROUND(SUM(hours) * :work_share * :rate, 0) AS cost,
    ROUND(100.0 * SUM(hours) / (SELECT SUM(hours) FROM tickets), 1) AS share_percent
FROM views JOIN tickets USING (id)
WHERE hours IS NOT NULL
GROUP BY view, part
ORDER BY view = 'total' DESC, view, cost DESC, part;
