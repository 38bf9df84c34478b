-- A job that failed and passed on the same commit: nothing in the code has changed between the two.
WITH tried AS (
    SELECT job, commit_hash, COUNT(*) AS runs, SUM(failed) AS failed
    FROM runs WHERE commit_hash IS NOT NULL GROUP BY 1, 2
)
SELECT job, COUNT(*) AS commits, SUM(failed > 0 AND failed < runs) AS flaky_commits,
    ROUND(100.0 * SUM(failed > 0 AND failed < runs) / COUNT(*), 1) AS flaky_percent,
    SUM(CASE WHEN failed > 0 AND failed < runs THEN failed ELSE 0 END) AS failures_by_chance,
    SUM(failed) AS failures,
    SUM(failed = runs AND runs > 1) AS commits_that_always_failed
FROM tried
GROUP BY job
HAVING flaky_commits > 0
ORDER BY flaky_commits DESC, flaky_percent DESC, job;
