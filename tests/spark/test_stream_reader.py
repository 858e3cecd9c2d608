"""A stream is what a replay is, cut at its offsets: nothing twice or lost, the same when read again."""

from __future__ import annotations

import datetime as dt
import json
import operator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.sql.types import StructType

from fastgen.errors import DataError, ScenarioError
from fastgen.spark.offsets import read_position
from fastgen.spark.source import FastgenSource
from fastgen.spark.stream import passes_present_offset
from tests.spark.asking import in_order, read_batch, read_between, stream
from tests.spark.stream_clock import (
    ANCHOR,
    HOUR_US,
    OPTIONS,
    START_US,
    Clock,
    NewBase,
    OldBase,
    old_caspers_reader,
    old_reader,
)
from tests.wire.reference import wire_lines

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.index import DatasetIndex

pytestmark = pytest.mark.usefixtures("newest")


def shift_s(index: DatasetIndex) -> int:
    """Day 1 falls on the first of March."""
    return START_US // 1_000_000 // 86_400 * 86_400 - (index.epoch_s + 86_400)


def test_history_then_elapsed_time_over_the_seam(dataset: Path, index: DatasetIndex, clock: Clock) -> None:
    """Every batch is read by a reader of its own, as after a restart, and at any later time."""
    offsets = [stream(dataset, **OPTIONS).initialOffset()]
    for hours in (0, 0.001, 1, 1.5, 4):
        clock.us = START_US + int(hours * HOUR_US)
        offsets.append(stream(dataset, **OPTIONS).latestOffset(offsets[-1], None))
    clock.us += 1000 * HOUR_US
    found = [
        in_order(read_between(stream(dataset, **OPTIONS), start, end)) for start, end in pairwise(offsets)
    ]
    bounds = [read_position(offset, index) for offset in offsets]
    assert bounds[1] == index.epoch_s + 86_400 + 12 * 3600 + 1  # the start day at this time of day
    assert [end - start for start, end in pairwise(bounds[1:])] == [
        86,
        86314,
        43200,
        216000,
    ]
    for rows, (start, end) in zip(found, pairwise(bounds), strict=True):
        lines = wire_lines(dataset, start, end, shift_s(index), loops=4)
        assert rows == [json.loads(line) for line in lines]
    assert any("-L2" in row["order_id"] for row in found[-1])
    assert [offset["position"]["loop"] for offset in offsets] == [0, 0, 0, 1, 1, 2]


@pytest.mark.parametrize("begun", ["now", "before raw stood still"])
def test_raw_rows_stand_in_the_time_of_the_dataset_and_its_loops(
    begun: str, dataset: Path, index: DatasetIndex, clock: Clock
) -> None:
    """A stream that was begun when raw rows moved as the wire does goes on to move them."""
    reader = stream(dataset, **OPTIONS, schema="raw")
    start = reader.latestOffset(reader.initialOffset(), None)
    assert start["terms"].pop("times") == "stored"
    moved_s = shift_s(index)
    if begun == "now":
        start["terms"]["times"], moved_s = "stored", 0
    clock.us += 2 * HOUR_US
    end = reader.latestOffset(start, None)
    window = (read_position(start, index), read_position(end, index))
    lines = wire_lines(dataset, *window, moved_s, loops=3)
    wire = {(row["order_id"], row["sequence"], row["ts"]) for row in map(json.loads, lines)}
    raw = read_between(reader, start, end)
    times = [dt.datetime.fromtimestamp(row["ts_seconds"], dt.UTC) for row in raw]
    assert {
        (row["order_id"], row["sequence"], f"{time:%Y-%m-%d %H:%M:%S}.000")
        for row, time in zip(raw, times, strict=True)
    } == wire
    assert len(raw) == len(wire) > 100
    assert any("-L1" in row["order_id"] for row in raw)


def test_raw_rows_of_a_stream_are_those_of_a_batch(dataset: Path, index: DatasetIndex, clock: Clock) -> None:
    reader, offset, streamed = stream(dataset, **OPTIONS, schema="raw", noLoop="true"), None, []
    for _ in range(5):
        begun = reader.initialOffset() if offset is None else offset
        offset = reader.latestOffset(begun, None)
        streamed += read_between(reader, begun, offset)
        clock.us += HOUR_US
    batched = read_batch(dataset, schema="raw")
    key = operator.itemgetter("order_id", "sequence")
    assert sorted(streamed, key=key) == sorted(batched, key=key)
    assert index.epoch_s <= min(row["ts_seconds"] for row in streamed) < index.epoch_s + 86_400


def test_before_pyspark_4_2_a_moved_raw_stream_goes_on_too(dataset: Path, clock: Clock) -> None:
    options = {**OPTIONS, "anchor": ANCHOR, "schema": "raw"}
    stands = old_reader(dataset, **options).latestOffset()
    del stands["terms"]["times"]
    restarted = old_reader(dataset, **options)
    assert restarted.partitions(stands, stands) == []
    clock.us += HOUR_US
    later = restarted.latestOffset()
    assert "times" not in later["terms"]
    assert restarted.partitions(stands, later)
    with pytest.raises(ScenarioError, match=r"times: expected moved, .* got stored"):
        restarted.partitions(stands, old_reader(dataset, **options).latestOffset())


def test_nothing_new_is_the_offset_itself(dataset: Path, clock: Clock) -> None:
    reader = stream(dataset, **OPTIONS)
    first = reader.latestOffset(reader.initialOffset(), None)
    assert reader.latestOffset(first, None) is first
    clock.us -= HOUR_US  # a clock that was set back
    assert reader.latestOffset(first, None) is first
    assert reader.partitions(first, first) == []


def test_initial_offset_knows_no_clock(dataset: Path, clock: Clock) -> None:
    before = stream(dataset, **OPTIONS).initialOffset()
    clock.us += HOUR_US
    assert stream(dataset, **OPTIONS).initialOffset() == before


def test_available_now_stops_the_clock(dataset: Path, index: DatasetIndex, clock: Clock) -> None:
    reader = stream(dataset, **OPTIONS, anchor=ANCHOR)
    clock.us += HOUR_US
    reader.prepareForTriggerAvailableNow()
    clock.us += 100 * HOUR_US
    history = reader.latestOffset(reader.initialOffset(), None)
    rest = reader.latestOffset(history, None)
    assert read_position(rest, index) - read_position(history, index) == 86_400
    assert reader.latestOffset(rest, None) is rest


def test_without_loops_it_ends_with_the_last_event(dataset: Path, index: DatasetIndex, clock: Clock) -> None:
    reader = stream(dataset, **OPTIONS, noLoop="true")
    offsets = [reader.initialOffset()]
    for _ in range(3):
        offsets.append(reader.latestOffset(offsets[-1], None))
        clock.us += 10 * HOUR_US
    assert offsets[3] is offsets[2]
    rows = [row for i in (0, 1) for row in read_between(reader, offsets[i], offsets[i + 1])]
    lines = wire_lines(dataset, index.first_s, index.end_s, shift_s(index))
    assert in_order(rows) == [json.loads(line) for line in lines]


def test_older_pyspark_needs_an_anchor_and_goes_by_it(
    dataset: Path, index: DatasetIndex, clock: Clock
) -> None:
    with pytest.raises(ScenarioError, match=r"anchor: PySpark .* doesn't tell a stream where it stands"):
        old_reader(dataset, **OPTIONS)
    clock.us += HOUR_US
    offsets = [old_reader(dataset, **OPTIONS, anchor=ANCHOR).latestOffset() for _ in range(2)]
    assert offsets[0] == offsets[1]
    new = stream(dataset, **OPTIONS, anchor=ANCHOR)
    history = new.latestOffset(new.initialOffset(), None)
    assert offsets[0] == new.latestOffset(history, None)
    assert read_position(history, index) == index.epoch_s + 86_400 + 12 * 3600 + 1


def test_older_pyspark_and_a_clock_set_back(dataset: Path, clock: Clock) -> None:
    reader = old_reader(dataset, **OPTIONS, anchor=ANCHOR)
    clock.us += HOUR_US
    later = reader.latestOffset()
    clock.us -= HOUR_US // 2
    assert reader.latestOffset() == later
    restarted = old_reader(dataset, **OPTIONS, anchor=ANCHOR)
    with pytest.raises(DataError, match=r"was set back .* remove the last file of the .* folder offsets"):
        restarted.partitions(later, restarted.latestOffset())


def test_older_pyspark_and_a_clock_set_back_between_two_runs(
    dataset: Path, index: DatasetIndex, clock: Clock
) -> None:
    """At a restart Spark first plans an empty batch where the checkpoint stands: no offset goes below."""
    clock.us += HOUR_US
    stands = old_reader(dataset, **OPTIONS, anchor=ANCHOR).latestOffset()
    clock.us -= HOUR_US // 2
    restarted = old_reader(dataset, **OPTIONS, anchor=ANCHOR)
    assert restarted.partitions(stands, stands) == []
    assert restarted.latestOffset() == stands
    clock.us += HOUR_US
    later = restarted.latestOffset()
    assert read_position(later, index) - read_position(stands, index) == 24 * 1800
    assert restarted.partitions(stands, later)


def test_older_pyspark_without_an_anchor_learns_it_from_the_batch_planned_anew(
    dataset: Path, index: DatasetIndex, clock: Clock
) -> None:
    """As notebooks of the older demo have it: the clock starts with the first run, and no later one."""
    first = old_caspers_reader(dataset)
    begun = first.latestOffset()
    assert begun["terms"]["anchor"] == ANCHOR
    assert first.partitions(first.initialOffset(), begun)
    clock.us += HOUR_US
    later = first.latestOffset()
    assert read_position(later, index) - read_position(begun, index) == 86_400
    for stands, plan in ((later, (later, later)), (later, (begun, later))):  # committed, or not yet
        restarted = old_caspers_reader(dataset)
        restarted.partitions(*plan)
        assert restarted.latestOffset() == stands
    clock.us += HOUR_US
    assert read_position(restarted.latestOffset(), index) - read_position(later, index) == 86_400
    lost = old_caspers_reader(dataset)
    with pytest.raises(ScenarioError, match=r"anchor: expected 2026-03-01T12:00:00\S+, as the stream's"):
        lost.partitions(later, lost.latestOffset())


def test_versions_are_told_apart_by_what_they_ask() -> None:
    assert not passes_present_offset(OldBase)
    assert passes_present_offset(NewBase)


@pytest.mark.parametrize(
    ("options", "schema", "error"),
    [
        ({"start": "9"}, None, "start: expected on batches only"),
        ({}, "order_id string", "schema: expected the source's own columns"),
    ],
)
def test_refusal_waits_for_the_first_question(
    dataset: Path, options: dict[str, str], schema: str | None, error: str
) -> None:
    source = FastgenSource({"path": str(dataset), **options})
    fields = (schema or source.schema().lower()).split(", ")
    reader = source.streamReader(named_fields(fields))
    for ask in (reader.initialOffset, reader.latestOffset, lambda: reader.partitions({}, {})):
        with pytest.raises(ScenarioError, match=error):
            ask()
    with pytest.raises(ScenarioError, match=error):
        list(reader.read(None))


def named_fields(fields: list[str]) -> Any:
    """Make Spark's schema, without a session."""
    schema = StructType()
    for field in fields:
        name, kind = field.split()
        schema = schema.add(name, {"int": "integer"}.get(kind, kind))
    return schema
