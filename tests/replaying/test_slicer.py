"""Slices and loops: what the wire carries, byte for byte, held against plain Python."""

from __future__ import annotations

import io
import json
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fastgen
from fastgen.dataset.index import DatasetIndex, FileSpan, read_index
from fastgen.dataset.manifest import read_manifest
from fastgen.errors import DamageError, DataError, ScenarioError
from fastgen.events.wire import WIRE_SCHEMA, WireEncoder
from fastgen.replaying import rows as rows_module
from fastgen.replaying import slicer as slicer_module
from fastgen.replaying.slice_file import write_slice
from fastgen.replaying.slicer import Slicer
from tests.helpers import build_small, change_manifest, copy_of
from tests.replaying.plain import wire_lines

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.instants import Instant

DAY = 86_400


def lines(slicer: Slicer, index: DatasetIndex, start_s: int, end_s: int, shift_s: int = 0) -> str:
    encoder = WireEncoder(index.digest)
    texts = [encoder.encode_lines(c.rows, c.order, shift_s).tobytes() for c in slicer.chunks(start_s, end_s)]
    return b"".join(texts).decode()


@pytest.fixture(scope="module")
def three_loops(dataset: Path, index: DatasetIndex) -> list[str]:
    return wire_lines(dataset, index.first_s, index.epoch_s + 6 * DAY, loops=3)


def test_three_loops_are_those_of_plain_python(index: DatasetIndex, three_loops: list[str]) -> None:
    end_s = index.epoch_s + 6 * DAY
    assert lines(Slicer(index, loop=True), index, index.first_s, end_s) == "".join(three_loops)
    small = Slicer(index, loop=True, chunk_rows=500, cache_bytes=1)
    assert lines(small, index, index.first_s, end_s) == "".join(three_loops)
    seam = index.epoch_s + 2 * DAY
    crossing = [line for line in wire_lines_after(three_loops, seam) if "-L" not in line]
    assert len(crossing) > 20  # orders of loop 0 that end in loop 1


def wire_lines_after(all_lines: list[str], ts: int) -> list[str]:
    import datetime as dt  # noqa: PLC0415

    text = f"{dt.datetime.fromtimestamp(ts, dt.UTC):%Y-%m-%d %H:%M:%S}"
    return [line for line in all_lines if json.loads(line)["ts"] >= text]


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(-1, 6 * DAY), max_size=8))
def test_many_short_windows_are_one_long_one(
    cuts: list[int], index: DatasetIndex, three_loops: list[str]
) -> None:
    slicer = Slicer(index, loop=True, chunk_rows=2000)
    edges = [index.first_s, *(index.epoch_s + cut for cut in sorted(cuts)), index.epoch_s + 6 * DAY]
    parts = [lines(slicer, index, a, b) for a, b in pairwise(edges)]
    assert "".join(parts) == "".join(three_loops)


def test_every_order_of_ten_loops_is_complete(dataset: Path, index: DatasetIndex) -> None:
    end_s = index.epoch_s + 10 * index.length_s + index.tail_s
    text = lines(Slicer(index, loop=True), index, index.first_s, end_s)
    per_order: dict[str, list[int]] = {}
    for line in text.splitlines():
        row = json.loads(line)
        if not row["order_id"].endswith("-L10"):
            per_order.setdefault(row["order_id"], []).append(row["sequence"])
    assert len(per_order) == 10 * read_manifest(dataset).orders
    for sequences in per_order.values():
        assert sorted(sequences) == list(range(len(sequences)))
        assert len(sequences) >= 7


def test_events_before_the_epoch_are_there(utc_dataset: Path) -> None:
    index = read_index(utc_dataset)
    expected = wire_lines(utc_dataset, index.first_s, index.epoch_s + 4 * DAY, loops=3)
    assert sum('"ts":"2023' in line for line in expected) > 10
    found = lines(Slicer(index, loop=True), index, index.first_s, index.epoch_s + 4 * DAY)
    assert found == "".join(expected)


@pytest.mark.parametrize("options", [{"layout": "single"}, {"partition_by": "location_id,day"}])
def test_layouts_give_the_same_bytes(options: dict[str, Any], tmp_path: Path) -> None:
    texts = []
    plain: dict[str, Any] = {}
    for number, more in enumerate((plain, options)):
        dataset = build_small(tmp_path / str(number), days=2, **more)
        index = read_index(dataset)
        slicer = Slicer(index, locations=(4,), types=(1, 8))
        texts.append(lines(slicer, index, index.epoch_s + 40_000, index.epoch_s + 3 * DAY))
        frame = fastgen.slice_events(dataset, "0T18:00", 2, locations=["chicago"]).collect()
        assert set(frame["location_id"]) == {4}
        texts[-1] += str(frame.rows())
    assert texts[0] == texts[1]
    assert len(texts[0]) > 1000


def test_selections(index: DatasetIndex, three_loops: list[str]) -> None:
    end_s = index.epoch_s + 6 * DAY
    rows = [(line, json.loads(line)) for line in three_loops]
    expected = [line for line, row in rows if row["location_id"] == 4 and row["event_type"] == "driver_ping"]
    found = lines(Slicer(index, locations=(4,), types=(7,), loop=True), index, index.first_s, end_s)
    assert found == "".join(expected)


def test_last_event_is_the_true_one(dataset: Path, index: DatasetIndex) -> None:
    events = fastgen.scan_events(dataset).collect()
    last = Slicer(index).last_event_s()
    assert last == events["ts_seconds"].max()
    assert last is not None
    assert last > index.epoch_s + 2 * DAY
    for location in (1, 4):
        own = events.filter(location_id=location)["ts_seconds"].max()
        assert Slicer(index, locations=(location,)).last_event_s() == own


def test_only_files_and_row_groups_of_the_window_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = build_small(tmp_path, days=9, partition_by="location_id,day")
    index = read_index(dataset)
    opened: list[str] = []
    read: list[str] = []

    def watch_footers(file: FileSpan, *args: Any) -> Any:
        opened.append(file.path.name)
        return rows_module.read_spans(file, *args)

    def watch_groups(span: rows_module.GroupSpan) -> Any:
        read.append(span.file.path.name)
        return rows_module.read_group(span)

    monkeypatch.setattr(slicer_module, "read_spans", watch_footers)
    monkeypatch.setattr(slicer_module, "read_group", watch_groups)
    noon = index.epoch_s + 5 * DAY + 12 * 3600
    assert lines(Slicer(index), index, noon, noon + 3600)
    assert set(opened) == {"part-00005-00005.parquet"}
    assert set(read) == {"part-00005-00005.parquet"}
    opened.clear()
    read.clear()
    assert lines(Slicer(index), index, noon - 12 * 3600, noon - 11 * 3600)
    # Deliveries after midnight lie with their orders.
    assert set(opened) == {"part-00004-00004.parquet", "part-00005-00005.parquet"}


# --- files of slices ----------------------------------------------------------------------------------------


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


def test_wire_table_is_the_lines(index: DatasetIndex) -> None:
    encoder = WireEncoder(index.digest)
    for chunk in Slicer(index).chunks(index.first_s, index.end_s):
        table = encoder.encode_table(chunk.rows, chunk.order, 86_400)
        text = encoder.encode_lines(chunk.rows, chunk.order, 86_400).tobytes()
        assert isinstance(table, pa.Table)
        table.validate(full=True)
        assert table.to_pylist() == [json.loads(line) for line in text.splitlines()]
    with pytest.raises(DataError, match="expected times of the years 1970 to 9999"):
        encoder.encode_lines(chunk.rows, chunk.order, 9_000 * 366 * DAY)
