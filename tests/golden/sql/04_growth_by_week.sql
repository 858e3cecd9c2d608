-- How do orders grow from week to week at each location? Weeks begin on Monday; the first is week 0.
WITH weeks AS (
    SELECT location_id, (ts_seconds // 86400 - 19723) // 7 AS week, COUNT(*) AS orders
    FROM events
    WHERE event_type_id = 1
    GROUP BY location_id, (ts_seconds // 86400 - 19723) // 7
)
SELECT
    this.location_id,
    this.week,
    this.orders,
    CAST(this.orders AS DOUBLE) / CAST(last.orders AS DOUBLE) - 1 AS growth
FROM weeks AS this
JOIN weeks AS last ON this.location_id = last.location_id AND this.week = last.week + 1
ORDER BY this.location_id, this.week
