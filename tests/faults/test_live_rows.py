"""Faults act on rows of live kitchens too, between any two microseconds."""

from __future__ import annotations

import io
import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from fastgen.emitting.sink import STREAM_ID
from fastgen.faults.rules import make_rules
from fastgen.faults.undo import undo_faults
from fastgen.faults.windows import FaultyWindows
from fastgen.live_kitchens.options import LiveOptions
from fastgen.live_kitchens.session import LiveSession
from fastgen.live_kitchens.upcoming import Upcoming
from fastgen.units import US_PER_S
from fastgen.wire.formats import WRITERS
from fastgen.wire.slicer import Slicer
from tests.faults.streams import plan_of
from tests.live_kitchens.runs import config_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastgen.wire.rows import WireChunk

MIXED: tuple[dict[str, Any], ...] = (
    {"kind": "duplicate", "probability": 0.1, "id": "new", "max_delay_s": 600},
    {"kind": "null", "probability": 0.5, "field": "eta_mins"},
    {"kind": "missing", "probability": 0.1, "field": "gk_id"},
    {"kind": "late", "probability": 0.2, "max_delay_s": 3000},
    {"kind": "burst", "every": 3, "hold_s": 1200},
    {"kind": "skew", "skew_s": 7, "locations": ["1"]},
    {"kind": "lost", "probability": 0.1},
)


def test_windows_of_microseconds_are_undone(tmp_path: Path) -> None:
    out = tmp_path / "unused"
    session = LiveSession(
        [(tmp_path / "sf.json", config_of())], out, None, LiveOptions(), 1_772_366_400_000_000
    )
    index, encoders = session._index, session._batches._encoders
    plan = plan_of(tmp_path, *MIXED)
    rules = make_rules(plan, index)
    start_us = index.epoch_s * US_PER_S
    cuts = [
        start_us + hours * 3600 * US_PER_S + odd for hours, odd in ((0, 0), (14, 7), (18, 999_999), (30, 1))
    ]

    def read(first_us: int, end_us: int) -> Iterator[WireChunk]:
        chunks = Slicer(index, micros=True).chunks(first_us // US_PER_S, end_us // US_PER_S + 1)
        return Upcoming(chunks, first_us, encoders.form).take(end_us)

    def emit(bounds: list[int], name: str) -> tuple[bytes, Path]:
        stream, folder = io.BytesIO(), tmp_path / name
        for first_us, end_us in pairwise(bounds):
            # Each window by a process of its own, which makes anew what is held back.
            windows = FaultyWindows(rules, plan.max_delay_s, encoders, folder)
            windows.catch_up(read, first_us, 0)
            window = windows.begin(read(first_us, end_us), end_us, end_us)
            opened = window.wrap(lambda stream: WRITERS["jsonl"](stream, encoders, 0), lambda _: STREAM_ID)
            writer = opened(stream)
            for rows in window.rows:
                writer.write(rows)
            windows.commit(window)
            windows.write_ledger(tmp_path / f"{name}.parquet")
        return stream.getvalue(), tmp_path / f"{name}.parquet"

    whole, ledger = emit([cuts[0], cuts[-1]], "whole")
    assert emit(cuts, "parts")[0] == whole
    (tmp_path / "whole.jsonl").write_bytes(whole)
    clean = b"".join(
        bytes(part)
        for chunk in read(cuts[0], cuts[-1])
        for part in encoders.lines(chunk.rows, chunk.order, 0)
    )
    assert clean.count(b"\n") > 100
    assert b"".join(undo_faults(tmp_path / "whole.jsonl", ledger)) == clean
    rows = [json.loads(line) for line in whole.splitlines()]
    picked_up = [json.loads(row["body"]) for row in rows if row["event_type"] == "driver_picked_up"]
    assert {type(body["eta_mins"]) for body in picked_up} == {float, type(None)}
    assert {"gk_id" in row for row in rows} == {True, False}
