"""Whatever a user reads with must find the same rows: DuckDB, Polars, PyArrow and pandas, in every layout.

The files of both writers are held against one expectation, so Polars' writer checks fastgen's own encoder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

from fastgen.building.build import build
from fastgen.dataset.reading.scan import scan_events
from tests.helpers import write_town

if TYPE_CHECKING:
    from pathlib import Path

MODEL_TYPES = {
    "order_id": pl.String(),
    "location_id": pl.Int8(),
    "event_type_id": pl.Int8(),
    "ts_seconds": pl.Int64(),
    "sequence": pl.Int8(),
    "customer_lat": pl.Float32(),
    "customer_lon": pl.Float32(),
    "customer_addr": pl.String(),
    "items_json": pl.String(),
    "route_json": pl.String(),
    "ping_lat": pl.Float32(),
    "ping_lon": pl.Float32(),
    "ping_progress": pl.Float32(),
}
BY_FASTGEN = {
    "hive": {},
    "day": {"partition_by": "location_id,day"},
    "single": {"layout": "single"},
    "snappy": {"compression": "snappy"},
    "none": {"compression": "none", "layout": "single"},
}
BY_POLARS = {f"{name}, by Polars": {**form, "writer": "polars"} for name, form in BY_FASTGEN.items()}
FORMS = BY_FASTGEN | BY_POLARS


@pytest.fixture(scope="module")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("forms")
    roads = write_town(folder / "roads")
    for name, form in FORMS.items():
        build(folder / name, days=3, scale=0.2, locations=["sf", "chicago"], roads=roads, **form)  # type: ignore[arg-type]
    return {name: folder / name for name in FORMS}


@pytest.fixture(scope="module")
def expected(datasets: dict[str, Path]) -> pl.DataFrame:
    return scan_events(datasets["hive"]).collect()


def sort(frame: pl.DataFrame) -> pl.DataFrame:
    """Bring a reader's rows into the dataset's order and columns."""
    frame = frame.select(pl.col(name).cast(dtype) for name, dtype in MODEL_TYPES.items())
    return frame.sort("location_id", "order_id", "sequence")


def test_scan_has_the_types_of_the_model(expected: pl.DataFrame) -> None:
    assert dict(expected.schema) == MODEL_TYPES
    assert expected.height > 1000


@pytest.mark.parametrize("form", FORMS)
def test_every_form_scans_to_the_same_rows_in_the_same_order(
    form: str, datasets: dict[str, Path], expected: pl.DataFrame
) -> None:
    assert_frame_equal(scan_events(datasets[form]).collect(), expected)


@pytest.mark.parametrize("form", FORMS)
def test_duckdb_reads_the_same(form: str, datasets: dict[str, Path], expected: pl.DataFrame) -> None:
    path = datasets[form] / "events.parquet"
    source = f"'{path}/**/*.parquet', hive_partitioning = true" if path.is_dir() else f"'{path}'"
    with duckdb.connect() as connection:
        relation = connection.sql(f"SELECT * FROM read_parquet({source})")  # noqa: S608  # our own folder
        types = dict(zip(relation.columns, map(str, relation.types), strict=True))
        frame = relation.pl()
    assert types["location_id"] == ("BIGINT" if path.is_dir() else "TINYINT")
    assert types["ts_seconds"] == "BIGINT"
    assert types["event_type_id"] == types["sequence"] == "TINYINT"
    assert types["order_id"] == types["items_json"] == "VARCHAR"
    assert types["ping_lat"] == "FLOAT"
    assert_frame_equal(sort(frame), sort(expected))


@pytest.mark.parametrize("form", FORMS)
def test_plain_polars_reads_the_same(form: str, datasets: dict[str, Path], expected: pl.DataFrame) -> None:
    path = datasets[form] / "events.parquet"
    frame = pl.read_parquet(path)
    assert frame.schema["location_id"] == (pl.Int64() if path.is_dir() else pl.Int8())
    assert_frame_equal(sort(frame), sort(expected))


@pytest.mark.parametrize("form", FORMS)
def test_pyarrow_reads_the_same(form: str, datasets: dict[str, Path], expected: pl.DataFrame) -> None:
    table = ds.dataset(datasets[form] / "events.parquet", partitioning="hive").to_table()
    assert table.schema.field("ts_seconds").type == pa.int64()
    assert table.schema.field("event_type_id").type == pa.int8()
    assert table.schema.field("ping_progress").type == pa.float32()
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    assert_frame_equal(sort(frame), sort(expected))


@pytest.mark.parametrize("form", FORMS)
def test_pandas_reads_the_same(form: str, datasets: dict[str, Path], expected: pl.DataFrame) -> None:
    frame = pd.read_parquet(datasets[form] / "events.parquet")
    assert str(frame["ts_seconds"].dtype) == "int64"
    assert str(frame["ping_lat"].dtype) == "float32"
    frame["location_id"] = frame["location_id"].astype("int8")
    read = pl.from_pandas(frame, nan_to_null=True)
    assert_frame_equal(sort(read), sort(expected))


@pytest.mark.parametrize("writer", ["fastgen", "polars"])
def test_row_groups_prune_a_window_of_time(writer: str, tmp_path: Path) -> None:
    roads = write_town(tmp_path / "roads", ("chicago",))
    options: dict[str, Any] = {"layout": "single", "writer": writer, "roads": roads}
    build(tmp_path / "out", days=4, scale=30, locations=["chicago"], **options)
    metadata = pq.ParquetFile(tmp_path / "out" / "events.parquet").metadata
    column = metadata.schema.names.index("ts_seconds")
    spans = []
    for group in range(metadata.num_row_groups):
        statistics = metadata.row_group(group).column(column).statistics
        spans.append((statistics.min, statistics.max))
        assert metadata.row_group(group).num_rows <= 64_000
    hour = 1_704_067_200 + 2 * 86_400
    touched = [low <= hour + 3_600 and high >= hour for low, high in spans]
    assert len(spans) >= 4
    assert 1 <= sum(touched) < len(spans)


@pytest.mark.parametrize("form", ["hive", "hive, by Polars"])
def test_metadata_says_order_scenario_and_version(form: str, datasets: dict[str, Path]) -> None:
    path = next((datasets[form] / "events.parquet").rglob("*.parquet"))
    metadata = pq.read_metadata(path).metadata
    assert metadata[b"fastgen.sorted_by"] == b"location_id, day, created, draw, sequence"
    assert len(metadata[b"fastgen.scenario"]) == 64
    assert metadata[b"fastgen.version"]
