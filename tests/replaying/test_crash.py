"""Killed at any moment, and run to the end: every event once, as an unbroken run emits it."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import signal
import time
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pyarrow.dataset as ds
import pytest

import fastgen
from fastgen.emitting.control import INSIDE, find_control
from fastgen.replaying.clock import us_from_utc, utc_from_us
from tests.effort import repeats
from tests.forking import Forker, forking
from tests.landing import assert_whole_lines, visible
from tests.wire.reference import event_ids, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_US = us_from_utc(dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC))
MINUTE_US = 60_000_000
KILLS = repeats(25, 200)


class Replays:
    """Starts replays of a dataset, each in a process of its own."""

    def __init__(self, forker: Forker, dataset: Path) -> None:
        self._forker, self._dataset = forker, dataset
        self.end = forker.end

    def start(self, to: Path, *, kill_at: int = 0, speed: int = 60, max_rows: int = 300, **task: Any) -> int:
        """Start a replay; return its process id."""
        task = {"dataset": str(self._dataset), "to": str(to), "speed": speed, "max_rows": max_rows, **task}
        return self._forker.start(within=to.parent, kill_at=kill_at, **task)

    def run(self, to: Path, now_us: int, **task: Any) -> int:
        """Run one window to its end, or until it is killed; return its exit code."""
        self.start(to, now_us=now_us, **task)
        return self.end()


@pytest.fixture(scope="module")
def replays(dataset: Path) -> Iterator[Replays]:
    with forking("tests.replaying.forker") as forker:
        yield Replays(forker, dataset)


def make_inside(out: Path) -> None:
    """Make a folder as older replays left it: what is not for readers is in it."""
    (out / INSIDE).mkdir(parents=True)


def count_as_readers_do(folder: Path) -> set[int]:
    """Count the rows of every file below a folder, as those do who know nothing of fastgen."""
    counts = set()
    with duckdb.connect() as connection:
        for pattern in (f"{folder}/**", f"{folder}/*", f"{folder.parent}/**/*.jsonl"):
            rows = connection.execute("SELECT count(*) FROM read_json(?)", [pattern]).fetchall()
            counts.add(rows[0][0])
    for source in (folder, f"{folder.parent}/**/*.jsonl"):
        counts.add(pl.scan_ndjson(source).collect().height)
    return counts | {ds.dataset(folder, format="json").count_rows()}


@pytest.mark.parametrize("form", ["beside", "inside"])
@pytest.mark.parametrize("before", ["nothing", "a history", "a history and one killed run"])
def test_killed_at_every_step_of_the_commit(form: str, before: str, replays: Replays, tmp_path: Path) -> None:
    """SIGKILL before each change to the folder: first run, later run, and a run that makes up for another."""
    nows = [START_US, START_US + 20 * MINUTE_US, START_US + 40 * MINUTE_US]
    for now in nows:
        assert replays.run(tmp_path / "unbroken" / "out", now) == 0
    expected = "".join(read_lines(tmp_path / "unbroken" / "out"))
    done = 0 if before == "nothing" else 1
    step = 0
    code = -signal.SIGKILL
    while code == -signal.SIGKILL:
        step += 1
        out = tmp_path / str(step) / "out"
        if form == "inside":
            make_inside(out)
        for now in nows[:done]:
            assert replays.run(out, now) == 0
        if before == "a history and one killed run":
            killed_late = replays.run(out, nows[1], kill_at=9)
            assert killed_late == -signal.SIGKILL
        code = replays.run(out, nows[done], kill_at=step)
        seen = visible(out) if out.exists() else {}
        assert_whole_lines(seen)
        if form == "beside" and seen:
            assert count_as_readers_do(out) == {sum(data.count(b"\n") for data in seen.values())}
        for now in nows[done:]:
            assert replays.run(out, now) == 0
        after = visible(out)
        assert {name: after[name] for name in seen} == seen
        assert "".join(read_lines(out)) == expected
        assert not list(find_control(out).staging.iterdir())
        assert (out / INSIDE).exists() == (form == "inside")
        assert (out.parent / ".out.fastgen").exists() == (form == "beside")
    assert code == 0
    assert step > (5 if before == "a history and one killed run" else 12)


@pytest.mark.parametrize("form", ["beside", "inside"])
def test_killed_at_random_moments(form: str, dataset: Path, replays: Replays, tmp_path: Path) -> None:
    """A replay that follows the clock at high speed, killed again and again wherever it happens to be."""
    rng = random.Random(20260301)  # noqa: S311  # moments, no secrets
    out = tmp_path / "out"
    if form == "inside":
        make_inside(out)
    began_us = time.time_ns() // 1000
    seen: dict[str, bytes] = {}
    for _ in range(KILLS):
        child = replays.start(out, speed=10_000, max_rows=100, start_us=START_US, began_us=began_us)
        time.sleep(rng.uniform(0.0, 0.15))
        os.kill(child, signal.SIGKILL)
        assert replays.end() == -signal.SIGKILL
        now_seen = visible(out) if out.exists() else {}
        assert {name: now_seen[name] for name in seen} == seen
        assert_whole_lines({name: data for name, data in now_seen.items() if name not in seen})
        seen = now_seen
    assert len(seen) > KILLS // 8
    state = json.loads(find_control(out).state.read_text())
    end_us = START_US + time.time_ns() // 1000 - began_us
    assert replays.run(out, end_us, speed=10_000) == 0
    unbroken = tmp_path / "unbroken"
    for now_us in (state["sim_start_us"], end_us):
        fastgen.replay(dataset, unbroken, start_day=1, speed=10_000, now=utc_from_us(now_us))
    ids = event_ids(out)
    assert len(set(ids)) == len(ids)
    assert ids == event_ids(unbroken)
    assert "".join(read_lines(out)) == "".join(read_lines(unbroken))
