"""What is published is the dataset, in exact types; wrong input is one line."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable

import fastgen
from fastgen import DataError, OutputError, ScenarioError, publish, scan_events
from fastgen.dataset.layout import TABLES
from fastgen.publishing.publication import STATE
from fastgen.publishing.target import Form
from fastgen.publishing.times import add_times, hours_of_day
from tests.helpers import build_small, copy_of, first_part, rewrite
from tests.publishing.rows import BELOW, KEY, assert_events, assert_unfinished, read_table, target_of

if TYPE_CHECKING:
    from collections.abc import Callable

FORMS = list(Form)


@pytest.fixture(scope="module", params=FORMS)
def published(request: pytest.FixtureRequest, dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("published") / BELOW / "don't panic"
    folder.mkdir(parents=True)
    target = target_of(request.param, folder)
    done = publish(dataset, target)
    assert done.made == done.tables == (*TABLES, "order_items", "events")
    return target


def test_events_are_the_datasets(published: str, dataset: Path) -> None:
    found = read_table(published, "events").sort(KEY)
    stored = scan_events(dataset).collect().sort(KEY)
    assert found.select(stored.columns).equals(stored)
    assert found.select(stored.columns).schema == stored.schema  # location_id, event_type_id, sequence: Int8
    assert found["ts"].dt.epoch("s").equals(stored["ts_seconds"].rename("ts"))
    assert found["date"].equals(found["ts"].dt.date().rename("date"))
    assert found.schema["ts"] == pl.Datetime("us")
    assert found.schema["date"] == pl.Date()


def test_dimension_tables_are_the_datasets(published: str, dataset: Path) -> None:
    for name in TABLES:
        assert read_table(published, name).equals(pl.read_parquet(dataset / f"{name}.parquet"))


def test_order_items_are_the_lines_of_items_json(published: str, dataset: Path) -> None:
    found = read_table(published, "order_items").sort("order_id", "line")
    expected = [
        (
            row["order_id"],
            row["location_id"],
            number,
            row["ts_seconds"],
            row["ts_seconds"] // 3600 % 24,
            *(line[key] for key in ("id", "category_id", "menu_id", "brand_id", "name")),
            round(line["price"] * 100),
            line["qty"],
            round(line["price"] * 100) * line["qty"],
        )
        for row in scan_events(dataset)
        .filter(event_type_id=1)
        .sort("order_id")
        .collect()
        .iter_rows(named=True)
        for number, line in enumerate(json.loads(row["items_json"]), 1)
    ]
    cents = [(pl.col(c) * 100).cast(pl.Int64) for c in ("price", "extended_price")]
    assert found.drop("ts", "date").with_columns(cents).rows() == expected
    assert found.schema["price"] == pl.Decimal(12, 2)
    assert found["date"].equals(found["ts"].dt.date().rename("date"))


def test_times_before_1970_round_down() -> None:
    """By the UTC clock, a kitchen in the east has its first orders the day before the calendar begins."""
    seconds = pa.array([-86_401, -86_400, -1, 0, 3_599, 86_399, 86_400], pa.int64())
    rows = add_times(pa.RecordBatch.from_arrays([seconds], names=["ts_seconds"]))
    stamps = [dt.datetime.fromtimestamp(second, dt.UTC) for second in seconds.to_pylist()]
    assert rows.column("ts").to_pylist() == stamps
    assert rows.column("date").to_pylist() == [stamp.date() for stamp in stamps]
    assert hours_of_day(seconds).to_pylist() == [stamp.hour for stamp in stamps]


def test_second_run_changes_nothing(published: str, dataset: Path) -> None:
    place = Path(published.partition(":")[2]).parent
    before = {path: path.stat().st_mtime_ns for path in place.rglob("*")}
    assert publish(dataset, published).made == ()
    assert {path: path.stat().st_mtime_ns for path in place.rglob("*")} == before


@pytest.mark.parametrize("form", FORMS)
def test_another_dataset_is_refused_unless_overwritten(
    form: Form, dataset: Path, other: Path, tmp_path: Path
) -> None:
    target = target_of(form, tmp_path)
    publish(dataset, target)
    with pytest.raises(OutputError, match=r"the tables of dataset .*: use --overwrite"):
        publish(other, target)
    assert publish(dataset, target).made == ()
    done = publish(other, target, overwrite=True)
    assert done.made == done.tables
    expected = scan_events(other).collect().sort(KEY)
    assert read_table(target, "events").sort(KEY).select(expected.columns).equals(expected)
    # And back again: not taken for finished because it once was.
    assert publish(dataset, target, overwrite=True).made
    assert_events(target, dataset)


@pytest.mark.parametrize("form", FORMS)
def test_tables_of_another_origin_are_refused(form: Form, dataset: Path, tmp_path: Path) -> None:
    target = target_of(form, tmp_path)
    path = Path(target.partition(":")[2])
    if form is Form.DUCKDB:
        with duckdb.connect(path) as connection:
            connection.execute("CREATE TABLE mine AS SELECT 1 AS one")
    else:
        (path / "events").mkdir(parents=True)
    with pytest.raises(OutputError, match="tables of another origin: use --overwrite"):
        publish(dataset, target)
    assert publish(dataset, target, overwrite=True).made


def test_delta_keeps_older_versions_and_prunes_by_time(dataset: Path, other: Path, tmp_path: Path) -> None:
    target = f"delta:{tmp_path}"
    publish(dataset, target)
    publish(other, target, overwrite=True)
    table = DeltaTable(tmp_path / "events")
    assert (table.version(), table.metadata().partition_columns) == (1, ["location_id"])
    table.load_as_version(0)
    assert table.to_pyarrow_table().num_rows == scan_events(dataset).collect().height
    adds = pl.DataFrame(table.get_add_actions(flatten=True))
    assert set(adds["partition.location_id"]) == {1, 4}
    assert adds["num_records"].sum() == scan_events(dataset).collect().height
    by_location = scan_events(dataset).group_by("location_id").agg(pl.col("ts_seconds").max()).collect()
    latest = dict(by_location.rows())
    assert dict(adds.select("partition.location_id", "max.ts_seconds").rows()) == latest


# --- wrong input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("to", "error"),
    [
        ("lakehouse", "to: expected delta:PATH, duckdb:FILE or parquet:PATH, got 'lakehouse'"),
        ("iceberg:x", "got 'iceberg:x'"),
        ("delta:", "got no path"),
        ("delta:s3://bucket/tables", "to: expected a path of this machine, got 's3://bucket/tables'"),
        ("parquet:file:///tmp/x", "to: expected a path of this machine"),
        ("parquet:a[1]*", r"to: expected a path without .* take these for patterns, got \* in '/"),
        ("delta:what?", r"to: expected a path without .* got \? in "),
    ],
)
def test_wrong_target_is_refused(to: str, error: str, dataset: Path) -> None:
    with pytest.raises(ScenarioError, match=error):
        publish(dataset, to)


def test_target_in_or_around_the_dataset_is_refused(dataset: Path) -> None:
    for path in (dataset, dataset / "tables", dataset.parent):
        with pytest.raises(ScenarioError, match="apart from the dataset"):
            publish(dataset, f"parquet:{path}")


@pytest.mark.parametrize("package", ["deltalake", "duckdb"])
def test_missing_package_names_the_extra(
    package: str, dataset: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "fastgen.publishing.target.find_spec", lambda name: None if name == package else find(name)
    )
    form = Form.DELTA if package == "deltalake" else Form.DUCKDB
    message = rf"needs {package}: run pip install 'fastgen\[{form}\]'"
    with pytest.raises(DataError, match=message):
        publish(dataset, target_of(form, tmp_path))
    assert list(tmp_path.iterdir()) == []
    publish(dataset, target_of(Form.PARQUET, tmp_path))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: path.unlink(),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "a row less": lambda path: rewrite(path, lambda frame: frame.head(-1)),
    "a column less": lambda path: rewrite(path, lambda frame: frame.drop("ts_seconds")),
    "no JSON": lambda path: rewrite(path, lambda frame: frame.with_columns(items_json=pl.lit("[{]"))),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_dataset_is_one_line_and_never_finished(
    form: Form, damage: str, dataset: Path, tmp_path: Path
) -> None:
    copy = copy_of(dataset, tmp_path)
    DAMAGES[damage](first_part(copy))
    target = target_of(form, tmp_path / "out")
    with pytest.raises(DataError) as caught:
        publish(copy, target)
    assert "\n" not in str(caught.value)
    assert_unfinished(target)


def test_no_dataset_is_wrong_input(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"got no manifest\.json"):
        publish(tmp_path / "none", f"parquet:{tmp_path / 'x'}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", FORMS)
def test_dataset_without_orders_gives_empty_tables(form: Form, tmp_path: Path) -> None:
    empty = build_small(tmp_path, scale=1e-9)
    assert fastgen.scan_events(empty).collect().height == 0
    target = target_of(form, tmp_path / "out")
    publish(empty, target)
    for name in ("events", "order_items"):
        frame = read_table(target, name)
        assert frame.height == 0
        assert frame.schema["location_id"] == pl.Int8()


def test_missing_table_is_made_again(dataset: Path, tmp_path: Path) -> None:
    target = f"delta:{tmp_path}"
    publish(dataset, target)
    shutil.rmtree(tmp_path / "items")
    assert publish(dataset, target).made == ("items",)
    assert json.loads((tmp_path / STATE).read_text())["state"] == "finished"


def test_time_and_zone_of_the_machine_play_no_part(dataset: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fastgen", "publish", str(dataset), "--to", f"parquet:{tmp_path}"]
    subprocess.run(command, env=os.environ | {"TZ": "Asia/Tokyo"}, check=True, capture_output=True)
    found = read_table(f"parquet:{tmp_path}", "events")
    assert found["ts"].dt.epoch("s").equals(found["ts_seconds"].rename("ts"))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["a:b", ":memory:", "sqlite:x", "md:x", "s3:x", "C:x/y:z"])
def test_a_relative_path_with_a_colon_is_a_path(
    form: Form, name: str, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyArrow, deltalake and DuckDB each take some of these for a URI, or for another engine's file."""
    monkeypatch.chdir(tmp_path)
    assert publish(dataset, f"{form}:{name}").made
    assert [path.name for path in tmp_path.iterdir()] == [Path(name).parts[0]]
    assert publish(dataset, f"{form}:{name}").made == ()
    assert_events(f"{form}:{tmp_path / name}", dataset)
