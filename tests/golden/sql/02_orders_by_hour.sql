-- At what hours of the day do orders come in?
SELECT l.location_code, e.ts_seconds % 86400 // 3600 AS hour, COUNT(*) AS orders
FROM events AS e
JOIN locations AS l ON e.location_id = l.location_id
WHERE e.event_type_id = 1
GROUP BY l.location_code, e.ts_seconds % 86400 // 3600
ORDER BY l.location_code, hour
