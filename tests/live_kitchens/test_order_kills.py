"""Killed at any moment while orders come in: no order, receipt or rejected line is lost or comes twice."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from fastgen.live_kitchens.order_journal import OrderJournal
from fastgen.live_kitchens.order_records import Record
from tests.effort import repeats
from tests.forking import forking
from tests.live_kitchens.orders import (
    KILLED,
    by_order,
    check_whole,
    quiet,
    read_lines,
    rejected,
    write_lines,
)
from tests.live_kitchens.runs import NOON, config_of, lines, run

if TYPE_CHECKING:
    from pathlib import Path

KILLS = repeats(10, 300)
# A run takes a few steps for each batch, and for each of some records of the journal.
MAX_STEP = 60


def test_kills_between_any_two_steps(tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311
    n_kills, n_sent, hour, bad = 0, 0, 0.0, list[bytes]()
    (tmp_path / "drop").mkdir()
    (tmp_path / "orders.jsonl").touch()
    ids = list[str | None]()

    def send() -> None:
        """Append lines to the file, and drop a file into the folder."""
        bad.append(b"bad %d" % n_sent)
        objects: list[Any] = [{"id": f"f{n_sent}"}, {}, bad[-1], {"id": f"f{n_sent // 2}"}]
        write_lines(tmp_path / "orders.jsonl", *objects)
        row = {"event_type": "order_created", "order_id": f"d{n_sent}", "body": {}}
        write_lines(tmp_path / "drop" / "part.tmp", row, row)
        (tmp_path / "drop" / "part.tmp").rename(tmp_path / "drop" / f"{n_sent:04d}.jsonl")
        ids.extend([f"f{n_sent}", None, f"f{n_sent // 2}", f"d{n_sent}", f"d{n_sent}"])

    with forking("tests.live_kitchens.order_forker") as forker:
        while n_kills < KILLS:
            send()
            n_sent += 1
            start = NOON + dt.timedelta(hours=hour)
            task = {"folder": str(tmp_path), "start": start.isoformat(), "hours": 0.05}
            code = forker.run(within=tmp_path, kill_at=chance.randint(1, MAX_STEP), **task)
            assert code in {0, -signal.SIGKILL}
            n_kills += code != 0
            # The clock of a killed run has come so far, or hardly at all.
            hour += chance.choice([0.0, 0.001, 0.05])
        start = NOON + dt.timedelta(hours=hour)
        assert forker.run(within=tmp_path, folder=str(tmp_path), start=start.isoformat(), hours=1.5) == 0
    _check(tmp_path, ids, bad)
    receipts = {one["order_id"] for one in read_lines(tmp_path / "receipts.jsonl")}
    own = [line for line in lines(tmp_path / "out") if json.loads(line)["order_id"] not in receipts]
    run(config_of(**KILLED), tmp_path / "whole", hours=hour + 1.5)
    assert own == lines(tmp_path / "whole")


def _check(folder: Path, ids: list[str | None], bad: list[bytes]) -> None:
    """Check that each line that was sent is answered, and each order is delivered, once."""
    receipts = read_lines(folder / "receipts.jsonl")
    assert Counter(one["id"] for one in receipts) == Counter(ids)
    assert len({(one["file"], one["line"]) for one in receipts}) == len(receipts)
    accepted = [one for one in receipts if one["status"] == "accepted"]
    assert Counter(one["id"] for one in accepted if one["id"]) == Counter({one for one in ids if one})
    assert Counter(one["text"].encode() for one in rejected(folder)) == Counter(bad)
    orders = by_order(folder / "out")
    for one in accepted:
        check_whole(orders[one["order_id"]])
    assert {one["order_id"] for one in receipts} == {one["order_id"] for one in accepted}


def test_a_journal_that_was_cut_anywhere_is_made_whole(tmp_path: Path) -> None:
    """Journal, receipts and rejected lines are as before the last record, or as after it."""
    names = ("orders", "rejected", "receipts")

    def open_journal() -> tuple[OrderJournal, list[Record]]:
        journal = OrderJournal(*(tmp_path / name for name in names))
        return journal, list(journal.open(known))

    def contents() -> list[bytes]:
        return [(tmp_path / name).read_bytes() if (tmp_path / name).exists() else b"" for name in names]

    known = 0
    journal, _ = open_journal()
    for number in range(2):
        before, known = contents(), journal.n_bytes
        record = Record(number, orders=[[None, 1, f"{number:08}", 0, None, None, None]])
        record.receipts, record.rejected = [{"id": "ä" * 9}], [{"reason": "r" * 9}]
        record.positions = {"/a": [number, 1, 0]}
        journal.commit(record)
    after = contents()
    for cut in range(len(before[0]), len(after[0])):
        for name, old in zip(names, before, strict=True):
            (tmp_path / name).write_bytes(old)
        (tmp_path / "orders").write_bytes(after[0][:cut])
        assert len(open_journal()[1]) == 1
        assert contents() == before
    for cuts in [(a, b) for a in (0, 1, 9, 99) for b in (0, 1, 9, 99)]:
        (tmp_path / "orders").write_bytes(after[0])
        for at, name in ((1, "rejected"), (2, "receipts")):
            (tmp_path / name).write_bytes(after[at][: len(before[at]) + cuts[at - 1]])
        assert len(open_journal()[1]) == 2
        assert contents() == after


@pytest.mark.parametrize("ends", [signal.SIGTERM, signal.SIGKILL])
def test_orders_of_the_standard_input_in_real_time(ends: signal.Signals, tmp_path: Path) -> None:
    """Accepted orders survive a kill; a clean stop keeps them too."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps(quiet(speed_up=2000, end_days_ahead=30).to_dict()))
    command = [
        sys.executable,
        "-m",
        "fastgen",
        "live",
        "--config",
        str(config),
        "--to",
        str(tmp_path / "out"),
    ]
    receipts = tmp_path / "receipts.jsonl"
    options = ["--orders", "-", "--receipts", str(receipts)]
    with subprocess.Popen([*command, *options], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        process.stdin.write(b'{"id": "a"}\nbad\n{"id": "b"')
        process.stdin.flush()
        _wait_for(lambda: len(read_lines(receipts)) == 1)
        process.stdin.write(b"}\n{}")
        process.stdin.close()  # the last line needs no end then
        _wait_for(lambda: len(read_lines(receipts)) == 3)
        os.kill(process.pid, ends)
    assert [(one["id"], one["line"], one["file"]) for one in read_lines(receipts)] == [
        ("a", 1, "-"),
        ("b", 3, "-"),
        (None, 4, "-"),
    ]
    assert [one["text"] for one in rejected(tmp_path)] == ["bad"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        _wait_for(lambda: _delivered(tmp_path) == 3)
        process.terminate()
    orders = by_order(tmp_path / "out")
    assert set(orders) == {one["order_id"] for one in read_lines(receipts)}
    for found in orders.values():
        check_whole(found)


def _delivered(folder: Path) -> int:
    return sum(json.loads(line)["event_type"] == "delivered" for line in lines(folder / "out"))


def _wait_for(condition: Any) -> None:
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError
