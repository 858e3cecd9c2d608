-- What each location sells, by day and hour of the order.
SELECT
    i.date,
    i.hour,
    i.location_id,
    l.location_code,
    COUNT(DISTINCT i.order_id) AS orders,
    CAST(SUM(i.qty) AS BIGINT) AS quantity,
    CAST(SUM(i.extended_price) AS DECIMAL(18, 2)) AS revenue
FROM order_items AS i
JOIN locations AS l ON i.location_id = l.location_id
GROUP BY i.date, i.hour, i.location_id, l.location_code
