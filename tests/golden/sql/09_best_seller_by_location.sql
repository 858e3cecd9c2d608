-- Which three dishes sell most at each location, by quantity?
WITH sold AS (
    SELECT location_id, item_id, CAST(SUM(qty) AS BIGINT) AS quantity
    FROM order_items
    GROUP BY location_id, item_id
),
ranked AS (
    SELECT
        location_id,
        item_id,
        quantity,
        ROW_NUMBER() OVER (PARTITION BY location_id ORDER BY quantity DESC, item_id) AS place
    FROM sold
)
SELECT r.location_id, r.place, d.name, r.quantity
FROM ranked AS r
JOIN items AS d ON r.item_id = d.id
WHERE r.place <= 3
ORDER BY r.location_id, r.place
