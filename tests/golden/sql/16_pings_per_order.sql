-- How many position reports does a delivery send?
WITH orders AS (
    SELECT order_id, SUM(CASE WHEN event_type_id = 7 THEN 1 ELSE 0 END) AS pings
    FROM events
    GROUP BY order_id
)
SELECT CAST(pings AS BIGINT) AS pings, COUNT(*) AS orders
FROM orders
GROUP BY pings
ORDER BY pings
