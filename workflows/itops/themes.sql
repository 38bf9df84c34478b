-- The themes of the free text in numbers: how many tickets, how they end, and how the last four weeks compare.
WITH newest AS (
    SELECT MAX(created) AS moment, julianday(MAX(created)) - julianday(MIN(created)) AS days FROM tickets
),
resolved AS (
    SELECT theme, hours, ROW_NUMBER() OVER (PARTITION BY theme ORDER BY hours) AS place,
        COUNT(*) OVER (PARTITION BY theme) AS n
    FROM tickets WHERE hours IS NOT NULL AND theme IS NOT NULL
),
medians AS (
    SELECT theme, AVG(hours) AS hours FROM resolved WHERE place IN ((n + 1) / 2, (n + 2) / 2) GROUP BY theme
),
counted AS (
    SELECT theme, COUNT(*) AS incidents, SUM(sla_missed) AS sla_missed, SUM(reopened) AS reopened,
        SUM(resolved IS NULL) AS without_resolve_date, ROUND(AVG(hours), 1) AS mean_hours,
        SUM(julianday(moment) - julianday(created) < 28) AS last_four_weeks
    FROM tickets, newest WHERE theme IS NOT NULL GROUP BY theme
)
SELECT themes.theme AS number, label, incidents,
    ROUND(100.0 * incidents / (SELECT COUNT(*) FROM tickets), 1) AS share_percent,
    sla_missed, ROUND(100.0 * sla_missed / incidents, 1) AS sla_missed_percent,
    reopened, without_resolve_date, ROUND(medians.hours, 1) AS median_hours, mean_hours,
    last_four_weeks,
    -- How many times its usual number came in the last four weeks; nothing where there is no time before them.
    CASE WHEN days >= 56 AND incidents > last_four_weeks
        THEN ROUND((last_four_weeks / 28.0) / ((incidents - last_four_weeks) / (days - 28.0)), 1) END AS times_usual,
    words, examples, likeness
FROM themes JOIN counted ON counted.theme = themes.label LEFT JOIN medians ON medians.theme = themes.label, newest
ORDER BY incidents DESC, number;
