"""Test `fastgen live` as its users run it: signals, streams, status."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.live_runs import BUSY, NOON, run, write_config
from tests.cli.processes import FASTGEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    Start: TypeAlias = Callable[..., subprocess.Popen[str]]

pytestmark = pytest.mark.usefixtures("_busy_kitchen")


def until(time: str, to: str, *more: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run from a moment to the same moment: what is due is written at once."""
    return run(
        "--config", "sf.json", "--to", to, "--now", time, "--until", time, *more, timeout=60, **options
    )


def files(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).glob("events-*")}


def events(folder: str) -> list[dict[str, Any]]:
    read = files(folder)
    return [json.loads(line) for name in sorted(read) for line in read[name].splitlines()]


def status(folder: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("--status", folder, "--json").stdout)
    return found


@pytest.fixture
def start() -> Iterator[Start]:
    """Start the command, until it has written some files; it is ended after the test."""
    started: list[subprocess.Popen[str]] = []

    def start(n_files: int, *more: str) -> subprocess.Popen[str]:
        command = [*FASTGEN, "live", "--config", "sf.json", "--to", "kitchens", *more]
        pipe = subprocess.PIPE
        started.append(process := subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True))
        while len(files("kitchens")) < n_files:
            assert process.poll() is None
            time.sleep(0.01)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_the_same_command_goes_on(number: int, start: Start) -> None:
    write_config(**{**BUSY, "speed_up": 60, "batch_seconds": 0.2})
    process = start(6, "--now", NOON)
    found = status("kitchens")
    assert found["running"] is True
    second = until(NOON, "kitchens")
    assert (second.returncode, second.stderr) == (
        1,
        "fastgen: kitchens: expected no other run at work here, but one is.\n",
    )
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert [line for line in err.splitlines() if not line.startswith(("compiling", "computing"))] == []
    assert "history, " in out.splitlines()[0]
    before, rows = files("kitchens"), events("kitchens")
    kinds = [row["event_type"] for row in rows]
    found = status("kitchens")
    assert found["running"] is False
    assert found["kitchens"] == ["sanfrancisco"]
    assert found["events"] == len(rows)
    assert found["orders_open"] == kinds.count("order_created") - kinds.count("delivered")
    assert found["files"] == len(before)
    assert found["position"] > "2026-03-07T20:00"
    shown = dict(line.split(maxsplit=1) for line in run("--status", "kitchens").stdout.splitlines())
    assert (shown["kitchens"], shown["running"]) == ("sanfrancisco", "no")
    # By the clock of the run, which --now has set to another year.
    assert found["lag_s"] < 120  # a loaded machine needs a while
    assert not list(Path(".kitchens.fastgen/staging").iterdir())
    assert until("2026-03-07T20:02", "kitchens").returncode == 0
    after = files("kitchens")
    assert {name: after[name] for name in before} == before
    assert len({row["event_id"] for row in events("kitchens")}) == len(events("kitchens")) > len(rows)


def test_in_real_time_each_event_comes_when_it_is_due(start: Start) -> None:
    """By the system's clock, whatever the time of day: three events a second at the quietest hours."""
    write_config(**{**BUSY, "orders_day_1": 20_000, "orders_last": 20_000, "start_days_ago": 0})
    process = start(8)
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 0
    first, *others = sorted(Path("kitchens").glob("events-*"))
    # The history was due before its first file was written. Late in a day it has more files than one.
    history_s = first.stat().st_mtime
    for path in others:
        written_s = path.stat().st_mtime
        for line in path.read_text().splitlines():
            ts = datetime.strptime(json.loads(line)["ts"], "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
            # A file system's clock ticks every 4 ms. A loaded machine may be late by seconds.
            assert ts.timestamp() < history_s or -0.02 < written_s - ts.timestamp() < 20


def test_a_stream_needs_a_state_and_goes_on_by_it() -> None:
    assert until(NOON, "-").stderr == (
        "fastgen: state: expected a state file, which a stream can't hold, got none.\n"
    )
    first = until(NOON, "-", "--state", "state.json")
    second = until("2026-03-07T20:10", "-", "--state", "state.json")
    assert (first.returncode, second.returncode) == (0, 0)
    assert until(NOON, "kitchens").returncode == 0
    assert until("2026-03-07T20:10", "kitchens").returncode == 0
    streamed = [json.loads(line) for line in (first.stdout + second.stdout).splitlines()]
    # A run begins some milliseconds after its command did, and its first day counts, not the moment.
    assert streamed == events("kitchens")


def test_a_dry_run_writes_nothing() -> None:
    done = until(NOON, "kitchens", "--dry-run")
    assert done.returncode == 0
    due, window, about = done.stdout.splitlines()
    assert due == "due      history"
    assert window.startswith("window   2026-03-0")
    assert about.startswith("events   about ")
    assert [path.name for path in Path().iterdir()] == ["sf.json"]
    until(NOON, "kitchens")
    before = files("kitchens")
    again = until("2026-03-07T21:00", "kitchens", "--dry-run")
    assert again.stdout.splitlines()[0] == "due      what fell due since the last run"
    assert files("kitchens") == before


def test_a_run_that_skips_leaves_out_what_fell_due() -> None:
    until(NOON, "kitchens")
    before = files("kitchens")
    assert until("2026-03-07T22:00", "kitchens", "--skip").returncode == 0
    assert files("kitchens") == before
    assert until("2026-03-07T22:10", "kitchens").returncode == 0
    later = [row["ts"] for row in events("kitchens")][sum(data.count(b"\n") for data in before.values()) :]
    assert later
    assert min(later) >= "2026-03-07 22:00"


@pytest.mark.parametrize("environment", [{"TZ": "Asia/Kathmandu"}, {"LC_ALL": "C"}], ids=str)
def test_zone_and_locale_of_the_machine_change_nothing(environment: dict[str, str]) -> None:
    for to, env in (("kitchens", {"TZ": "UTC"}), ("elsewhere", environment)):
        said = [until(time, to, env=env).stdout for time in (NOON, "2026-03-07T20:10")]
        assert "2026-03-07 20:10" in said[1]
    assert len(files("kitchens")) > 2
    assert files("elsewhere") == files("kitchens")
