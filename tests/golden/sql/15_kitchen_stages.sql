-- How long do the stages in the kitchen take at each location, in seconds?
WITH orders AS (
    SELECT
        order_id,
        location_id,
        MIN(CASE WHEN event_type_id = 1 THEN ts_seconds END) AS created,
        MIN(CASE WHEN event_type_id = 2 THEN ts_seconds END) AS started,
        MIN(CASE WHEN event_type_id = 3 THEN ts_seconds END) AS finished,
        MIN(CASE WHEN event_type_id = 4 THEN ts_seconds END) AS ready,
        MIN(CASE WHEN event_type_id = 6 THEN ts_seconds END) AS picked_up
    FROM events
    WHERE event_type_id <= 6
    GROUP BY order_id, location_id
)
SELECT
    location_id,
    AVG(started - created) AS to_start_s,
    AVG(finished - started) AS cooking_s,
    AVG(ready - finished) AS packing_s,
    AVG(picked_up - ready) AS shelf_s
FROM orders
GROUP BY location_id
ORDER BY location_id
