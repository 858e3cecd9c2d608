"""Every reader gets the columns, types and order of docs/model.md, 5, whatever the layout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from fastgen.dataset.reading.scan import polars_schema, scan_events
from fastgen.errors import DataError
from fastgen.events.schema import TableForm
from tests.helpers import build_small

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = {
    "order_id": pl.String,
    "location_id": pl.Int8,
    "event_type_id": pl.Int8,
    "ts_seconds": pl.Int64,
    "sequence": pl.Int8,
    "customer_lat": pl.Float32,
    "customer_lon": pl.Float32,
    "customer_addr": pl.String,
    "items_json": pl.String,
    "route_json": pl.String,
    "ping_lat": pl.Float32,
    "ping_lon": pl.Float32,
    "ping_progress": pl.Float32,
}


@pytest.fixture(scope="session")
def single(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("single"), layout="single")


@pytest.fixture(scope="session")
def by_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve days: as text, day=10 sorts before day=2."""
    folder = tmp_path_factory.mktemp("by_day")
    return build_small(folder, days=12, scale=0.05, partition_by="location_id,day")


def test_columns_and_types(dataset: Path, single: Path, by_day: Path) -> None:
    for folder in (dataset, single, by_day):
        assert dict(scan_events(folder).collect_schema()) == SCHEMA
        assert dict(scan_events(folder).collect().schema) == SCHEMA
    assert polars_schema(TableForm("i16"))["sequence"] == pl.Int16


def test_layouts_have_the_same_rows(dataset: Path, single: Path) -> None:
    assert scan_events(dataset).collect().equals(scan_events(single).collect())


def test_rows_are_in_order(dataset: Path, by_day: Path) -> None:
    for folder in (dataset, by_day):
        created = scan_events(folder).filter(pl.col("event_type_id") == 1).collect()
        keys = created.select("location_id", "ts_seconds")
        assert keys.equals(keys.sort("location_id", "ts_seconds", maintain_order=True))


def test_a_filter_reads_only_that_locations_files(dataset: Path) -> None:
    chicago = scan_events(dataset).filter(pl.col("location_id") == 4)
    plan = chicago.explain(optimized=True)
    assert "location_id=4" in plan
    assert "location_id=1" not in plan
    assert chicago.collect()["location_id"].unique().to_list() == [4]


def test_without_a_manifest_there_is_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a finished dataset"):
        scan_events(tmp_path)


def ask(sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(sql).fetchall()


def test_the_single_file_has_the_same_types_everywhere(single: Path) -> None:
    path = single / "events.parquet"
    kinds = ["string", "int8", "int8", "int64", "int8", "float", "float", *["string"] * 3, *["float"] * 3]
    arrow = [str(kind).removeprefix("large_") for kind in pq.read_schema(path).types]
    assert pq.read_schema(path).names == list(SCHEMA)
    assert arrow == kinds
    described = ask(f"DESCRIBE FROM '{path}'")
    words = {"string": "VARCHAR", "int8": "TINYINT", "int64": "BIGINT", "float": "FLOAT"}
    assert [row[1] for row in described] == [words[kind] for kind in kinds]
    frame = pd.read_parquet(path)
    assert [str(frame[c].dtype) for c in ("location_id", "ts_seconds", "ping_lat")] == [
        "int8",
        "int64",
        "float32",
    ]


def test_every_reader_counts_the_same(dataset: Path, single: Path) -> None:
    """The hive folder as other tools read it: the partition column's type is theirs to infer."""
    expected = scan_events(dataset).group_by("location_id").len().sort("location_id").collect()
    counts = {int(row[0]): int(row[1]) for row in expected.iter_rows()}
    folder, file = dataset / "events.parquet", single / "events.parquet"
    sql = "SELECT location_id, COUNT(*) FROM read_parquet('{}') GROUP BY location_id"
    assert dict(ask(sql.format(f"{folder}/**/*.parquet"))) == counts
    assert dict(ask(sql.format(file))) == counts
    hive = ds.dataset(folder, partitioning="hive").to_table(columns=["location_id"])
    arrow = hive.group_by("location_id").aggregate([([], "count_all")]).to_pylist()
    assert {row["location_id"]: row["count_all"] for row in arrow} == counts
    assert pd.read_parquet(file)["location_id"].value_counts().to_dict() == counts
