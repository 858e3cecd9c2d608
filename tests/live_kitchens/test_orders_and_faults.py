"""Break the rows of orders from outside, those that come late too: the same whatever the stops, and undone."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl

from fastgen.faults.undo import undo_faults
from tests.faults.streams import faults_text
from tests.live_kitchens.orders import KILLED, read_lines, write_lines
from tests.live_kitchens.runs import NOON, FakeClock, config_of, lines, run

if TYPE_CHECKING:
    from pathlib import Path

FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "late", "probability": 0.5, "max_delay_s": 4000},
    {"kind": "duplicate", "probability": 0.2, "id": "new", "max_delay_s": 2000},
    {"kind": "burst", "every": 3, "hold_s": 900},
    {"kind": "lost", "probability": 0.1},
    {"kind": "null", "probability": 0.2, "field": "loc_lat"},
)


def test_stops_change_nothing_and_faults_are_undone(tmp_path: Path) -> None:
    """Orders of an hour ago have rows that come later than their time, before any fault delays them."""
    past = (NOON - dt.timedelta(hours=1)).isoformat()
    orders = write_lines(tmp_path / "orders.jsonl", *({"id": f"{i}", "time": past} for i in range(9)), {}, {})
    faults = tmp_path / "faults.toml"
    faults.write_text(faults_text(*FAULTS), encoding="utf-8")

    def play(name: str, hours: list[float], **options: Any) -> None:
        clock = FakeClock(NOON)
        for some in hours:
            run(config_of(**KILLED), tmp_path / name, clock=clock, hours=some, orders=orders, **options)

    receipts = {"receipts": tmp_path / "receipts.jsonl"}
    broken: dict[str, Any] = {"faults": faults, "ledger": tmp_path / "whole.parquet"}
    play("whole", [3.0], **receipts, **broken)
    play("stopped", [0.1] * 10 + [0.5] * 4, **{**broken, "ledger": tmp_path / "stopped.parquet"})
    play("clean", [3.0])
    assert lines(tmp_path / "stopped") == lines(tmp_path / "whole")
    ledgers = [
        pl.read_parquet(tmp_path / f"{name}.parquet").drop("file", "line").sort("event_id", "copy", "fault")
        for name in ("stopped", "whole")
    ]
    assert ledgers[0].equals(ledgers[1])
    undone = undo_faults(tmp_path / "whole", tmp_path / "whole.parquet")
    clean = lines(tmp_path / "clean")
    assert sorted(line.decode().rstrip("\n") for line in undone) == sorted(clean)
    ours = {one["order_id"] for one in read_lines(tmp_path / "receipts.jsonl")}
    hit = set(ledgers[0]["event_id"])
    assert len(ours) == 11
    assert any(order in line and line.split('"')[3] in hit for line in clean for order in ours)
