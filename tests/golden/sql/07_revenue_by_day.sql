-- What does the company take on each day, in cents?
SELECT ts_seconds // 86400 - 19723 AS day, CAST(SUM(price_cents * qty) AS BIGINT) AS revenue_cents
FROM order_items
GROUP BY ts_seconds // 86400 - 19723
ORDER BY day
