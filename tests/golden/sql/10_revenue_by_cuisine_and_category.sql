-- What does each category of each cuisine take, in cents? Those above 10,000 dollars.
SELECT b.cuisine_type, c.name AS category, CAST(SUM(i.price_cents * i.qty) AS BIGINT) AS revenue_cents
FROM order_items AS i
JOIN categories AS c ON i.category_id = c.id
JOIN menus AS m ON c.menu_id = m.id
JOIN brands AS b ON m.brand_id = b.brand_id
GROUP BY b.cuisine_type, c.name
HAVING SUM(i.price_cents * i.qty) > 1000000
ORDER BY b.cuisine_type, category
