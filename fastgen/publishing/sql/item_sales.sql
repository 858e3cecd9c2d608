-- What each item sells at each location, by day and hour of the order.
SELECT
    i.date,
    i.hour,
    i.location_id,
    i.item_id,
    d.name AS item_name,
    i.brand_id,
    COUNT(DISTINCT i.order_id) AS orders,
    CAST(SUM(i.qty) AS BIGINT) AS quantity,
    CAST(SUM(i.extended_price) AS DECIMAL(18, 2)) AS revenue
FROM order_items AS i
JOIN items AS d ON i.item_id = d.id
GROUP BY i.date, i.hour, i.location_id, i.item_id, d.name, i.brand_id
