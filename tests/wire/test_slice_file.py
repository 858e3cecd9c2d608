"""Files of slices hold the rows of their window, and wrong windows or damaged datasets are one line."""

from __future__ import annotations

import io
import json
import time
from typing import TYPE_CHECKING

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

import fastgen
from fastgen.dataset.index import DatasetIndex, read_index
from fastgen.dataset.manifest import read_manifest
from fastgen.errors import DamageError, DataError, ScenarioError
from fastgen.faults.slice_file import write_slice
from fastgen.wire.bulk import WIRE_SCHEMA
from fastgen.wire.slicer import Slicer
from tests.helpers import change_manifest, copy_of
from tests.wire.reference import wire_lines

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.instants import Instant

DAY = 86_400


def test_slice_files_hold_the_same_rows(dataset: Path, index: DatasetIndex) -> None:
    outs = {}
    for form in ("jsonl", "csv", "parquet"):
        stream = io.BytesIO()
        n_rows = write_slice(dataset, "0T11:00", "1T23:30", stream, format=form)
        outs[form] = stream.getvalue()
        assert n_rows > 100
    expected = wire_lines(dataset, index.epoch_s + 11 * 3600, index.epoch_s + DAY + 23 * 3600 + 1800)
    assert outs["jsonl"].decode() == "".join(expected)
    table = pq.read_table(io.BytesIO(outs["parquet"]))
    assert table.schema.remove_metadata() == WIRE_SCHEMA
    assert table.to_pylist() == [json.loads(line) for line in expected]
    types = {field.name: field.type for field in WIRE_SCHEMA}
    convert = pa_csv.ConvertOptions(column_types=types)
    parse = pa_csv.ParseOptions(newlines_in_values=True)
    csv = pa_csv.read_csv(io.BytesIO(outs["csv"]), parse_options=parse, convert_options=convert)
    assert csv.to_pylist() == table.to_pylist()


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("0001-01-01", "9999-12-31"),
        (0, 999_999),
        ("0", "2100-01-01"),
        ("1970-01-01T00:00", "9999-12-31T23:59:59"),
    ],
)
def test_window_wider_than_the_dataset_costs_nothing(
    *, start: Instant, end: Instant, raw: bool, dataset: Path, index: DatasetIndex
) -> None:
    expected, found = io.BytesIO(), io.BytesIO()
    began = time.process_time()
    n_rows = write_slice(dataset, 0, 3, expected, raw=raw)
    just_s, began = time.process_time() - began, time.process_time()
    assert write_slice(dataset, start, end, found, raw=raw) == n_rows > 100
    assert time.process_time() - began < 3 * just_s + 1
    assert found.getvalue() == expected.getvalue()
    # Far beyond every calendar; walked week by week this would never end.
    rows = sum(len(chunk.order) for chunk in Slicer(index).chunks(-(10**17), 10**17))
    assert rows == n_rows
    assert not list(Slicer(index).chunks(10**16, 10**17))
    assert next(Slicer(index, loop=True).chunks(-(10**17), index.end_s))


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_raw_slices_hold_the_stored_columns(form: str, dataset: Path) -> None:
    import polars as pl  # noqa: PLC0415

    stream = io.BytesIO()
    n_rows = write_slice(dataset, "0T20:00", "3", stream, format=form, raw=True, types=["delivered"])
    expected = (
        fastgen.slice_events(dataset, "0T20:00", 3)
        .filter(event_type_id=8)
        .sort("ts_seconds", "order_id", "sequence")
        .collect()
    )
    stream.seek(0)
    if form == "jsonl":
        found = pl.DataFrame([json.loads(line) for line in stream], schema=expected.schema)
    elif form == "csv":
        found = pl.read_csv(stream, schema=expected.schema)
    else:
        found = pl.read_parquet(stream)
    assert found.equals(expected)
    assert found.height == n_rows > 10


def test_empty_windows_are_empty_and_well_formed(dataset: Path) -> None:
    for form, expected in (("jsonl", b""), ("csv", b'"event_id","event_type"')):
        stream = io.BytesIO()
        assert write_slice(dataset, "500", "501", stream, format=form) == 0
        assert stream.getvalue().startswith(expected)
    stream = io.BytesIO()
    assert write_slice(dataset, 1, 1, stream, format="parquet") == 0
    assert pq.read_table(stream).num_rows == 0


# Python's own reader of times takes most of these.
NO_INSTANTS = (
    *(
        "1" * 20,
        "20240101",
        "2024-W01-1",
        "2024-001",
        "\u0667\u0660",
        "\uff12024-01-01",
        "1T1\uff18:30",
        "-1",
        "1.5",
        "True",
        "",
    ),
    *(
        "2024-01-01T00:00:00+05:00",
        "2024-01-01T00:00Z",
        "2024-01-01T18",
        "2024-01-01T24:00",
        "2024-01-01T1830",
    ),
    *("2024-01-01x18:30", "2024-01-01T18:30:15.5", "2024-02-30", "70\n", " 70", "2024-01-01\n", "1" * 5000),
)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("70x", 71), r"from: expected a day such as 70, .* got '70x'"),
        (("1T24:00", 71), "from: expected a day"),
        ((1, "2024-13-01"), "to: expected a day"),
        *(((wrong, 71), "from: expected a day") for wrong in NO_INSTANTS),
        ((2, 1), "to: expected an instant not before that of from, 2, got 1."),
    ],
)
def test_wrong_instants_are_one_line(args: tuple[str, str], message: str, dataset: Path) -> None:
    with pytest.raises(ScenarioError, match=message):
        write_slice(dataset, *args, io.BytesIO())


def test_instants_mean_the_same(dataset: Path) -> None:
    import datetime as dt  # noqa: PLC0415

    ways: list[Instant] = [
        "1T18:30",
        "2024-01-02T18:30",
        "2024-01-02 18:30:00",
        dt.datetime(2024, 1, 2, 18, 30),  # noqa: DTZ001  # naive: dataset time
    ]
    ways += [dt.datetime(2024, 1, 2, 18, 30, tzinfo=dt.UTC)]
    counts = {fastgen.slice_events(dataset, way, "1T19:30:15").collect().height for way in ways}
    assert len(counts) == 1
    assert (
        fastgen.slice_events(dataset, 1, 2)
        .collect()
        .equals(fastgen.slice_events(dataset, dt.date(2024, 1, 2), "2024-01-03").collect())
    )


def test_damaged_datasets_are_one_line(dataset: Path, tmp_path: Path) -> None:
    copied = copy_of(dataset, tmp_path)
    change_manifest(copied, lambda raw: raw["files"][0].update(path="events.parquet/mine.parquet"))
    with pytest.raises(DataError, match="expected event files named by location and days"):
        read_index(copied)
    (tmp_path / "copy" / "manifest.json").unlink()
    with pytest.raises(DataError, match="expected a finished dataset"):
        read_index(copied)
    damaged = copy_of(dataset, tmp_path / "other")
    for path in damaged.rglob("part-*.parquet"):
        path.write_bytes(b"PAR1")
    with pytest.raises(DamageError, match=r"expected .* bytes as the manifest states, got 4"):
        write_slice(damaged, 0, 1, io.BytesIO())


def test_manifest_can_be_read_without_its_days(dataset: Path) -> None:
    whole, head = read_manifest(dataset), read_manifest(dataset, with_days=False)
    assert head.days == ()
    assert whole.days
    assert head.files == whole.files
    assert head.scenario == whole.scenario
