-- One row on the git log.
WITH busiest AS (
    SELECT week, COUNT(*) AS n FROM commits GROUP BY week ORDER BY n DESC, week LIMIT 1
)
SELECT COUNT(*) AS commits, COUNT(DISTINCT author) AS authors, SUM(is_revert) AS reverts, SUM(is_fix) AS fixes,
    ROUND(100.0 * SUM(is_fix) / COUNT(*), 1) AS fix_percent,
    MIN(day) AS first_day, MAX(day) AS last_day, COUNT(DISTINCT day) AS days, COUNT(DISTINCT week) AS weeks,
    (SELECT week FROM busiest) AS busiest_week, (SELECT n FROM busiest) AS busiest_commits
FROM commits;
