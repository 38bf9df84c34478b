-- When tickets come: weekday (Monday is 1) by hour, every pair, also those without a ticket.
WITH RECURSIVE hours (hour) AS (
    SELECT 0 UNION ALL SELECT hour + 1 FROM hours WHERE hour < 23
),
days (weekday, place, name) AS (
    VALUES (1, 1, 'Mon'), (2, 2, 'Tue'), (3, 3, 'Wed'), (4, 4, 'Thu'), (5, 5, 'Fri'), (6, 6, 'Sat'), (0, 7, 'Sun')
)
SELECT place AS day_number, name AS day, hours.hour AS hour, COUNT(tickets.id) AS incidents
FROM days CROSS JOIN hours LEFT JOIN tickets ON tickets.weekday = days.weekday AND tickets.hour = hours.hour
GROUP BY place, name, hours.hour
ORDER BY place, hours.hour;
