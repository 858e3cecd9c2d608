"""Wrong input of `fastgen live` is one line that says what would be right, and nothing is written."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from fastgen.cli import main
from tests.cli.live_runs import BUSY, NOON, write_config

pytestmark = pytest.mark.usefixtures("_busy_kitchen")
FAR = "sf.json: start_days_ago: expected history that begins between"
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
    # A first run on a machine also says that it compiles.
    (line,) = [line for line in said.err.splitlines() if not line.startswith("compiling")]
    assert line.startswith("fastgen")
    assert message in line
    # Only a kitchen without any roads needs its scenario, to get some.
    assert ("--as-scenario >" in line) == ("expected a road network" in message)
    assert ended.value.code == (1 if message in FAILURES else 2)
    assert said.out == ""
    assert {path: path.stat().st_size for path in Path().rglob("*")} == before
