-- Each job: how often it ran, how often it failed, how long it took, and its last four weeks.
WITH newest AS (
    SELECT MAX(started) AS moment FROM runs
),
timed AS (
    SELECT job, minutes, ROW_NUMBER() OVER (PARTITION BY job ORDER BY minutes) AS place,
        COUNT(*) OVER (PARTITION BY job) AS n
    FROM runs WHERE minutes IS NOT NULL
),
medians AS (
    SELECT job, AVG(minutes) AS minutes FROM timed WHERE place IN ((n + 1) / 2, (n + 2) / 2) GROUP BY job
),
slow AS (
    SELECT job, MIN(minutes) AS minutes FROM timed WHERE place >= 0.95 * n GROUP BY job
)
SELECT runs.job, COUNT(*) AS runs, SUM(failed) AS failed, ROUND(100.0 * SUM(failed) / COUNT(*), 1) AS failed_percent,
    ROUND(medians.minutes, 1) AS median_minutes, ROUND(slow.minutes, 1) AS p95_minutes,
    ROUND(SUM(runs.minutes) / 60, 1) AS hours,
    ROUND(SUM(CASE WHEN failed = 1 THEN runs.minutes ELSE 0 END) / 60, 1) AS hours_failed,
    SUM(julianday(moment) - julianday(started) < 28) AS last_four_weeks,
    SUM(failed = 1 AND julianday(moment) - julianday(started) < 28) AS failed_last_four_weeks,
    MAX(CASE WHEN failed = 1 THEN day END) AS last_failure,
    CASE WHEN COUNT(*) >= :min_runs THEN 1 ELSE 0 END AS enough
FROM runs JOIN newest LEFT JOIN medians USING (job) LEFT JOIN slow USING (job)
GROUP BY runs.job
ORDER BY enough DESC, failed_percent DESC, runs DESC, runs.job;
