-- One row per incident: its last event holds the final state.
WITH ordered AS (
    SELECT *,
        ROW_NUMBER() OVER (PARTITION BY id ORDER BY COALESCE(updated, '') DESC, row_no DESC) AS newest,
        COUNT(*) OVER (PARTITION BY id) AS events
    FROM events
),
final AS (
    SELECT *,
        -- A ticket cannot be solved before it is opened: such a time says nothing.
        CASE WHEN resolved >= created
            THEN ROUND((julianday(resolved) - julianday(created)) * 24, 3) END AS hours,
        CASE WHEN resolved < created THEN 1 ELSE 0 END AS impossible_times
    FROM ordered
    WHERE newest = 1
)
SELECT
    id, title, description, status, COALESCE(priority, 9) AS priority,
    CASE priority WHEN 1 THEN 'critical' WHEN 2 THEN 'high' WHEN 3 THEN 'moderate' WHEN 4 THEN 'low' ELSE 'unknown' END
        AS priority_name,
    category, subcategory, symptom, ci, location, contact, team, assignee,
    created, resolved, hours, impossible_times, events,
    COALESCE(reassignments, 0) AS reassignments,
    CASE WHEN reopened > 0 THEN 1 ELSE 0 END AS reopened,
    CASE
        WHEN sla_missed IS NOT NULL THEN sla_missed
        WHEN hours IS NULL THEN 0
        WHEN hours > CASE priority WHEN 1 THEN :critical WHEN 2 THEN :high WHEN 3 THEN :moderate ELSE :low END THEN 1
        ELSE 0
    END AS sla_missed
FROM final
ORDER BY created, id;
