-- How large is an average order of each location: lines, dishes, cents?
WITH baskets AS (
    SELECT
        order_id,
        location_id,
        COUNT(*) AS n_lines,
        SUM(qty) AS dishes,
        SUM(price_cents * qty) AS cents
    FROM order_items
    GROUP BY order_id, location_id
)
SELECT
    location_id,
    AVG(n_lines) AS lines_per_order,
    AVG(dishes) AS dishes_per_order,
    AVG(cents) AS cents_per_order,
    QUANTILE_CONT(cents, 0.5) AS median_cents,
    CAST(MAX(cents) AS BIGINT) AS largest_cents
FROM baskets
GROUP BY location_id
ORDER BY location_id
