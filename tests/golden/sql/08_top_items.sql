-- Which twenty dishes bring in most?
SELECT
    i.item_id,
    d.name,
    CAST(SUM(i.qty) AS BIGINT) AS quantity,
    CAST(SUM(i.price_cents * i.qty) AS BIGINT) AS revenue_cents
FROM order_items AS i
JOIN items AS d ON i.item_id = d.id
GROUP BY i.item_id, d.name
ORDER BY revenue_cents DESC, i.item_id
LIMIT 20
