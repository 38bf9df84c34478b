-- Pairs of attribute values that go with a bad outcome more than either value alone does.
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
known AS (
    SELECT * FROM facts WHERE value IS NOT NULL
),
results AS (
    SELECT id, 'sla_missed' AS outcome, sla_missed AS bad FROM tickets
    UNION ALL SELECT id, 'reopened', reopened FROM tickets
    UNION ALL SELECT id, 'long', long FROM tickets WHERE hours IS NOT NULL
),
totals AS (
    SELECT outcome, COUNT(*) AS total, SUM(bad) AS total_bad FROM results GROUP BY outcome
),
single AS (
    SELECT attribute, value, outcome, COUNT(*) AS n, SUM(bad) AS bad
    FROM known JOIN results USING (id) GROUP BY 1, 2, 3
),
pairs AS (
    SELECT a.attribute AS attribute_a, a.value AS value_a, b.attribute AS attribute_b, b.value AS value_b, outcome,
        COUNT(*) AS n, SUM(bad) AS bad
    FROM known AS a JOIN known AS b ON a.id = b.id AND a.attribute < b.attribute JOIN results ON results.id = a.id
    GROUP BY 1, 2, 3, 4, 5
    HAVING COUNT(*) >= :min_support AND SUM(bad) >= 5
),
-- Each pair beside the one of its parts that has the higher rate of bad tickets.
beside AS (
    SELECT pairs.*, total, total_bad,
        CASE WHEN 1.0 * x.bad / x.n >= 1.0 * y.bad / y.n THEN x.n ELSE y.n END AS part_n,
        CASE WHEN 1.0 * x.bad / x.n >= 1.0 * y.bad / y.n THEN x.bad ELSE y.bad END AS part_bad
    FROM pairs JOIN totals USING (outcome)
        JOIN single AS x ON x.attribute = attribute_a AND x.value = value_a AND x.outcome = pairs.outcome
        JOIN single AS y ON y.attribute = attribute_b AND y.value = value_b AND y.outcome = pairs.outcome
    -- A pair that is the same tickets as one of its parts adds nothing.
    WHERE pairs.n < x.n AND pairs.n < y.n
),
scored AS (
    SELECT *,
        1.0 * total * POWER(bad * (total - total_bad - n + bad) - 1.0 * (n - bad) * (total_bad - bad), 2)
            / (1.0 * n * (total - n) * total_bad * (total - total_bad)) AS chi_square,
        1.0 * part_n * POWER(bad * (part_n - part_bad - n + bad) - 1.0 * (n - bad) * (part_bad - bad), 2)
            / (1.0 * n * (part_n - n) * part_bad * (part_n - part_bad)) AS chi_square_within
    FROM beside
    WHERE total_bad < total AND part_bad < part_n
)
SELECT attribute_a, value_a, attribute_b, value_b, outcome, n, bad,
    ROUND(1.0 * bad / n, 4) AS confidence,
    ROUND((1.0 * bad / n) / (1.0 * total_bad / total), 3) AS lift,
    ROUND((1.0 * bad / n) / (1.0 * part_bad / part_n), 3) AS gain_over_single,
    ROUND(chi_square, 2) AS chi_square, ROUND(chi_square_within, 2) AS chi_square_within
FROM scored
-- 10.83 is the 0.1 % point of chi-square with 1 degree of freedom: the pair must differ from all tickets, and from the
-- other tickets of its better part.
WHERE 1.0 * bad / n >= 1.15 * part_bad / part_n AND chi_square > 10.83 AND chi_square_within > 10.83
ORDER BY scored.chi_square_within DESC, value_a, value_b, outcome;
