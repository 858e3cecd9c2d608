-- Which weekdays are busy? 0 is Monday; 1970-01-01 was a Thursday.
SELECT (ts_seconds // 86400 + 3) % 7 AS weekday, COUNT(*) AS orders, COUNT(DISTINCT ts_seconds // 86400) AS days
FROM events
WHERE event_type_id = 1
GROUP BY (ts_seconds // 86400 + 3) % 7
ORDER BY weekday
