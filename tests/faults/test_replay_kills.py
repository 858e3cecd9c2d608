"""Replays with faults that are killed at every step and at random moments lose neither a row nor an entry."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import signal
import time
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import fastgen
from fastgen.emitting.control import find_control
from fastgen.faults.undo import undo_faults
from fastgen.replaying.clock import us_from_utc, utc_from_us
from tests.effort import repeats
from tests.faults.streams import MIXED, faults_text, lines_of, without_places
from tests.forking import Forker, forking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_US = us_from_utc(dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC))
MINUTE_US = 60_000_000
KILLS = repeats(15, 100)
# Everyday runs try one of so many steps; a prime shares no rhythm with the steps of a window.
STRIDE = repeats(7, 1)


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mixed") / "faults.toml"
    path.write_text(faults_text(*MIXED), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def forker() -> Iterator[Forker]:
    with forking("tests.faults.forker") as forker:
        yield forker


def test_killed_at_every_step_of_a_run(forker: Forker, dataset: Path, faults: Path, tmp_path: Path) -> None:
    """SIGKILL before each change of a file, in a first and in a later run; the next run makes up for it."""
    nows = [START_US, START_US + 5 * MINUTE_US, START_US + 9 * MINUTE_US]
    task: dict[str, Any] = {"dataset": str(dataset), "faults": str(faults), "speed": 600, "max_rows": 4000}

    def run(folder: Path, now_us: int, kill_at: int = 0) -> int:
        to = folder / "out"
        return forker.run(within=folder, kill_at=kill_at, to=str(to), now_us=now_us, **task)

    for now_us in nows:
        assert run(tmp_path / "unbroken", now_us) == 0
    expected, ledger = lines_of(tmp_path / "unbroken" / "out"), tmp_path / "unbroken" / "out.parquet"
    for killed in range(2):
        step, code = 1 - STRIDE, -signal.SIGKILL
        while code == -signal.SIGKILL:
            step += STRIDE
            folder = tmp_path / f"{killed}-{step}"
            folder.mkdir()
            assert all(run(folder, now_us) == 0 for now_us in nows[:killed])
            code = run(folder, nows[killed], kill_at=step)
            assert all(run(folder, now_us) == 0 for now_us in nows[killed:])
            assert lines_of(folder / "out") == expected
            assert pl.read_parquet(folder / "out.parquet").equals(pl.read_parquet(ledger))
        assert step > 10


def test_killed_at_random_moments(forker: Forker, dataset: Path, faults: Path, tmp_path: Path) -> None:
    rng = random.Random(20260301)  # noqa: S311  # moments, no secrets
    folder = tmp_path / "killed"
    folder.mkdir()
    task: dict[str, Any] = {"dataset": str(dataset), "faults": str(faults), "speed": 20_000, "max_rows": 100}
    began_us = time.time_ns() // 1000
    for _ in range(KILLS):
        child = forker.start(
            within=folder, to=str(folder / "out"), start_us=START_US, began_us=began_us, **task
        )
        time.sleep(rng.uniform(0.0, 0.3))
        os.kill(child, signal.SIGKILL)
        assert forker.end() == -signal.SIGKILL
    end_us = START_US + time.time_ns() // 1000 - began_us
    assert forker.run(within=folder, to=str(folder / "out"), now_us=end_us, **task) == 0
    state = json.loads(find_control(folder / "out").state.read_text())
    for given, name in ((faults, "broken"), (None, "clean")):
        for now_us in (state["sim_start_us"], end_us):
            fastgen.replay(
                dataset,
                tmp_path / name,
                start_day=1,
                speed=20_000,
                now=utc_from_us(now_us),
                faults=given,
                ledger=given and tmp_path / "broken.parquet",
            )
    assert len(lines_of(folder / "out")) > 1000
    assert lines_of(folder / "out") == lines_of(tmp_path / "broken")
    assert without_places(folder / "out.parquet").equals(without_places(tmp_path / "broken.parquet"))
    assert undo_faults(folder / "out", folder / "out.parquet") == lines_of(tmp_path / "clean")
