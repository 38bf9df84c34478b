-- Every value of every attribute against every bad outcome: support, confidence, lift, chi-square (1 degree of freedom).
WITH facts AS (
    SELECT id, 'category' AS attribute, category AS value FROM tickets
    UNION ALL SELECT id, 'subcategory', subcategory FROM tickets
    UNION ALL SELECT id, 'symptom', symptom FROM tickets
    UNION ALL SELECT id, 'team', team FROM tickets
    UNION ALL SELECT id, 'location', location FROM tickets
    UNION ALL SELECT id, 'contact', contact FROM tickets
    UNION ALL SELECT id, 'ci', ci FROM tickets
    UNION ALL SELECT id, 'theme', theme FROM tickets
),
results AS (
    SELECT id, 'sla_missed' AS outcome, sla_missed AS bad FROM tickets
    UNION ALL SELECT id, 'reopened', reopened FROM tickets
    UNION ALL SELECT id, 'long', long FROM tickets WHERE hours IS NOT NULL
),
totals AS (
    SELECT outcome, COUNT(*) AS total, SUM(bad) AS total_bad FROM results GROUP BY outcome
),
counted AS (
    SELECT attribute, value, outcome, COUNT(*) AS n, SUM(bad) AS bad
    FROM facts JOIN results USING (id)
    WHERE value IS NOT NULL
    GROUP BY attribute, value, outcome
)
SELECT attribute, value, outcome, n, bad, total, total_bad,
    ROUND(1.0 * n / total, 4) AS support,
    ROUND(1.0 * bad / n, 4) AS confidence,
    ROUND(1.0 * total_bad / total, 4) AS base_rate,
    ROUND((1.0 * bad / n) / (1.0 * total_bad / total), 3) AS lift,
    ROUND(1.0 * total * POWER(bad * (total - total_bad - n + bad) - 1.0 * (n - bad) * (total_bad - bad), 2)
        / (1.0 * n * (total - n) * total_bad * (total - total_bad)), 2) AS chi_square
FROM counted JOIN totals USING (outcome)
WHERE n >= :min_support AND n < total AND total_bad > 0 AND total_bad < total
ORDER BY (1.0 * bad / n > 1.0 * total_bad / total) DESC, chi_square DESC, attribute, value, outcome;
