-- One row an order: when each step happened, how long it took to the customer's door, and what it was worth.
SELECT
    t.order_id,
    t.location_id,
    i.date,
    i.hour,
    t.created_ts,
    t.started_ts,
    t.finished_ts,
    t.ready_ts,
    t.driver_arrived_ts,
    t.picked_up_ts,
    t.delivered_ts,
    t.delivery_s,
    i.brands,
    i.order_lines,
    i.quantity,
    i.revenue
FROM (
    SELECT
        order_id,
        location_id,
        MIN(CASE WHEN event_type_id = 1 THEN ts END) AS created_ts,
        MIN(CASE WHEN event_type_id = 2 THEN ts END) AS started_ts,
        MIN(CASE WHEN event_type_id = 3 THEN ts END) AS finished_ts,
        MIN(CASE WHEN event_type_id = 4 THEN ts END) AS ready_ts,
        MIN(CASE WHEN event_type_id = 5 THEN ts END) AS driver_arrived_ts,
        MIN(CASE WHEN event_type_id = 6 THEN ts END) AS picked_up_ts,
        MIN(CASE WHEN event_type_id = 8 THEN ts END) AS delivered_ts,
        CAST(
            MIN(CASE WHEN event_type_id = 8 THEN ts_seconds END)
            - MIN(CASE WHEN event_type_id = 1 THEN ts_seconds END) AS BIGINT
        ) AS delivery_s
    FROM events
    WHERE event_type_id <> 7
    GROUP BY order_id, location_id
) AS t
JOIN (
    SELECT
        order_id,
        location_id,
        date,
        hour,
        COUNT(DISTINCT brand_id) AS brands,
        COUNT(*) AS order_lines,
        CAST(SUM(qty) AS BIGINT) AS quantity,
        CAST(SUM(extended_price) AS DECIMAL(18, 2)) AS revenue
    FROM order_items
    GROUP BY order_id, location_id, date, hour
) AS i ON t.order_id = i.order_id AND t.location_id = i.location_id
