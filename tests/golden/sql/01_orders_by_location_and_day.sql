-- How many orders does each location get on each day? Day 0 is 2024-01-01, 19,723 days after 1970-01-01.
SELECT location_id, ts_seconds // 86400 - 19723 AS day, COUNT(*) AS orders
FROM events
WHERE event_type_id = 1
GROUP BY location_id, ts_seconds // 86400 - 19723
ORDER BY location_id, day
