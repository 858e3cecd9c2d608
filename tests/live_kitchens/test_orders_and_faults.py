"""Break the rows of orders from outside, late ones too: the same whatever the stops, and undone."""

from __future__ import annotations

import datetime as dt
import random
import signal
from collections import Counter
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from fastgen.faults.undo import undo_faults
from tests.effort import repeats
from tests.faults.streams import faults_text
from tests.forking import forking
from tests.live_kitchens.orders import KILLED, STEPS, quiet, read_lines, write_lines
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

KILLS = repeats(3, 100)
# A run takes a few steps for each batch, and for each of some records of the journal.
MAX_STEP = 60


@pytest.fixture(autouse=True)
def _disk_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", lambda _: None)


def test_stops_change_nothing_and_faults_are_undone(tmp_path: Path) -> None:
    """Orders of an hour ago have rows that come later than their time, before any fault delays them."""
    past = (NOON - dt.timedelta(hours=1)).isoformat()
    orders = write_lines(tmp_path / "orders.jsonl", *({"id": f"{i}", "time": past} for i in range(9)), {}, {})
    faults = tmp_path / "faults.toml"
    faults.write_text(faults_text(*FAULTS), encoding="utf-8")

    config = config_of(**{**KILLED, "batch_seconds": 300})

    def play(name: str, hours: list[float], **options: Any) -> None:
        clock = FakeClock(NOON)
        for some in hours:
            run(config, tmp_path / name, clock=clock, hours=some, orders=orders, **options)

    receipts = {"receipts": tmp_path / "receipts.jsonl"}
    broken: dict[str, Any] = {"faults": faults, "ledger": tmp_path / "whole.parquet"}
    play("whole", [3.0], **receipts, **broken)
    play("stopped", [0.1] * 10 + [0.5] * 4, **{**broken, "ledger": tmp_path / "stopped.parquet"})
    play("clean", [3.0])
    assert lines(tmp_path / "stopped") == lines(tmp_path / "whole")
    ledgers = [_faults_in(tmp_path / f"{name}.parquet") for name in ("stopped", "whole")]
    assert ledgers[0].equals(ledgers[1])
    undone = undo_faults(tmp_path / "whole", tmp_path / "whole.parquet")
    clean = lines(tmp_path / "clean")
    assert sorted(line.decode().rstrip("\n") for line in undone) == sorted(clean)
    ours = {one["order_id"] for one in read_lines(tmp_path / "receipts.jsonl")}
    hit = set(ledgers[0]["event_id"])
    assert len(ours) == 11
    assert any(order in line and line.split('"')[3] in hit for line in clean for order in ours)


def test_delays_count_from_when_an_order_was_taken(tmp_path: Path) -> None:
    """An order of yesterday, whose rows would all come at once without the fault."""
    faults = tmp_path / "faults.toml"
    faults.write_text(
        faults_text({"kind": "late", "probability": 1.0, "max_delay_s": 3000}), encoding="utf-8"
    )
    yesterday = {"time": (NOON - dt.timedelta(hours=20)).isoformat()}
    orders, config = write_lines(tmp_path / "orders.jsonl", yesterday), quiet()
    run(config, tmp_path / "clean", hours=0.02, orders=orders)
    total = len(lines(tmp_path / "clean"))
    assert total >= len(STEPS)
    clock, seen = FakeClock(NOON), list[int]()
    for _ in range(4):
        run(config, tmp_path / "out", clock=clock, hours=0.25, orders=orders, faults=faults)
        seen.append(len(lines(tmp_path / "out")))
    # Delays are spread over 50 minutes.
    assert 0 < seen[0] < seen[1] < seen[2] <= seen[3] == total


def test_kills_lose_neither_orders_nor_faults(tmp_path: Path) -> None:
    """Killed at random steps while orders come in: rows and ledger are those of an unbroken run."""
    chance, faults = random.Random(11), tmp_path / "faults.toml"  # noqa: S311
    faults.write_text(faults_text(*FAULTS), encoding="utf-8")
    files = {"faults": "faults.toml", "ledger": "ledger.parquet"}
    (tmp_path / "drop").mkdir()
    hour, n_kills, n_sent = 0.0, 0, 0
    with forking("tests.live_kitchens.order_forker") as forker:
        while n_kills < KILLS:
            # Named times: what is "now" is another moment in every run.
            time = NOON + dt.timedelta(hours=hour + chance.uniform(-1.0, 0.5))
            order = {"id": f"{n_sent}", "time": time.isoformat()}
            write_lines(tmp_path / "orders.jsonl", order, order)
            n_sent += 1
            start = (NOON + dt.timedelta(hours=hour)).isoformat()
            task: dict[str, Any] = {"folder": str(tmp_path), "start": start, "hours": 0.05, "files": files}
            code = forker.run(within=tmp_path, kill_at=chance.randint(1, MAX_STEP), **task)
            assert code in {0, -signal.SIGKILL}
            n_kills += code != 0
            hour += chance.choice([0.0, 0.001, 0.05])
        task["start"] = (NOON + dt.timedelta(hours=hour)).isoformat()
        assert forker.run(within=tmp_path, **{**task, "hours": 3.0}) == 0
    options: dict[str, Any] = {"hours": hour + 3.0, "orders": tmp_path / "orders.jsonl"}
    whole: dict[str, Any] = {"faults": faults, "ledger": tmp_path / "whole.parquet"}
    run(config_of(**KILLED), tmp_path / "whole", **options, **whole)
    run(config_of(**KILLED), tmp_path / "clean", **options)
    ledger, clean = tmp_path / "ledger.parquet", sorted(lines(tmp_path / "clean"))
    undone = sorted(line.decode().rstrip("\n") for line in undo_faults(tmp_path / "out", ledger))
    assert undone == clean
    assert sorted(lines(tmp_path / "out")) == sorted(lines(tmp_path / "whole"))
    columns = ["event_id", "copy", "fault", "kind", "before", "after"]
    assert _faults_in(ledger).select(columns).equals(_faults_in(whole["ledger"]).select(columns))
    assert Counter(one["status"] for one in read_lines(tmp_path / "receipts.jsonl")) == {
        "accepted": n_sent,
        "duplicate": n_sent,
    }


def _faults_in(ledger: Path) -> pl.DataFrame:
    """Read a ledger without the places of rows, which depend on the batches."""
    return pl.read_parquet(ledger).drop("file", "line").sort("event_id", "copy", "fault")
