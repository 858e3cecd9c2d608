"""Slices and loops: what the wire carries, byte for byte, held against plain Python."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fastgen
from fastgen.dataset.index import DatasetIndex, FileSpan, read_index
from fastgen.dataset.manifest import read_manifest
from fastgen.errors import DataError
from fastgen.wire import row_groups as rows_module
from fastgen.wire import slicer as slicer_module
from fastgen.wire.bulk import WireEncoder
from fastgen.wire.form import WireForm
from fastgen.wire.row_groups import LoopSlice, cut_window, join_slices, read_group, read_spans
from fastgen.wire.rows import TS, WireRows
from fastgen.wire.slicer import Slicer
from tests.helpers import build_small
from tests.wire.reference import wire_lines

if TYPE_CHECKING:
    from pathlib import Path


DAY = 86_400


def lines(slicer: Slicer, index: DatasetIndex, start_s: int, end_s: int, shift_s: int = 0) -> str:
    encoder = WireEncoder(WireForm.canonical(index.digest))
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


def test_few_rows_of_a_row_group_are_copied_and_no_others(index: DatasetIndex) -> None:
    file = index.files[0]
    (span, *_) = read_spans(file, (index.earliest_s(file), index.latest_s(file)))
    rows = read_group(span, with_reasons=False)
    noon, length_s = index.epoch_s + DAY // 2, index.length_s
    inside: list[int] = []
    start_s = noon
    # Until a minute in which some orders of several have an event each.
    while not inside or 2 * len(inside) >= inside[-1] - inside[0]:
        start_s += 60
        inside = [i for i, ts in enumerate(rows.ints[:, TS].tolist()) if start_s <= ts < start_s + 60]
    found = cut_window(rows, 0, length_s, start_s, start_s + 60)
    assert found is not None
    whole = join_slices([LoopSlice(rows, 0, len(rows.ints), 0, length_s)])
    copied = join_slices([found])
    assert len(copied.ints) == len(inside)
    for new, old in enumerate(inside):
        assert copied.ints[new].tolist() == whole.ints[old].tolist()
        assert copied.floats[new].tolist() == whole.floats[old].tolist()
        assert texts_of(copied, new) == texts_of(whole, old)


def texts_of(rows: WireRows, row: int) -> list[bytes]:
    first, end = rows.start[row : row + 2]
    return [text[a:b].tobytes() for text, a, b in zip(rows[3:], first, end, strict=True)]


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
    assert last > index.epoch_s + 2 * DAY
    for location in (1, 4):
        own = events.filter(location_id=location)["ts_seconds"].max()
        assert Slicer(index, locations=(location,)).last_event_s() == own
    assert Slicer(index, locations=()).last_event_s() == index.first_s - 1


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

    def watch_groups(span: rows_module.GroupSpan, **options: Any) -> Any:
        read.append(span.file.path.name)
        return rows_module.read_group(span, **options)

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


def test_wire_table_is_the_lines(index: DatasetIndex) -> None:
    encoder = WireEncoder(WireForm.canonical(index.digest))
    for chunk in Slicer(index).chunks(index.first_s, index.end_s):
        table = encoder.encode_table(chunk.rows, chunk.order, 86_400)
        text = encoder.encode_lines(chunk.rows, chunk.order, 86_400).tobytes()
        assert isinstance(table, pa.Table)
        table.validate(full=True)
        assert table.to_pylist() == [json.loads(line) for line in text.splitlines()]
    with pytest.raises(DataError, match="expected times of the years 1970 to 9999"):
        encoder.encode_lines(chunk.rows, chunk.order, 9_000 * 366 * DAY)
