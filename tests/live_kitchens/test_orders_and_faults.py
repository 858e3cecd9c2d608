"""Break the rows of orders from outside, late ones and lines too: the same whatever the stops, and undone."""

from __future__ import annotations

import datetime as dt
import random
import shutil
import signal
from collections import Counter
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from fastgen.faults.undo import undo_faults
from tests.effort import repeats
from tests.faults.streams import faults_text, lines_of
from tests.forking import Forker, forking
from tests.live_kitchens.orders import KILLED, STEPS, quiet, read_lines, rejected, write_lines
from tests.live_kitchens.runs import NOON, FakeClock, config_of, lines, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastgen.live_kitchens.config import LiveConfig

# Faults of rows, that hold some of them back, and of lines.
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "late", "probability": 0.5, "max_delay_s": 4000},
    {"kind": "duplicate", "probability": 0.2, "id": "new", "max_delay_s": 2000},
    {"kind": "burst", "every": 3, "hold_s": 900},
    {"kind": "lost", "probability": 0.1},
    {"kind": "null", "probability": 0.2, "field": "loc_lat"},
    {"kind": "malformed", "probability": 0.1},
    {"kind": "truncated", "probability": 0.1},
    {"kind": "noise", "probability": 0.1, "field": "customer_addr"},
    {"kind": "silence", "locations": ["chicago"], "from": "1T20:10", "to": "1T20:20"},
)
NAMES = ("sanfrancisco", "chicago")
WIRES = ("live", "canonical")
# An hour of the kitchens is a minute of the clock, by which runs look for orders and save their state.
SPEED = 60
FAST: dict[str, Any] = {
    "speed_up": SPEED,
    "batch_seconds": 10,
    "batch_rows": 10_000,
    "orders_day_1": 200,
    "orders_last": 200,
}

KILLS = repeats(3, 100)
# Everyday runs are killed at some of the steps.
STRIDE = repeats(40, 1)
# A run takes a few steps for each batch, and for each of some records of the journal.
MAX_STEP = 60


pytestmark = pytest.mark.usefixtures("_disk_is_not_waited_for")


@pytest.fixture(scope="module")
def forker() -> Iterator[Forker]:
    with forking("tests.live_kitchens.order_forker") as started:
        yield started


@pytest.fixture
def faults(tmp_path: Path) -> Path:
    """Write the faults."""
    path = tmp_path / "faults.toml"
    path.write_text(faults_text(*FAULTS), encoding="utf-8")
    return path


def kitchens(**changes: Any) -> list[LiveConfig]:
    return [config_of(name, **{**KILLED, **changes}) for name in NAMES]


def order_of(number: int, **after: float) -> dict[str, Any]:
    """Make an order of one of the kitchens, some while after noon."""
    time = NOON + dt.timedelta(**after)
    return {"id": f"{number}", "location": NAMES[number % 2], "time": time.isoformat()}


@pytest.mark.parametrize("wire", WIRES)
def test_stops_change_nothing_and_faults_are_undone(wire: str, faults: Path, tmp_path: Path) -> None:
    """Orders of an hour ago have rows that come later than their time, before any fault delays them."""
    past = (order_of(i, hours=-1) for i in range(9))
    now = ({"location": name} for name in NAMES)
    orders, configs = write_lines(tmp_path / "orders.jsonl", *past, *now), kitchens(**FAST)

    def play(name: str, hours: list[float], **options: Any) -> None:
        clock = FakeClock(NOON)
        for some in hours:
            run(
                configs, tmp_path / name, clock=clock, hours=some / SPEED, orders=orders, wire=wire, **options
            )

    receipts = {"receipts": tmp_path / "receipts.jsonl"}
    broken: dict[str, Any] = {"faults": faults, "ledger": tmp_path / "whole.parquet"}
    play("whole", [2.5], **receipts, **broken)
    play("stopped", [0.1] * 4 + [0.35] * 6, **{**broken, "ledger": tmp_path / "stopped.parquet"})
    play("clean", [2.5])
    assert lines_of(tmp_path / "stopped") == lines_of(tmp_path / "whole")
    ledgers = [_faults_in(tmp_path / f"{name}.parquet") for name in ("stopped", "whole")]
    assert ledgers[0].equals(ledgers[1])
    assert set(ledgers[0]["kind"]) == {fault["kind"] for fault in FAULTS}
    undone = undo_faults(tmp_path / "whole", tmp_path / "whole.parquet")
    clean = lines(tmp_path / "clean")
    assert sorted(line.decode().rstrip("\n") for line in undone) == sorted(clean)
    ours = {one["order_id"] for one in read_lines(tmp_path / "receipts.jsonl")}
    hit = set(ledgers[0]["event_id"])
    assert len(ours) == 11
    assert any(order in line and line.split('"')[3] in hit for line in clean for order in ours)


@pytest.mark.parametrize("wire", WIRES)
def test_orders_whose_rows_were_skipped_are_undone_too(wire: str, faults: Path, tmp_path: Path) -> None:
    """Rows that fell due between the runs are left out; those that are due after it have their faults."""
    orders = write_lines(tmp_path / "orders.jsonl", *(order_of(i, minutes=5 * i + 1) for i in range(20)))
    broken: dict[str, Any] = {"faults": faults, "ledger": tmp_path / "ledger.parquet"}
    cases: tuple[tuple[str, dict[str, Any]], ...] = (("clean", {}), ("broken", broken))
    for name, options in cases:
        for start, hours, skip in ((0.0, 0.1, False), (0.6, 0.1, True), (0.7, 2.8, False)):
            clock = FakeClock(NOON + dt.timedelta(hours=start / SPEED))
            run(
                kitchens(**FAST),
                tmp_path / name,
                clock=clock,
                hours=hours / SPEED,
                skip=skip,
                wire=wire,
                orders=orders,
                receipts=tmp_path / f"{name}-receipts",
                **options,
            )
    clean = sorted(lines(tmp_path / "clean"))
    undone = undo_faults(tmp_path / "broken", tmp_path / "ledger.parquet")
    assert sorted(line.decode().rstrip("\n") for line in undone) == clean
    ours = [one["order_id"] for one in read_lines(tmp_path / "clean-receipts")]
    assert len(ours) == 20
    whole = sum(all(f'"{kind}"' in text for kind in STEPS) for text in _texts_of(clean, ours))
    assert 0 < whole < len(ours)


def _texts_of(found: list[str], order_ids: list[str]) -> list[str]:
    return ["".join(line for line in found if order_id in line) for order_id in order_ids]


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


@pytest.mark.parametrize("wire", WIRES[-repeats(1, 2) :])
def test_killed_at_every_step(wire: str, forker: Forker, faults: Path, tmp_path: Path) -> None:
    """Killed before each change to the folder while lines are taken: all is as after an unbroken run."""
    work, before = tmp_path / "work", tmp_path / "before"
    work.mkdir()
    (work / "drop").mkdir()
    faults.rename(work / "faults.toml")
    task: dict[str, Any] = {
        "folder": str(work),
        "kitchens": NAMES,
        "changes": {"batch_seconds": 60},
        "files": {"faults": "faults.toml", "ledger": "ledger.parquet"},
        "options": {"wire": wire},
        "hours": 0.03,
    }
    write_lines(work / "orders.jsonl", *(order_of(i, seconds=20 * i + 1) for i in range(9)))
    assert forker.run(within=work, start=NOON.isoformat(), **task) == 0
    soon = [order_of(i, seconds=5 * i + 180) for i in range(9, 15)]
    write_lines(work / "orders.jsonl", *soon[:3], soon[0], b"bad")
    write_lines(work / "drop" / "more.jsonl", *soon[3:], b"worse")
    work.rename(before)
    task["start"] = (NOON + dt.timedelta(hours=0.03)).isoformat()

    def play(*kills: int) -> list[int]:
        """Run from the same begin, and once more for each kill; return how the runs ended."""
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(before, work)
        return [forker.run(within=work, kill_at=kill, **task) for kill in (*kills, 0)]

    assert play() == [0]
    expected, step, codes = _result(work), 1, [-signal.SIGKILL, 0]
    assert len(expected[1]) == 16
    assert len(expected[2]) == 2
    while codes == [-signal.SIGKILL, 0]:
        codes = play(step)
        found = _result(work)
        for one, other in zip(found, expected, strict=True):
            assert one == other
        step += STRIDE
    assert codes == [0, 0]
    assert step > 30


def _result(folder: Path) -> tuple[Any, ...]:
    """Collect what a run has given: rows, receipts, rejected lines and faults."""
    faults = _faults_in(folder / "ledger.parquet").rows()
    return sorted(lines_of(folder / "out")), read_lines(folder / "receipts.jsonl"), rejected(folder), faults


def test_kills_lose_neither_orders_nor_faults(forker: Forker, faults: Path, tmp_path: Path) -> None:
    """Killed at random steps while orders come in: rows and ledger are those of an unbroken run."""
    chance = random.Random(11)  # noqa: S311
    task: dict[str, Any] = {
        "folder": str(tmp_path),
        "kitchens": NAMES,
        "files": {"faults": "faults.toml", "ledger": "ledger.parquet"},
        "options": {"wire": "canonical"},
        "changes": {**FAST, "batch_seconds": 0.4},
    }
    (tmp_path / "drop").mkdir()
    hour, n_kills, n_sent = 0.0, 0, 0
    while n_kills < KILLS:
        # Named times: what is "now" is another moment in every run.
        order = order_of(n_sent, hours=hour + chance.uniform(-1.0, 0.5))
        write_lines(tmp_path / "orders.jsonl", order, order)
        n_sent += 1
        start = (NOON + dt.timedelta(hours=hour / SPEED)).isoformat()
        kill_at = chance.randint(1, MAX_STEP)
        code = forker.run(within=tmp_path, kill_at=kill_at, start=start, hours=0.05 / SPEED, **task)
        assert code in {0, -signal.SIGKILL}
        n_kills += code != 0
        hour += chance.choice([0.0, 0.001, 0.05])
    start = (NOON + dt.timedelta(hours=hour / SPEED)).isoformat()
    assert forker.run(within=tmp_path, start=start, hours=2.5 / SPEED, **{**task, "changes": FAST}) == 0
    options: dict[str, Any] = {
        "hours": (hour + 2.5) / SPEED,
        "orders": tmp_path / "orders.jsonl",
        "wire": "canonical",
    }
    whole: dict[str, Any] = {"faults": faults, "ledger": tmp_path / "whole.parquet"}
    run(kitchens(**FAST), tmp_path / "whole", **options, **whole)
    run(kitchens(**FAST), tmp_path / "clean", **options)
    ledger, clean = tmp_path / "ledger.parquet", sorted(lines(tmp_path / "clean"))
    undone = sorted(line.decode().rstrip("\n") for line in undo_faults(tmp_path / "out", ledger))
    assert undone == clean
    assert sorted(lines_of(tmp_path / "out")) == sorted(lines_of(tmp_path / "whole"))
    columns = ["event_id", "copy", "fault", "kind", "before", "after"]
    assert _faults_in(ledger).select(columns).equals(_faults_in(whole["ledger"]).select(columns))
    assert Counter(one["status"] for one in read_lines(tmp_path / "receipts.jsonl")) == {
        "accepted": n_sent,
        "duplicate": n_sent,
    }


def _faults_in(ledger: Path) -> pl.DataFrame:
    """Read a ledger without the places of rows, which depend on the batches."""
    return pl.read_parquet(ledger).drop("file", "line").sort("event_id", "copy", "fault")
