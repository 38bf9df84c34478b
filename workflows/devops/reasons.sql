-- Messages of failures without numbers, hashes and paths, so that the same fault counts once.
SELECT job, reason, COUNT(*) AS failures, COUNT(DISTINCT commit_hash) AS commits, MIN(day) AS first_day, MAX(day) AS last_day,
    ROUND(100.0 * COUNT(*) / (SELECT SUM(failed) FROM runs), 1) AS share_percent,
    MIN(message) AS example
FROM runs
WHERE failed = 1 AND reason IS NOT NULL
GROUP BY job, reason
ORDER BY failures DESC, job, reason;
