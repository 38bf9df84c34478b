-- What handing a ticket on goes with.
WITH marked AS (
    SELECT *, CASE WHEN reassignments >= 3 THEN 3 ELSE reassignments END AS bucket FROM tickets
),
resolved AS (
    SELECT bucket, hours, ROW_NUMBER() OVER (PARTITION BY bucket ORDER BY hours) AS place,
        COUNT(*) OVER (PARTITION BY bucket) AS n
    FROM marked WHERE hours IS NOT NULL
),
medians AS (
    SELECT bucket, AVG(hours) AS hours FROM resolved WHERE place IN ((n + 1) / 2, (n + 2) / 2) GROUP BY bucket
)
SELECT CASE bucket WHEN 3 THEN '3 or more' ELSE CAST(bucket AS TEXT) END AS reassignments,
    COUNT(*) AS incidents,
    ROUND(100.0 * COUNT(*) / SUM(COUNT(*)) OVER (), 1) AS share_percent,
    ROUND(medians.hours, 1) AS median_hours,
    SUM(sla_missed) AS sla_missed,
    ROUND(100.0 * SUM(sla_missed) / COUNT(*), 1) AS sla_missed_percent
FROM marked LEFT JOIN medians USING (bucket)
GROUP BY bucket
ORDER BY bucket;
