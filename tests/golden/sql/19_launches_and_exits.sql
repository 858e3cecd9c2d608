-- On which days does each brand first and last sell at a location, beside the days it opens and closes?
WITH sales AS (
    SELECT
        location_id,
        brand_id,
        MIN(ts_seconds // 86400 - 19723) AS first_day,
        MAX(ts_seconds // 86400 - 19723) AS last_day,
        CAST(SUM(qty) AS BIGINT) AS quantity
    FROM order_items
    GROUP BY location_id, brand_id
)
SELECT
    p.location_id,
    p.brand_id,
    p.start_day,
    s.first_day,
    CAST(p.end_day AS BIGINT) AS end_day,
    s.last_day,
    p.trajectory,
    s.quantity
FROM brand_locations AS p
JOIN sales AS s ON p.location_id = s.location_id AND p.brand_id = s.brand_id
ORDER BY p.location_id, p.brand_id
