"""A run that was stopped or killed at any moment goes on to the dataset of a run that never was."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from fastgen.dataset.result_tables import RESULT_TABLES
from fastgen.units import US_PER_DAY
from tests.effort import repeats
from tests.universes.killing import StoppedError, is_written_since, start_and_kill, stop_after
from tests.universes.whole_run import DAYS, assert_same, run, run_whole

if TYPE_CHECKING:
    from pathlib import Path


MOST_STOPS = 200


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_whole(tmp_path_factory.mktemp("universe"))


@pytest.mark.parametrize("seed", range(1, 1 + repeats(1, 8)))
def test_a_run_that_ends_at_any_write_goes_on(
    seed: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one worker there are some 100 writes; each run goes a few further than the one before."""
    draws, n_stops, name = np.random.default_rng(seed), 0, f"stopped-{seed}"
    # A run that always ends before its next snapshot would never get further.
    while n_stops < MOST_STOPS:
        with monkeypatch.context() as patch:
            stop_after(int(draws.integers(1, 60)), patch)
            try:
                run(folder, name, workers=1)
            except StoppedError:
                n_stops += 1
                continue
        break
    assert 2 <= n_stops < MOST_STOPS
    assert_same(folder, name)


def test_a_run_that_is_killed_goes_on(folder: Path) -> None:
    command = [sys.executable, "-m", "fastgen", "universe", "run", str(folder / "templates"), "--force"]
    command += ["--days", str(DAYS), "--roads", str(folder / "roads"), "--snapshot-every", "1"]
    command += ["-o", str(folder / "killed")]
    draws, n_killed = np.random.default_rng(2), 0
    for _ in range(repeats(2, 30)):
        begins = partial(is_written_since, time.time(), folder / "killed")
        code, errors = start_and_kill(command, begins, draws.uniform(0, 0.4))
        assert code in (0, -signal.SIGKILL), errors
        n_killed += code != 0
    assert n_killed > 0
    subprocess.run(command, check=True, capture_output=True)
    assert_same(folder, "killed")


def test_ctrl_c_ends_a_long_run_at_once(folder: Path) -> None:
    """Also while Polars makes the tables, in a thread of each site."""
    command = [sys.executable, "-m", "fastgen", "universe", "run", str(folder / "templates"), "--force"]
    command += ["--days", "30000", "--roads", str(folder / "roads"), "-o", str(folder / "long")]
    for _ in range(repeats(1, 10)):
        began = time.time()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while process.poll() is None and not is_written_since(began, folder / "long"):
            time.sleep(0.01)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        try:
            # Of the 30,000 days, 20 seconds are enough for some 1,000.
            _, errors = process.communicate(timeout=20)
        finally:
            process.kill()
        assert process.returncode == 130, errors
        assert errors.strip().startswith("fastgen: interrupted;")


def test_what_a_killed_run_was_writing_is_removed(folder: Path) -> None:
    """Polars reads no folder that has files of several endings."""
    run(folder, "half_written", days=2)
    universe = folder / "half_written" / "universe"
    beside = sorted(path for path in universe.rglob("*") if path.is_file() and path.parent != universe)
    unfinished = [path.with_name(f".{path.name}.4711.tmp") for path in beside]
    for path in unfinished:
        path.write_bytes(b"PAR1")
    (universe / "snapshots" / "sf" / ".20240102T080000.000000Z.tmp").mkdir()
    (universe / "tasks" / "4711").mkdir(parents=True)  # of a cluster
    run(folder, "half_written", days=2)
    assert len(unfinished) > len(RESULT_TABLES)
    assert not [path for path in universe.rglob("*") if path.name.startswith(".")]
    assert not (universe / "tasks").exists()
    for table in RESULT_TABLES:
        pl.scan_parquet(universe / "tables" / table).collect()


def test_a_finished_run_that_is_killed_again_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of days that weren't over are made again: until then, none of them counts as damaged."""
    stop = {"stop_at_us": US_PER_DAY * 3 // 2, "workers": 1}
    stopped = run(folder, "killed_again", **stop)
    for n in range(1, 40, repeats(9, 1)):
        with monkeypatch.context() as patch:
            stop_after(n, patch)
            with suppress(StoppedError):
                run(folder, "killed_again", **stop)
    assert run(folder, "killed_again", **stop) == stopped
