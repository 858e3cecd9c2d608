-- What does each brand take, in cents, and from how many orders?
SELECT
    b.brand_id,
    b.name,
    CAST(SUM(i.price_cents * i.qty) AS BIGINT) AS revenue_cents,
    COUNT(DISTINCT i.order_id) AS orders
FROM order_items AS i
JOIN brands AS b ON i.brand_id = b.brand_id
GROUP BY b.brand_id, b.name
ORDER BY revenue_cents DESC, b.brand_id
