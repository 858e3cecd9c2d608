"""A person asks the views for the business; DuckDB and Spark must give the same answers, cent for cent."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from fastgen import publish, scan_events
from fastgen.publishing.target import Form
from fastgen.publishing.views import VIEWS, view_script
from tests.publishing.rows import BELOW

if TYPE_CHECKING:
    from decimal import Decimal

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def engine(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("views") / "b.duckdb"
    publish(dataset, f"duckdb:{path}")
    with duckdb.connect(path, read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def tables(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("views") / BELOW / "that's it"
    folder.mkdir(parents=True)
    publish(dataset, f"parquet:{folder}")
    return folder


@pytest.fixture(scope="module")
def orders(dataset: Path) -> dict[str, dict[int, dict[str, Any]]]:
    """Events without pings by order and type."""
    found: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
    for row in scan_events(dataset).collect().iter_rows(named=True):
        if row["event_type_id"] != 7:
            found[row["order_id"]][row["event_type_id"]] = row
    return found


def cents(value: Decimal) -> int:
    return int(value * 100)


def as_text(view: str, columns: list[str], kind: str) -> str:
    cells = ", ".join(f"CAST({column} AS {kind}) AS {column}" for column in columns)
    return f"SELECT {cells} FROM {view}"  # noqa: S608  # our own words


def rows_of(connection: duckdb.DuckDBPyConnection, view: str) -> list[list[str]]:
    columns = [name for name, *_ in connection.execute(f"DESCRIBE {view}").fetchall()]
    return sorted(map(list, connection.execute(as_text(view, columns, "VARCHAR")).fetchall()), key=str)


def test_order_header_has_every_order_with_its_times_and_worth(
    engine: duckdb.DuckDBPyConnection, orders: dict[str, dict[int, dict[str, Any]]]
) -> None:
    found = engine.execute(
        "SELECT order_id, delivery_s, brands, order_lines, quantity, revenue, hour, "
        "epoch(created_ts), epoch(ready_ts), epoch(driver_arrived_ts), epoch(delivered_ts) FROM order_header"
    ).fetchall()
    assert len(found) == len(orders)
    for order_id, delivery_s, brands, n_lines, quantity, revenue, hour, *times in found:
        events = orders[order_id]
        lines = json.loads(events[1]["items_json"])
        assert times == [events[kind]["ts_seconds"] for kind in (1, 4, 5, 8)]
        assert delivery_s == times[-1] - times[0]
        assert hour == times[0] // 3600 % 24
        assert (brands, n_lines) == (len({line["brand_id"] for line in lines}), len(lines))
        assert quantity == sum(line["qty"] for line in lines)
        assert cents(revenue) == sum(round(line["price"] * 100) * line["qty"] for line in lines)


@pytest.mark.parametrize("view", ["item_sales", "brand_sales", "location_sales"])
def test_sales_add_up_to_the_orders(view: str, engine: duckdb.DuckDBPyConnection) -> None:
    total = "SELECT sum(quantity), sum(revenue) FROM "
    assert engine.execute(total + view).fetchone() == engine.execute(total + "order_header").fetchone()
    per_hour = "SELECT location_id, date, hour, sum(revenue) FROM {} GROUP BY ALL ORDER BY ALL"
    assert (
        engine.execute(per_hour.format(view)).fetchall()
        == engine.execute(per_hour.format("order_header")).fetchall()
    )


def test_location_sales_count_orders_once(engine: duckdb.DuckDBPyConnection) -> None:
    found = engine.execute("SELECT sum(orders) FROM location_sales").fetchone()
    assert found == engine.execute("SELECT count(*) FROM order_header").fetchone()


def test_script_over_parquet_gives_what_the_duckdb_file_gives(
    engine: duckdb.DuckDBPyConnection, tables: Path
) -> None:
    with duckdb.connect() as connection:
        # Times are plain there as here: no session's zone moves them.
        connection.execute("SET TimeZone = 'Asia/Tokyo'")
        connection.execute((tables / "views_duckdb.sql").read_text(encoding="utf-8"))
        for view in VIEWS:
            assert rows_of(connection, view) == rows_of(engine, view)
        for table in ("events", "order_items"):
            described = f"DESCRIBE {table}"
            assert connection.execute(described).fetchall() == engine.execute(described).fetchall()
            moved = f"SELECT count(*) FROM {table} WHERE epoch(ts) <> ts_seconds OR ts::DATE <> date"  # noqa: S608
            assert connection.execute(moved).fetchall() == [(0,)]


def _instants(table: str) -> list[str]:
    return ["ts"] if table in ("events", "order_items") else []


@pytest.mark.parametrize("value", ["9", "2026-03-01", "", "x y"])
def test_no_folder_above_is_taken_for_a_column(
    value: str, engine: duckdb.DuckDBPyConnection, tables: Path, tmp_path: Path
) -> None:
    """Every column of every table as a key of the path, on its own level."""
    described = "SELECT DISTINCT column_name FROM information_schema.columns ORDER BY ALL"
    keys = [name for (name,) in engine.execute(described).fetchall()]
    assert len(keys) > 50
    folder = tmp_path.joinpath(*(f"{key}={value}" for key in keys), "tables")
    shutil.copytree(tables, folder)
    names = {path.name: _instants(path.name) for path in folder.iterdir() if path.is_dir()}
    with duckdb.connect() as connection:
        connection.execute(view_script("duckdb", Form.PARQUET, folder, names))
        for view in (*names, *VIEWS):
            assert rows_of(connection, view) == rows_of(engine, view)


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs java, which is missing")
def test_spark_gives_the_same_rows(engine: duckdb.DuckDBPyConnection, tables: Path) -> None:
    script = [sys.executable, "-m", "tests.publishing.spark_views", str(tables)]
    # Workers take the interpreter of this environment.
    env = os.environ | {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    run = subprocess.run(script, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    found = json.loads(run.stdout.splitlines()[-1])
    assert found["types"] == {
        **dict.fromkeys(("location_id", "event_type_id", "sequence"), "tinyint"),
        "ts": "timestamp",
        "date": "date",
        "ts_seconds": "bigint",
    }
    assert found["moved"] == 0
    for view in VIEWS:
        ours = rows_of(engine, view)
        assert len(ours) > 10
        assert sorted(found[view], key=str) == ours


def test_delta_scripts_name_every_table(dataset: Path, tmp_path: Path) -> None:
    done = publish(dataset, f"delta:{tmp_path}")
    duck, spark = (tmp_path / f"views_{engine}.sql" for engine in ("duckdb", "spark"))
    for name in (*done.tables, *done.views):
        assert f"VIEW {name} " in duck.read_text(encoding="utf-8")
        assert f"VIEW {name} " in spark.read_text(encoding="utf-8")
    assert f"ts) FROM delta_scan('{tmp_path}/events')" in duck.read_text(encoding="utf-8")
    assert f"events USING delta OPTIONS (path '{tmp_path}/events')" in spark.read_text(encoding="utf-8")
