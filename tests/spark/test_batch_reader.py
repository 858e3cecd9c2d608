"""A batch holds the rows of its window, whatever the layout, and reads no more than it needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import fastgen
from fastgen.errors import DamageError, ScenarioError
from tests.helpers import copy_of, first_part, slice_of
from tests.spark.asking import batch, in_order, read_batch
from tests.wire.reference import wire_lines

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.index import DatasetIndex


def sliced(dataset: Path, start: str, end: str, **options: Any) -> list[dict[str, Any]]:
    """Read what `fastgen slice` writes."""
    return [json.loads(line) for line in slice_of(dataset, start, end, **options).splitlines()]


@pytest.mark.parametrize("layout", ["dataset", "single_dataset"])
def test_wire_rows_are_those_of_plain_python(
    layout: str, index: DatasetIndex, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(layout)
    start_s, end_s = index.epoch_s + 18 * 3600, index.epoch_s + 86_400 + 3600
    expected = [json.loads(line) for line in wire_lines(folder, start_s, end_s)]
    assert len(expected) > 100
    assert in_order(read_batch(folder, start="0T18:00", end="1T01:00")) == expected


@pytest.mark.parametrize("layout", ["dataset", "single_dataset"])
def test_raw_rows_are_the_stored_ones(layout: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(layout)
    found = pl.DataFrame(
        read_batch(folder, schema="raw"), schema=fastgen.scan_events(folder).collect_schema()
    )
    key = ["location_id", "order_id", "sequence"]
    assert found.sort(key).equals(fastgen.scan_events(folder).collect().sort(key))


@pytest.mark.parametrize("schema", ["wire", "raw"])
def test_selections_agree_with_slices(single_dataset: Path, dataset: Path, schema: str) -> None:
    wanted = {"locations": "sf", "types": "delivered,driver_ping"}
    options: dict[str, Any] = {"locations": ["sf"], "types": ["delivered", "driver_ping"]}
    expected = {
        (row["order_id"], row["sequence"])
        for row in sliced(dataset, "0", "1", raw=schema == "raw", **options)
    }
    assert len(expected) > 20
    for folder in (dataset, single_dataset):
        rows = read_batch(folder, start="0", end="2024-01-02", schema=schema, **wanted)
        assert {(row["order_id"], row["sequence"]) for row in rows} == expected
        assert len(rows) == len(expected)


def test_tasks_are_of_one_location_and_of_the_files_it_needs(dataset: Path, index: DatasetIndex) -> None:
    partitions = batch(dataset).partitions()
    assert sorted(str(p.location_id) for p in partitions) == sorted(map(str, index.codes))
    only = batch(dataset, locations="sf").partitions()
    assert [p.location_id for p in only] == [i for i, code in index.codes.items() if code == "sf"]
    assert batch(dataset, start="500", end="501").partitions() == []


def test_long_windows_are_cut_by_time(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastgen.spark.partitions.TASK_ROWS", 1)
    reader = batch(dataset)
    groups = [len(p.groups) for p in reader.partitions()]
    assert groups == [1] * len(groups)


@pytest.mark.parametrize("options", [{"end": "2020-01-01"}, {"start": "100"}, {"start": "2", "end": "2"}])
def test_window_outside_the_dataset_is_empty(dataset: Path, options: dict[str, str]) -> None:
    assert batch(dataset, **options).partitions() == []


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"start": "1", "end": "0"}, "end: expected an instant not before start, 1, got 0"),
        ({"start": "1T25:00"}, "start: expected a day such as 70"),
        ({"locations": "paris"}, "locations: expected codes or ids among sf"),
        ({"types": "eaten"}, "types: expected names among order_created"),
    ],
)
def test_what_is_impossible_is_refused(dataset: Path, options: dict[str, str], error: str) -> None:
    with pytest.raises(ScenarioError, match=error):
        batch(dataset, **options).partitions()


@pytest.mark.parametrize("schema", ["wire", "raw"])
def test_damaged_file_is_named(dataset: Path, tmp_path: Path, schema: str) -> None:
    folder = copy_of(dataset, tmp_path)
    reader = batch(folder, schema=schema)
    partitions = reader.partitions()
    first_part(folder).unlink()
    with pytest.raises(DamageError, match=r"part-.*expected the file that the manifest names, got No such"):
        [list(reader.read(partition)) for partition in partitions]
