-- How many orders mix brands, and what are they worth?
WITH baskets AS (
    SELECT order_id, COUNT(DISTINCT brand_id) AS n_brands, SUM(price_cents * qty) AS cents
    FROM order_items
    GROUP BY order_id
)
SELECT n_brands, COUNT(*) AS orders, AVG(cents) AS cents_per_order
FROM baskets
GROUP BY n_brands
ORDER BY n_brands
