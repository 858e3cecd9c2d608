-- How does each brand's share of its location's dishes move over periods of 30 days, in percent?
WITH sold AS (
    SELECT location_id, brand_id, (ts_seconds // 86400 - 19723) // 30 AS period, SUM(qty) AS quantity
    FROM order_items
    GROUP BY location_id, brand_id, (ts_seconds // 86400 - 19723) // 30
),
totals AS (
    SELECT location_id, period, SUM(quantity) AS quantity
    FROM sold
    GROUP BY location_id, period
)
SELECT
    s.location_id,
    s.brand_id,
    s.period,
    100 * CAST(s.quantity AS DOUBLE) / CAST(t.quantity AS DOUBLE) AS percent
FROM sold AS s
JOIN totals AS t ON s.location_id = t.location_id AND s.period = t.period
ORDER BY s.location_id, s.brand_id, s.period
