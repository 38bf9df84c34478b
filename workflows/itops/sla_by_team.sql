-- SLA by team; teams with few tickets come last, a rate over two tickets says nothing.
SELECT COALESCE(team, '(none)') AS team, COUNT(*) AS incidents, SUM(sla_missed) AS sla_missed,
    ROUND(100.0 * SUM(sla_missed) / COUNT(*), 1) AS sla_missed_percent,
    CASE WHEN COUNT(*) >= :min_support THEN 1 ELSE 0 END AS enough
FROM tickets
GROUP BY 1
ORDER BY enough DESC, sla_missed_percent DESC, incidents DESC, team;
