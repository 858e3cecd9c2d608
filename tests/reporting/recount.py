"""Count a dataset by DuckDB, from its files alone: what the figures are compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from pathlib import Path

ORDERS = """
CREATE TABLE orders AS
SELECT
    order_id,
    location_code AS location,
    min(ts_seconds) FILTER (event_type_id = 1) AS created,
    min(ts_seconds) FILTER (event_type_id = 2) AS started,
    min(ts_seconds) FILTER (event_type_id = 3) AS finished,
    min(ts_seconds) FILTER (event_type_id = 4) AS ready,
    min(ts_seconds) FILTER (event_type_id = 5) AS arrived,
    min(ts_seconds) FILTER (event_type_id = 6) AS picked_up,
    min(ts_seconds) FILTER (event_type_id = 8) AS delivered,
    min(ts_seconds) FILTER (event_type_id = 9) AS cancelled,
    count(*) FILTER (event_type_id = 7) AS pings,
    count(*) AS events,
    any_value(customer_lat) FILTER (event_type_id = 1) AS lat,
    any_value(customer_lon) FILTER (event_type_id = 1) AS lon,
    any_value(items_json) AS items_json,
    any_value(route_json) AS route_json
FROM read_parquet('{dataset}/events.parquet/**/*.parquet', hive_partitioning = true) AS events
JOIN read_parquet('{dataset}/locations.parquet') AS locations USING (location_id)
GROUP BY ALL
"""
LINES = """
CREATE TABLE lines AS
SELECT order_id, location, created, item.brand_id, name AS brand, item.qty, round(item.price * 100) AS cents
FROM (
    SELECT order_id, location, created, unnest(items) AS item
    FROM (
        SELECT *, from_json(items_json, '[{{"brand_id":"BIGINT","qty":"BIGINT","price":"DOUBLE"}}]') AS items
        FROM orders
    )
)
JOIN read_parquet('{dataset}/brands.parquet') AS brands ON brands.brand_id = item.brand_id
"""


class Recount:
    """The orders and lines of a dataset as tables of DuckDB, whose clock is that of the places."""

    def __init__(self, dataset: Path) -> None:
        self._database = duckdb.connect()
        for statement in (ORDERS, LINES):
            self._database.execute(statement.format(dataset=dataset))

    def ask(self, sql: str, /, **names: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query, in whose text {names} are replaced."""
        return self._database.execute(sql.format(**names)).fetchall()
