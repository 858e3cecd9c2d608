"""Cancelled and open orders on the wire: lines, columns, slices, replays, and which types are "all"."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

import fastgen
from fastgen.dataset.index import DatasetIndex, read_index, select_types
from fastgen.errors import ScenarioError
from fastgen.events.schema import EVENT_TYPES
from fastgen.faults.slice_file import write_slice
from fastgen.generating.unwritten import open_unwritten
from fastgen.wire.bulk import WireEncoder
from fastgen.wire.form import Place, WireForm
from fastgen.wire.plain import encode_few_lines
from fastgen.wire.slicer import Slicer
from tests.building.toy import write_toy_roads
from tests.generating.closing_builds import DAYS, build_closing, simulate_closing
from tests.helpers import slice_of
from tests.wire.reference import event_ids, read_lines, wire_lines
from tests.wire.test_plain import make_rows

if TYPE_CHECKING:
    from pathlib import Path

DAY_S = 86_400


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy_roads(tmp_path_factory.mktemp("cancelled_roads"))


@pytest.fixture(scope="module", params=["hive", "single"])
def closing(request: pytest.FixtureRequest, roads: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cancelled")
    return build_closing(folder / "data", roads, layout=request.param).path


def test_the_line_of_a_cancellation() -> None:
    """Pinned: what a reader gets."""
    rows = make_rows([((9, 3, 4, 0, 0), [0.0] * 5, ("AB12CD", 'no "route"', "", ""))])
    order, form = np.zeros(1, np.int64), WireForm.canonical("00" * 32)
    line = encode_few_lines(rows, order, 0, form)
    assert line == WireEncoder(form).encode_lines(rows, order, 0).tobytes()
    assert line == (
        b'{"event_id":"' + json.loads(line)["event_id"].encode() + b'","event_type":"order_cancelled",'
        b'"ts":"2023-11-14 22:13:20.000","location_id":3,"order_id":"AB12CD","sequence":4,'
        b'"body":"{\\"reason\\":\\"no \\\\\\"route\\\\\\"\\"}"}\n'
    )


@pytest.mark.parametrize("window", [("0", "3"), ("0T13:50", "0T14:10"), ("1T21:00", "2T02:00")])
def test_slices_are_those_of_plain_python(closing: Path, window: tuple[str, str]) -> None:
    epoch_s = read_index(closing).epoch_s
    starts = {"0": 0, "3": 3 * DAY_S, "0T13:50": 13 * 3600 + 3000, "0T14:10": 14 * 3600 + 600}
    starts |= {"1T21:00": DAY_S + 21 * 3600, "2T02:00": 2 * DAY_S + 2 * 3600}
    expected = wire_lines(closing, *(epoch_s + starts[one] for one in window))
    assert slice_of(closing, *window).decode() == "".join(expected)
    found = {json.loads(line)["event_type"] for line in expected}
    assert "order_cancelled" in found or window[0] == "1T21:00"
    out = io.BytesIO()
    write_slice(closing, *window, out, format="parquet")
    assert pq.read_table(out).to_pylist() == [json.loads(line) for line in expected]


def test_raw_slices_have_the_column(closing: Path) -> None:
    rows = [json.loads(line) for line in slice_of(closing, "0", "9", raw=True).splitlines()]
    wanted = fastgen.scan_events(closing).sort("ts_seconds", "order_id", "sequence").collect()
    assert [row["cancel_reason"] for row in rows] == wanted["cancel_reason"].to_list()
    assert list(rows[0]) == wanted.columns


def test_one_type_can_be_chosen(closing: Path) -> None:
    lines = [json.loads(line) for line in slice_of(closing, "0", "9", types=["order_cancelled"]).splitlines()]
    stored = fastgen.scan_events(closing).filter(pl.col("event_type_id") == 9).collect()
    assert {line["event_type"] for line in lines} == {"order_cancelled"}
    found = sorted((line["order_id"], line["sequence"], json.loads(line["body"])["reason"]) for line in lines)
    assert found == sorted(stored.select("order_id", "sequence", "cancel_reason").rows())


def test_all_types_are_those_that_the_dataset_can_have(closing: Path, index: DatasetIndex) -> None:
    """A list of eight names meant all before there was a ninth, and states of such replays go on."""
    early = read_index(closing)
    for one, all_names in ((index, EVENT_TYPES[:8]), (early, EVENT_TYPES)):
        assert select_types(one, None) is None
        assert select_types(one, reversed(all_names)) is None
        assert select_types(one, all_names[1:]) == tuple(range(2, len(all_names) + 1))
    assert select_types(index, EVENT_TYPES) is None
    assert select_types(early, EVENT_TYPES[:8]) == tuple(range(1, 9))
    assert select_types(index, ["order_cancelled"]) == (9,)
    with pytest.raises(
        ScenarioError, match=r"types: expected names among .*order_cancelled, got 'cancelled'"
    ):
        select_types(early, ["cancelled"])


def test_a_replay_emits_every_event_once_and_loops(closing: Path, tmp_path: Path) -> None:
    stored = fastgen.scan_events(closing).collect()
    landing, state = tmp_path / "landing", tmp_path / "state.json"
    noon = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    for now in (noon, noon + dt.timedelta(days=1), noon + dt.timedelta(days=2 * DAYS - 1)):
        fastgen.replay(closing, landing, state=state, start_day=1, speed=1, loop=True, now=now)
    found = event_ids(landing)
    # From day 0 of the first loop to noon of a day in the third.
    assert len(found) == len(set(found)) > 2 * stored.height
    lines = [json.loads(line) for line in read_lines(landing)]
    cancelled = [line for line in lines if line["event_type"] == "order_cancelled"]
    assert {json.loads(line["body"])["reason"] for line in cancelled} == {"kitchen_closed", "no_route"}
    ends = {line["order_id"] for line in cancelled}
    assert not ends & {line["order_id"] for line in lines if line["event_type"] == "delivered"}


def test_live_rows_have_the_microseconds_of_the_cancellation(roads: Path) -> None:
    """Made rows, as live kitchens have them, in both encoders."""
    simulation = simulate_closing(roads)
    opened = open_unwritten(simulation, "scenario:x", [])
    form = WireForm.live({i: Place(f"gk{i}", f"place {i}", bytes([i] * 32)) for i in simulation.tables})
    (chunk, *_) = Slicer(opened.index, micros=True).chunks(opened.index.first_s, opened.index.end_s)
    lines = encode_few_lines(chunk.rows, chunk.order, 0, form)
    assert lines == WireEncoder(form).encode_lines(chunk.rows, chunk.order, 0).tobytes()
    found: list[dict[str, Any]] = [json.loads(line) for line in lines.splitlines()]
    fractions = {line["ts"][-6:] for line in found if line["event_type"] == "order_cancelled"}
    assert len(fractions) > 10
    assert [line["ts"] for line in found] == sorted(line["ts"] for line in found)
