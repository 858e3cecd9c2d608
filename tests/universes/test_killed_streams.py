"""A run that streams its events emits each exactly once, however often it is killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

import fastgen
from fastgen.universes.run import run_universe
from fastgen.universes.run_options import RunOptions
from tests.effort import repeats
from tests.landing import assert_whole_lines, visible
from tests.universes.killing import is_written_since, start_and_kill
from tests.universes.small_universe import write_universe

if TYPE_CHECKING:
    from pathlib import Path

DAYS = 2
KILLS = repeats(3, 20)
ATTEMPTS = 3
# How long after its beginning each stage is killed, at most: that of small runs.
STAGES_S = {"recording": 0.5, "building": 0.1, "playing": 0.5}
# Days of what is still to come are so fast that they take seconds, enough for all kills while they play.
SPEEDS = {"realtime": 40_000 // repeats(1, 7), "catchup": 10_000 // repeats(1, 7)}


def has_come(stage: str, began: float, n_files: int, out: Path, landing: Path) -> bool:
    """Whether a run has reached a stage, or what comes after it."""
    if stage == "playing":
        return len(visible(landing)) > n_files
    # What a run before has left of its build is there from the beginning.
    is_built = (out / ".building").exists() or (out / "manifest.json").exists()
    return is_written_since(began, out) and (stage == "recording" or is_built)


def stream_with_kills(command: list[str], out: Path, landing: Path, seed: list[int]) -> Counter[str]:
    """Start a run again and again, and kill it; return the number of kills in each stage."""
    draws, killed, seen = np.random.default_rng(seed), Counter[str](), dict[str, bytes]()
    for number in range(KILLS):
        stage = [*STAGES_S][number * len(STAGES_S) // KILLS]
        moment = partial(has_come, stage, time.time(), len(seen), out, landing)
        code, errors = start_and_kill(command, moment, draws.uniform(0, STAGES_S[stage]))
        assert code in (0, -signal.SIGKILL), errors
        killed[stage] += code != 0
        files = visible(landing)
        assert {name: files[name] for name in seen} == seen
        assert_whole_lines(files)
        seen = files
    subprocess.run(command, check=True, capture_output=True)
    return killed


@pytest.mark.parametrize("mode", SPEEDS)
def test_every_event_comes_once(mode: str, tmp_path: Path) -> None:
    """Kills at random moments of each stage: while sites run, while events are made, while they play."""
    templates, roads = write_universe(tmp_path)
    whole = run_universe(templates, tmp_path / "whole", RunOptions(days=DAYS, roads=roads), force=True)
    expected = fastgen.scan_events(whole.path).select("order_id", "sequence").collect().rows()
    killed = Counter[str]()
    # On a machine that stands still for seconds, a run ends before it is killed: then all is tried again.
    for attempt in range(ATTEMPTS):
        if all(killed[stage] for stage in STAGES_S):
            break
        out, landing = tmp_path / f"out{attempt}", tmp_path / f"landing{attempt}"
        command = [sys.executable, "-m", "fastgen", "universe", "run", str(templates), "--roads", str(roads)]
        command += ["--force", "--days", str(DAYS), "--snapshot-every", "1", "-o", str(out), "--mode", mode]
        command += ["--to", str(landing), "--speed", str(SPEEDS[mode]), "--every", "0.1s"]
        killed = stream_with_kills(command, out, landing, [attempt, *mode.encode()])
        assert (out / "manifest.json").read_bytes() == (whole.path / "manifest.json").read_bytes()
        lines = [json.loads(line) for file in visible(landing).values() for line in file.splitlines()]
        assert len({line["event_id"] for line in lines}) == len(lines)
        assert Counter((line["order_id"], line["sequence"]) for line in lines) == Counter(expected)
    assert all(killed[stage] for stage in STAGES_S), killed
