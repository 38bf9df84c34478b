-- Who carries how much.
SELECT COALESCE(team, '(none)') AS team, COUNT(*) AS incidents,
    ROUND(100.0 * COUNT(*) / SUM(COUNT(*)) OVER (), 1) AS share_percent,
    ROUND(1.0 * COUNT(*) / COUNT(DISTINCT day), 2) AS incidents_per_active_day,
    COUNT(DISTINCT assignee) AS people,
    SUM(resolved IS NULL) AS without_resolve_date,
    ROUND(AVG(hours), 1) AS mean_hours,
    ROUND(AVG(reassignments), 2) AS mean_reassignments,
    SUM(sla_missed) AS sla_missed, SUM(reopened) AS reopened
FROM tickets
GROUP BY 1
ORDER BY incidents DESC, team;
