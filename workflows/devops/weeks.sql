-- Week by week: jobs, failures, deployments, commits; also weeks in which only one of them happened.
WITH moves AS (
    SELECT week, 1 AS runs, failed, is_deploy AS deployments, 0 AS commits FROM runs
    UNION ALL SELECT week, 0, 0, 0, 1 FROM commits
)
SELECT week, SUM(runs) AS runs, SUM(failed) AS failed, SUM(deployments) AS deployments, SUM(commits) AS commits,
    CASE WHEN SUM(runs) > 0 THEN ROUND(100.0 * SUM(failed) / SUM(runs), 1) END AS failed_percent
FROM moves
WHERE week IS NOT NULL
GROUP BY week
ORDER BY week;
