"""Load the twenty queries to the canonical dataset, and make their answers comparable.

The files in sql/ run as they are in DuckDB and in Polars, over views named events, locations, brands,
brand_locations, menus, categories, items and order_items (the lines of every items_json). Every answer of
more than one row is totally ordered.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from fastgen import scan_events
from fastgen.dataset.layout import TABLES, table_path
from fastgen.events.schema import CREATED
from tests.golden.checksums import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Decimals of a fraction in an answer: engines sum floats in different orders.
DECIMALS = 3

# Keys of a line of items_json, as order_items has them, with their SQL types.
LINE_KEYS = {
    "id": "BIGINT",
    "category_id": "BIGINT",
    "menu_id": "BIGINT",
    "brand_id": "BIGINT",
    "name": "VARCHAR",
    "price": "DOUBLE",
    "qty": "BIGINT",
}


def load_queries() -> dict[str, str]:
    """Load the SQL of every query by name, in order."""
    files = sorted((Path(__file__).parent / "sql").glob("*.sql"))
    return {file.stem: file.read_text(encoding="utf-8") for file in files}


def duckdb_views(dataset: Path, events: str) -> list[str]:
    """Make the SQL statements that define the views in DuckDB.

    Parameters
    ----------
    dataset
        Folder of the dataset.
    events
        Files of its events: a path, or a pattern such as `events.parquet/**/*.parquet`.
    """
    line = ", ".join(f'"{key}":"{kind}"' for key, kind in LINE_KEYS.items())
    views = [f"CREATE VIEW {table} AS FROM {_read(dataset / table_path(table))}" for table in TABLES]
    return [
        *views,
        f"CREATE VIEW events AS {_read_events(dataset / events)}",
        f"""
        CREATE TABLE order_items AS
        SELECT order_id, location_id, ts_seconds, line.id AS item_id, line.category_id, line.menu_id,
            line.brand_id, line.name, CAST(round(line.price * 100) AS BIGINT) AS price_cents, line.qty
        FROM (
            SELECT order_id, location_id, ts_seconds, unnest(from_json(items_json, '[{{{line}}}]')) AS line
            FROM events WHERE event_type_id = {CREATED}
        )
        """,  # noqa: S608  # only this module's own words and a quoted path
    ]


def _read_events(files: Path) -> str:
    if "*" not in files.name:
        return f"FROM {_read(files)}"
    # DuckDB would otherwise take columns from folders above the dataset too, if these are named KEY=VALUE.
    location = r"regexp_extract(filename, '.*[/\\]location_id=(\d+)[/\\]', 1)::TINYINT AS location_id"
    columns = f"* EXCLUDE (filename), {location}"
    return f"SELECT {columns} FROM {_read(files, ', filename = true')}"  # noqa: S608  # as above


def _read(files: Path, more: str = "") -> str:
    return f"read_parquet({_quoted(files)}, hive_partitioning = false{more})"


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def polars_views(dataset: Path) -> dict[str, pl.LazyFrame]:
    """Make frames of the same views for `polars.SQLContext`."""
    types = {"BIGINT": pl.Int64, "VARCHAR": pl.String, "DOUBLE": pl.Float64}
    line = pl.List(pl.Struct({key: types[kind]() for key, kind in LINE_KEYS.items()}))
    events = scan_events(dataset)
    lines = (
        events.filter(pl.col("event_type_id") == CREATED)
        .select("order_id", "location_id", "ts_seconds", line=pl.col("items_json").str.json_decode(line))
        .explode("line")
        .unnest("line")
        .rename({"id": "item_id"})
        .with_columns((pl.col("price") * 100).round().cast(pl.Int64).alias("price_cents"))
        .drop("price")
    )
    tables = {table: pl.scan_parquet(dataset / table_path(table)) for table in TABLES}
    # Collected once: every query on order_items would decode the JSON again.
    return {**tables, "events": events, "order_items": lines.collect().lazy()}


def canonical_rows(rows: Iterable[Sequence[object]]) -> list[tuple[str, ...]]:
    """Write every cell of an answer as text: fractions with `DECIMALS` decimals, nulls as "null"."""
    return [tuple(_cell(value) for value in row) for row in rows]


def _cell(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, float):
        text = f"{value:.{DECIMALS}f}"
        return text.removeprefix("-") if float(text) == 0 else text
    return str(value)


def make_answer(rows: Iterable[Sequence[object]]) -> Answer:
    """Pin an answer."""
    cells = canonical_rows(rows)
    lines = "".join("\t".join(row) + "\n" for row in cells)
    return Answer(len(cells), cells[0] if cells else (), hashlib.sha256(lines.encode()).hexdigest())
