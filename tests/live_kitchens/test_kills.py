"""Killed at any moment, and run to the end: every event once, as an unbroken run writes it."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import shutil
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from fastgen.emitting.control import find_control
from tests.effort import repeats
from tests.forking import Forker, forking
from tests.landing import assert_whole_lines, visible
from tests.live_kitchens.runs import NOON, US, FakeClock, config_of, lines, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastgen.live_kitchens.config import LiveConfig

KILLS = repeats(10, 100)
# Everyday runs try a few steps of a commit.
STRIDE = repeats(4, 1)
NAMES = ("sanfrancisco", "chicago")
# Days of some hundred events an hour: two days of history, and one that is played.
BUSY: dict[str, Any] = {
    "orders_day_1": 1500,
    "orders_last": 1500,
    "start_days_ago": 2,
    "end_days_ahead": 3,
    "batch_rows": 40,
    "batch_seconds": 0.05,
}


@pytest.fixture(scope="module")
def forker() -> Iterator[Forker]:
    with forking("tests.live_kitchens.forker") as started:
        yield started


class Kitchens:
    """Two kitchens, whose commands a test starts and kills."""

    def __init__(self, forker: Forker, folder: Path, **changes: Any) -> None:
        self._forker, self._folder = forker, folder
        self.configs: list[LiveConfig] = []
        self._options: list[str] = []
        for name in NAMES:
            self.configs.append(config_of(name, **{**BUSY, **changes}))
            path = folder / f"{name}.json"
            path.write_text(json.dumps(self.configs[-1].to_dict()))
            self._options += ["--config", str(path)]

    def start(self, to: Path, now: dt.datetime, until: dt.datetime | None = None, kill_at: int = 0) -> int:
        """Start the command; return its process id."""
        ends = [] if until is None else ["--until", until.isoformat()]
        arguments = [*self._options, "--to", str(to), "--now", now.isoformat(), *ends]
        return self._forker.start(within=to.parent, kill_at=kill_at, arguments=arguments)

    def run(self, to: Path, now: dt.datetime, until: dt.datetime | None = None, kill_at: int = 0) -> int:
        """Run the command to its end, or until it is killed; return its exit code."""
        self.start(to, now, now if until is None else until, kill_at)
        return self._forker.end()

    def kill_after(self, seconds: float, to: Path, now: dt.datetime, *, at_work: bool = False) -> None:
        """Start the command, and kill it after some seconds, counted from its first file if it is at work."""
        n_files = len(list(to.iterdir())) if at_work else 0
        process = self.start(to, now)
        while at_work and len(list(to.iterdir())) == n_files:
            time.sleep(0.002)
        time.sleep(seconds)
        os.kill(process, signal.SIGKILL)
        assert self._forker.end() == -signal.SIGKILL

    def unbroken(self, to: Path, end_us: int, like: Path) -> None:
        """Run from the first start of another folder to a moment of the kitchens' time, in one go."""
        began_us = json.loads(find_control(like).state.read_text())["clock"]["sim_start_us"]
        clock = FakeClock(dt.datetime.fromtimestamp(began_us / US, dt.UTC))
        for config in self.configs:
            assert config.speed_up == self.configs[0].speed_up
        run(self.configs, to, clock=clock)
        real_us = (end_us - began_us) / self.configs[0].speed_up
        clock.time += dt.timedelta(microseconds=real_us)
        run(self.configs, to, clock=clock)


@pytest.mark.parametrize("done", [0, 1], ids=["history", "live"])
def test_killed_at_every_step_of_the_commit(done: int, forker: Forker, tmp_path: Path) -> None:
    """SIGKILL before each change to the folder; files agree byte for byte, as the batches do."""
    kitchens = Kitchens(forker, tmp_path, orders_day_1=400, start_days_ago=1)
    nows = [NOON, NOON + dt.timedelta(minutes=5), NOON + dt.timedelta(minutes=10)]
    for now in nows:
        assert kitchens.run(tmp_path / "unbroken" / "out", now) == 0
    expected = visible(tmp_path / "unbroken" / "out")
    assert len(expected) > 2
    for now in nows[:done]:
        assert kitchens.run(tmp_path / "before" / "out", now) == 0
    (tmp_path / "before").mkdir(exist_ok=True)
    step, code = 1 - STRIDE, -signal.SIGKILL
    while code == -signal.SIGKILL:
        step += STRIDE
        out = tmp_path / str(step) / "out"
        shutil.copytree(tmp_path / "before", out.parent)
        code = kitchens.run(out, nows[done], kill_at=step)
        seen = visible(out) if out.exists() else {}
        assert_whole_lines(seen)
        for now in nows[done:]:
            assert kitchens.run(out, now) == 0
        after = visible(out)
        assert {name: after[name] for name in seen} == seen
        assert after == expected
        assert not list(find_control(out).staging.iterdir())
    assert code == 0
    assert step > (12 if done == 0 else 6)


def test_killed_at_random_moments_of_back_fill(forker: Forker, tmp_path: Path) -> None:
    """A back-fill of some files is seen as a whole or not at all once it is made up for."""
    kitchens = Kitchens(forker, tmp_path, start_days_ago=8)
    rng = random.Random(20260301)  # noqa: S311  # moments, no secrets
    assert kitchens.run(tmp_path / "unbroken", NOON) == 0
    expected = visible(tmp_path / "unbroken")
    out, n_seen = tmp_path / "out", 0
    for kill in range(KILLS):
        # The first event after the history is due 0.93 s after the start.
        kitchens.kill_after(rng.uniform(0.0, 0.8), out, NOON)
        seen = visible(out) if out.exists() else {}
        if seen:
            assert kitchens.run(out, NOON) == 0
            after = visible(out)
            assert after == expected
            assert {name: after[name] for name in seen} == seen
            n_seen += 1
            out = tmp_path / f"out{kill}"
    assert kitchens.run(out, NOON) == 0
    assert visible(out) == expected


def test_killed_at_random_moments_of_live(forker: Forker, tmp_path: Path) -> None:
    """Kitchens whose hours take a second, killed again and again wherever they are."""
    # More days than a slow machine plays in the time that it takes.
    kitchens = Kitchens(forker, tmp_path, speed_up=3000, end_days_ahead=300)
    rng = random.Random(20260302)  # noqa: S311  # moments, no secrets
    out, began_s = tmp_path / "out", time.monotonic()

    def now() -> dt.datetime:
        return NOON + dt.timedelta(seconds=time.monotonic() - began_s)

    assert kitchens.run(out, now()) == 0
    seen = visible(out)
    n_history = len(seen)
    for kill in range(KILLS):
        at_work = kill % 4 > 0  # else anywhere in its start
        kitchens.kill_after(rng.uniform(0.0, 0.3), out, now(), at_work=at_work)
        now_seen = visible(out)
        assert {name: now_seen[name] for name in seen} == seen
        assert_whole_lines({name: data for name, data in now_seen.items() if name not in seen})
        seen = now_seen
    assert len(seen) > n_history + KILLS
    until = now()
    assert kitchens.run(out, until) == 0
    end_us = json.loads(find_control(out).state.read_text())["watermark_us"]
    kitchens.unbroken(tmp_path / "unbroken", end_us, like=out)
    found = lines(out)
    assert len({json.loads(line)["event_id"] for line in found}) == len(found)
    assert found == lines(tmp_path / "unbroken")
