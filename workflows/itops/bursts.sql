-- Recurring kinds of ticket that come in bursts: the fullest day (or week, in a longer time) against the mean.
WITH span AS (
    SELECT CAST(julianday(MAX(day)) - julianday(MIN(day)) AS INTEGER) + 1 AS days,
        CASE WHEN COUNT(DISTINCT week) < 4 THEN 1 ELSE 7 END AS length
    FROM tickets
),
counted AS (
    SELECT COALESCE(category, '(none)') AS category, COALESCE(symptom, '(none)') AS symptom,
        CASE length WHEN 1 THEN day ELSE week END AS period, COUNT(*) AS n
    FROM tickets, span GROUP BY 1, 2, 3
),
kinds AS (
    SELECT category, symptom, SUM(n) AS incidents, COUNT(*) AS active, MAX(n) AS fullest,
        SUM(n) / (1.0 * days / length) AS mean, CASE length WHEN 1 THEN 'day' ELSE 'week' END AS grain
    FROM counted, span GROUP BY 1, 2 HAVING SUM(n) >= :min_support
)
SELECT category, symptom, incidents, active, grain, fullest,
    (SELECT period FROM counted AS c WHERE c.category = kinds.category AND c.symptom = kinds.symptom
        ORDER BY n DESC, period LIMIT 1) AS fullest_on,
    ROUND(mean, 2) AS mean,
    ROUND(fullest / mean, 1) AS times_the_mean
FROM kinds
-- Three standard deviations of a Poisson count above its mean: less is what chance brings.
WHERE fullest >= 4 AND fullest > mean + 3 * SQRT(mean)
ORDER BY (fullest - mean) / SQRT(mean) DESC, category, symptom;
