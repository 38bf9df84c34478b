-- What recurs: category with symptom, how often, in how many weeks, and with what effect.
WITH grouped AS (
    SELECT COALESCE(category, '(none)') AS category, COALESCE(symptom, '(none)') AS symptom,
        COUNT(*) AS incidents, COUNT(DISTINCT day) AS days, COUNT(DISTINCT week) AS weeks,
        ROUND(AVG(hours), 1) AS mean_hours, SUM(sla_missed) AS sla_missed, SUM(reopened) AS reopened
    FROM tickets GROUP BY 1, 2
)
SELECT
    category, symptom, incidents,
    ROUND(100.0 * incidents / SUM(incidents) OVER (), 1) AS share_percent,
    SUM(incidents) OVER (PARTITION BY category) AS category_incidents,
    ROUND(100.0 * SUM(incidents) OVER (PARTITION BY category) / SUM(incidents) OVER (), 1) AS category_percent,
    days, weeks, mean_hours, sla_missed,
    ROUND(100.0 * sla_missed / incidents, 1) AS sla_missed_percent, reopened
FROM grouped
ORDER BY incidents DESC, category, symptom;
