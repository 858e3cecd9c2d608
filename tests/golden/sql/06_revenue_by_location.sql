-- What does each location take, in cents, and how much an order?
SELECT
    l.location_code,
    CAST(SUM(i.price_cents * i.qty) AS BIGINT) AS revenue_cents,
    COUNT(DISTINCT i.order_id) AS orders,
    CAST(SUM(i.price_cents * i.qty) AS DOUBLE) / COUNT(DISTINCT i.order_id) AS cents_per_order
FROM order_items AS i
JOIN locations AS l ON i.location_id = l.location_id
GROUP BY l.location_code
ORDER BY l.location_code
