-- How long do drivers wait at the kitchen, and how many come before the food is ready?
WITH orders AS (
    SELECT
        order_id,
        location_id,
        MIN(CASE WHEN event_type_id = 4 THEN ts_seconds END) AS ready,
        MIN(CASE WHEN event_type_id = 5 THEN ts_seconds END) AS arrived,
        MIN(CASE WHEN event_type_id = 6 THEN ts_seconds END) AS picked_up
    FROM events
    WHERE event_type_id <= 6
    GROUP BY order_id, location_id
)
SELECT
    location_id,
    AVG(picked_up - arrived) AS wait_s,
    QUANTILE_CONT(picked_up - arrived, 0.95) AS wait_p95_s,
    SUM(CASE WHEN arrived < ready THEN 1 ELSE 0 END) AS early_drivers,
    COUNT(*) AS orders
FROM orders
GROUP BY location_id
ORDER BY location_id
