-- What each brand sells at each location, by day and hour of the order.
SELECT
    i.date,
    i.hour,
    i.location_id,
    i.brand_id,
    b.name AS brand_name,
    COUNT(DISTINCT i.order_id) AS orders,
    CAST(SUM(i.qty) AS BIGINT) AS quantity,
    CAST(SUM(i.extended_price) AS DECIMAL(18, 2)) AS revenue
FROM order_items AS i
JOIN brands AS b ON i.brand_id = b.brand_id
GROUP BY i.date, i.hour, i.location_id, i.brand_id, b.name
