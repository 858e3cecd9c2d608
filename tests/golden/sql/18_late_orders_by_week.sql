-- What share of each week's orders takes more than 35 minutes?
WITH orders AS (
    SELECT
        order_id,
        location_id,
        MIN(CASE WHEN event_type_id = 1 THEN ts_seconds END) AS created,
        MIN(CASE WHEN event_type_id = 8 THEN ts_seconds END) AS delivered
    FROM events
    GROUP BY order_id, location_id
)
SELECT
    (created // 86400 - 19723) // 7 AS week,
    COUNT(*) AS orders,
    SUM(CASE WHEN delivered - created > 2100 THEN 1 ELSE 0 END) AS late,
    CAST(SUM(CASE WHEN delivered - created > 2100 THEN 1 ELSE 0 END) AS DOUBLE) / COUNT(*) AS late_share
FROM orders
GROUP BY (created // 86400 - 19723) // 7
ORDER BY week
