-- One row: how often is deployed, how often it fails, how long until it works again, how long a change takes.
WITH deploys AS (
    SELECT *, julianday(started) AS began, julianday(COALESCE(finished, started)) AS ended FROM runs WHERE is_deploy = 1
),
span AS (
    SELECT MAX(7.0, MAX(julianday(started)) - MIN(julianday(started)) + 1) AS days FROM runs
),
-- The next deployment of the same job that passed, after each one that failed; a row of failures counts from its first.
broken AS (
    SELECT d.job, d.ended,
        (SELECT MIN(p.ended) FROM deploys AS p WHERE p.job = d.job AND p.failed = 0 AND p.began >= d.ended) AS mended,
        (SELECT failed FROM deploys AS b WHERE b.job = d.job AND b.began < d.began ORDER BY b.began DESC, b.row_no DESC LIMIT 1)
            AS failed_before
    FROM deploys AS d WHERE d.failed = 1
),
restores AS (
    SELECT (mended - ended) * 24 AS hours, ROW_NUMBER() OVER (ORDER BY mended - ended) AS place, COUNT(*) OVER () AS n
    FROM broken WHERE mended IS NOT NULL AND COALESCE(failed_before, 0) = 0
),
leads AS (
    SELECT hours, ROW_NUMBER() OVER (ORDER BY hours) AS place, COUNT(*) OVER () AS n
    FROM (
        SELECT (MIN(d.ended) - julianday(c.authored)) * 24 AS hours
        FROM commits AS c JOIN deploys AS d ON d.commit_hash = c.commit_hash AND d.failed = 0
        GROUP BY c.commit_hash, c.authored
    )
    WHERE hours >= 0
)
SELECT
    (SELECT COUNT(*) FROM runs) AS runs,
    (SELECT SUM(failed) FROM runs) AS failed,
    (SELECT ROUND(100.0 * SUM(failed) / COUNT(*), 1) FROM runs) AS failed_percent,
    (SELECT MIN(day) FROM runs) AS first_day,
    (SELECT MAX(day) FROM runs) AS last_day,
    (SELECT COUNT(DISTINCT job) FROM runs) AS jobs,
    (SELECT COUNT(*) FROM deploys) AS deployments,
    (SELECT COUNT(*) FROM deploys WHERE failed = 0) AS deployments_passed,
    (SELECT SUM(failed) FROM deploys) AS deployments_failed,
    (SELECT ROUND(100.0 * SUM(failed) / COUNT(*), 1) FROM deploys) AS change_failure_percent,
    (SELECT ROUND(7.0 * COUNT(*) / days, 1) FROM deploys, span WHERE failed = 0) AS deployments_a_week,
    (SELECT ROUND(AVG(hours), 1) FROM restores WHERE place IN ((n + 1) / 2, (n + 2) / 2)) AS median_restore_hours,
    (SELECT COUNT(*) FROM restores) AS restores,
    (SELECT ROUND(AVG(hours), 1) FROM leads WHERE place IN ((n + 1) / 2, (n + 2) / 2)) AS median_lead_hours,
    (SELECT COUNT(*) FROM leads) AS commits_deployed,
    (SELECT COUNT(*) FROM commits) AS commits;
