"""Test `fastgen live` as its users run it: signals, streams, status, and one line for every wrong input."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fastgen.cli import main
from fastgen.live_kitchens.examples import read_example
from tests.cli.processes import FASTGEN, run_fastgen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    Start: TypeAlias = Callable[..., subprocess.Popen[str]]

NOON = "2026-03-07T20:00"
FAR = "sf.json: start_days_ago: expected history that begins between"
CONFIG: dict[str, Any] = json.loads(read_example("sanfrancisco"))
# Busy, so that there is an event every few seconds.
BUSY: dict[str, Any] = {**CONFIG, "orders_day_1": 3000, "orders_last": 3000, "start_days_ago": 1}
run = partial(run_fastgen, "live")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder that has a config."""
    monkeypatch.chdir(tmp_path)
    write_config(**BUSY)


def write_config(name: str = "sf.json", **config: Any) -> None:
    Path(name).write_text(json.dumps(config))


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


RUN = "--config sf.json --to out"
WRONG: dict[str, tuple[str, str]] = {
    "nothing": ("", "--config: expected a config file, got none; see 'fastgen live init'."),
    "no config-dir": ("--config all", "--config all: expected --config-dir DIR and no other --config"),
    "empty config-dir": (
        "--config all --config-dir empty",
        "--config-dir empty: expected config files *.json",
    ),
    "config is a folder": (
        "--config empty --to out",
        "empty: expected a readable config, got: Is a directory.",
    ),
    "no such config": ("--config no.json --to out", "no.json: expected a readable config, got: No such file"),
    "huge config": (
        "--config huge.json --to out",
        "huge.json: expected JSON, got an error: more than 1,000,000",
    ),
    "unknown address": (
        "--config lost.json --to out --geocoder http://127.0.0.1:9",
        "lost.json: gk_location: expected a place that can be found, got '1 Nowhere Lane' (",
    ),
    "no roads": (
        "--config berlin.json --to out",
        "fastgen: location berlin: expected a road network",
    ),
    "twice": (
        "--config sf.json --config sf.json --to out",
        "sf.json: location_name: expected a name of its own",
    ),
    "two speeds": (
        "--config sf.json --config fast.json --to out",
        "fast.json: speed_up: expected 1, as sf.json",
    ),
    "no to": ("--config sf.json", "--to: expected a folder, or - for the standard output, got none."),
    "to is a file": ("--config sf.json --to sf.json", "sf.json: expected a folder to write to"),
    "past until": (
        f"{RUN} --until 2020-01-01",
        "until: expected a time from now on, got 2020-01-01T00:00:00.",
    ),
    "until before now": (
        f"{RUN} --now {NOON} --until 2026-03-07T19:00",
        "until: expected a time from now on",
    ),
    "now": (f"{RUN} --now yesterday", "Invalid value for '--now': expected a time such as 2026-03-01T12:00"),
    "until": (f"{RUN} --until 2026-13-01", "Invalid value for '--until': expected a time such as"),
    "before 1970": (
        f"{RUN} --now 1970-01-01",
        "sf.json: start_days_ago: expected history that begins between 1970-01-01",
    ),
    "roads missing": (f"{RUN} --roads nope", "nope: expected a folder of .roads files, got none."),
    "roads is a file": (f"{RUN} --roads sf.json", "sf.json: expected a folder of .roads files, got none."),
    "roads damaged": (f"{RUN} --roads roads", "roads/sf.roads: expected "),
    "wire": (f"{RUN} --wire json", "Invalid value for '--wire': 'json' is not one of 'live', 'canonical'."),
    "format": (f"{RUN} --format csv", "Invalid value for '--format': 'csv' is not one of 'jsonl',"),
    "state is a folder": (f"{RUN} --state empty", "state: expected a file, got the folder 'empty'."),
    "json alone": (f"{RUN} --json", "--json: expected --status FOLDER beside it, got none."),
    "status of nothing": (
        "--status nope",
        "nope: expected the folder of a live run, got nothing of that name.",
    ),
    "status of a file": ("--status sf.json", "sf.json: expected the folder of a live run, got a file."),
    "scenario of two": (
        "--config sf.json --config fast.json --as-scenario",
        "--as-scenario: expected one --config",
    ),
    "init twice": (
        "init configs",
        "configs/sanfrancisco.json: expected no file of that name yet, but there is one.",
    ),
    "init in a file": ("init sf.json", "sf.json: expected a folder to write to, got a file."),
    "init nowhere": ("init", "Missing argument 'FOLDER'."),
    "init with a config": ("--config sf.json init out", "--config: expected no option before init."),
    "far past": (f"{RUN} --now 0001-01-01", FAR),
    "far future": (
        f"{RUN} --now 9999-12-31",
        "sf.json: start_days_ago: expected history that begins between",
    ),
    "check of the far past": (
        "--config sf.json --check --now 0001-01-01",
        "1970-01-01 and 2400-01-01, got 1 days before 0001-01-01. Set the clock, or name another time with",
    ),
    "check of many years": (
        "--config years.json --check",
        "years.json: momentum_rates.growth: expected a weight below 1e+100 on the last day, 36500, got 10^",
    ),
    "check and scenario": (f"{RUN} --check --as-scenario", "--as-scenario: expected no --check beside it."),
    "check and dry run": (f"{RUN} --check --dry-run", "--dry-run: expected no --check beside it."),
    "status and config": (f"{RUN} --status out", "--config: expected no option but --json beside --status."),
    "unknown command": ("stop", "No such command 'stop'."),
}

# What may be right at another time or place: exit code 1.
FAILURES = {WRONG[name][1] for name in ("unknown address", "to is a file", "init twice", "init in a file")}


@pytest.mark.parametrize(("command", "message"), WRONG.values(), ids=WRONG)
def test_wrong_input_is_one_line_and_leaves_nothing(
    command: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("empty", "configs", "roads"):
        Path(name).mkdir()
    Path("configs/sanfrancisco.json").write_text("mine")
    Path("roads/sf.roads").write_text("damaged")
    Path("huge.json").write_text(" " * 1_000_001)
    write_config("lost.json", **{**BUSY, "gk_location": "1 Nowhere Lane"})
    write_config("berlin.json", **{**BUSY, "gk_location": "52.52, 13.405", "location_name": "berlin"})
    write_config("years.json", **{**BUSY, "start_days_ago": 0, "end_days_ahead": 36_500})
    write_config("fast.json", **{**BUSY, "speed_up": 2, "location_name": "oakland"})
    before = {path: path.stat().st_size for path in Path().rglob("*")}
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    with pytest.raises(SystemExit) as ended:
        main(["live", *command.split()])
    for number, handler in handlers.items():
        signal.signal(number, handler)
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert line.startswith("fastgen")
    assert message in line
    # Only a kitchen without any roads needs its scenario, to get some.
    assert ("--as-scenario >" in line) == ("expected a road network" in message)
    assert ended.value.code == (1 if message in FAILURES else 2)
    assert said.out == ""
    assert {path: path.stat().st_size for path in Path().rglob("*")} == before
