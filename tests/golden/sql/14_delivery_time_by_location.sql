-- The same by location, fastest first.
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
    l.location_code,
    QUANTILE_CONT(o.delivered - o.created, 0.5) AS p50_s,
    QUANTILE_CONT(o.delivered - o.created, 0.9) AS p90_s,
    QUANTILE_CONT(o.delivered - o.created, 0.95) AS p95_s
FROM orders AS o
JOIN locations AS l ON o.location_id = l.location_id
GROUP BY l.location_code
ORDER BY p50_s, l.location_code
