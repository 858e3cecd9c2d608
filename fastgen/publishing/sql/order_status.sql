-- How each order ended, where orders may be cancelled or still open. It is there only for such datasets.
SELECT
    order_id,
    location_id,
    CASE MAX(event_type_id) WHEN 8 THEN 'delivered' WHEN 9 THEN 'cancelled' ELSE 'open' END AS status,
    MAX(cancel_reason) AS cancel_reason,
    MIN(CASE WHEN event_type_id = 1 THEN ts END) AS created_ts,
    MIN(CASE WHEN event_type_id IN (8, 9) THEN ts END) AS ended_ts
FROM events
GROUP BY order_id, location_id
