-- How long does an order take from its creation to the customer's door, in seconds? One row.
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
    COUNT(*) AS n_orders,
    AVG(delivered - created) AS mean_s,
    QUANTILE_CONT(delivered - created, 0.5) AS p50_s,
    QUANTILE_CONT(delivered - created, 0.9) AS p90_s,
    QUANTILE_CONT(delivered - created, 0.95) AS p95_s,
    QUANTILE_CONT(delivered - created, 0.99) AS p99_s,
    MAX(delivered - created) AS longest_s
FROM orders
