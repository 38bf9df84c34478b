-- The tickets that were asked for. Time counts back from the newest ticket of the file, not from today.
WITH newest AS (
    SELECT MAX(created) AS moment FROM tickets
),
chosen AS (
    SELECT tickets.*
    FROM tickets, newest
    WHERE (:time_range = 'all'
            OR created > strftime('%Y-%m-%dT%H:%M:%S', moment, CASE :time_range
                WHEN '7d' THEN '-7 days' WHEN '30d' THEN '-30 days' WHEN '90d' THEN '-90 days' ELSE '-365 days' END))
        AND (:priorities = 'all'
            OR INSTR(',' || REPLACE(:priorities, ' ', '') || ',', ',' || priority_name || ',') > 0)
),
sized AS (
    SELECT *, CASE WHEN COUNT(hours) OVER (PARTITION BY priority) >= 20 THEN priority ELSE 0 END AS peers
    FROM chosen
),
ranked AS (
    SELECT *, PERCENT_RANK() OVER (PARTITION BY peers, hours IS NULL ORDER BY hours) AS place
    FROM sized
)
SELECT
    id, title, description, status, priority, priority_name, category, subcategory, symptom, ci, location, contact, team, assignee,
    created, resolved, hours, impossible_times, events, reassignments, reopened, sla_missed,
    -- Long: slower than nine of ten resolved tickets of the same priority.
    CASE WHEN hours IS NOT NULL AND place > 0.9 THEN 1 ELSE 0 END AS long,
    date(created) AS day,
    date(created, '-6 days', 'weekday 1') AS week,
    strftime('%Y-%m', created) AS month,
    CAST(strftime('%w', created) AS INTEGER) AS weekday,
    CAST(strftime('%H', created) AS INTEGER) AS hour
FROM ranked
ORDER BY created, id;
