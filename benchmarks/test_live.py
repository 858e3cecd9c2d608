"""Measure live kitchens: history against build and slice, memory, the highest rate, idling, and faults."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fastgen
from benchmarks.figures import Bound
from benchmarks.processes import fastgen_command, peak_mb
from fastgen.inputs.render import render_scenario
from fastgen.live_kitchens.config import read_config
from fastgen.live_kitchens.examples import read_example
from fastgen.live_kitchens.places import find_place
from fastgen.live_kitchens.scenario import as_scenario, first_day

if TYPE_CHECKING:
    from benchmarks.conftest import Bench

FULL = bool(os.environ.get("FASTGEN_BENCH_FULL"))
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
LONG_DAYS = 365
# Events of a kitchen with 1,000 orders a day, about: 13.4 an order.
EVENTS_A_DAY = 13_400
FAULTS = """
seed = 7
[[faults]]
kind = "null"
probability = 0.05
field = "loc_lat"
[[faults]]
kind = "duplicate"
probability = 0.02
max_delay_s = 60
[[faults]]
kind = "late"
probability = 0.05
max_delay_s = 900
[[faults]]
kind = "malformed"
probability = 0.01
"""


def config_file(folder: Path, **changes: Any) -> Path:
    """Write the San Francisco example with some keys changed."""
    path = folder / "sanfrancisco.json"
    path.write_text(json.dumps({**json.loads(read_example("sanfrancisco")), **changes}))
    return path


def scenario_file(config: Path) -> Path:
    """Write the scenario of a config beside it, as --as-scenario prints it."""
    loaded = read_config(config)
    place = find_place(loaded)
    path = config.with_suffix(".toml")
    path.write_text(render_scenario(as_scenario(loaded, place, first_day(loaded, place, NOW))))
    return path


def write_history(config: Path, out: Path) -> int:
    """Emit all that is before NOW; return the number of events."""
    return sum(batch.events for batch in fastgen.live(config, out / "kitchens", now=NOW, until=NOW))


def test_history(bench: Bench, tmp_path: Path) -> None:
    config = config_file(tmp_path, start_days_ago=LONG_DAYS, end_days_ahead=1)
    scenario = scenario_file(config)
    n_events = {"live": 0, "sliced": 0}

    def live(out: Path) -> None:
        n_events["live"] = write_history(config, out)

    def build_and_slice(out: Path) -> None:
        fastgen.build(out / "data", scenario=scenario)
        with (out / "slice.jsonl").open("wb") as stream:
            n_events["sliced"] = fastgen.write_slice(out / "data", 0, f"{NOW:%Y-%m-%dT%H:%M:%S}", stream)

    own, rival = bench.compare(live, build_and_slice, rounds=3)
    assert n_events["live"] == n_events["sliced"] > 1_000_000
    bench.record(
        f"history of {LONG_DAYS} days of a live kitchen / build and slice of the same events",
        own / rival,
        bound=Bound(1.5),
        detail=f"{own:.2f} s; {rival:.2f} s; {n_events['live']:,} events, "
        f"{n_events['live'] / own / 1e6:.2f} M events/s",
    )


def test_memory(bench: Bench) -> None:
    def peak(days: int) -> float:
        folder = bench.fresh_folder()
        config = config_file(folder, start_days_ago=days, end_days_ahead=1)
        now = f"{NOW:%Y-%m-%dT%H:%M:%S}"
        command = fastgen_command("live", "--config", str(config), "--to", str(folder / "kitchens"))
        return peak_mb([*command, "--now", now, "--until", now])

    short = peak(30)
    for days in (LONG_DAYS, 3650) if FULL else (LONG_DAYS,):
        long = bench.benchmark.pedantic(peak, args=(days,)) if days == LONG_DAYS else peak(days)
        bench.record(
            f"peak memory of a live kitchen's history, {days:,} days / 30 days",
            long / short,
            bound=Bound(1.15),
            detail=f"{long:.0f} MB; {short:.0f} MB",
        )


def sustained(folder: Path, rate: int, seconds: int = 7) -> tuple[float, float]:
    """Ask a live process on one core for so many events a second; return events a second, and lag in s."""
    config = config_file(
        folder,
        orders_day_1=1000,
        orders_last=1000,
        start_days_ago=0,
        end_days_ahead=3000,
        speed_up=rate / EVENTS_A_DAY * 86_400,
        batch_rows=250_000,
        batch_seconds=0.1,
    )
    core = max(os.sched_getaffinity(0))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.live_rate", str(config), str(folder / "kitchens"), str(seconds)],
        capture_output=True,
        check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    reached, lag = json.loads(done.stdout)
    return reached, lag


def test_rate(bench: Bench) -> None:
    """Ask for more and more, until an event is released more than a second after it became due, twice."""
    held: list[tuple[float, float]] = [(0.0, 0.0)]

    def search() -> None:
        for rate in (60_000, 80_000, 100_000, 115_000, 130_000):
            # A neighbour's burst breaks one try.
            tries = (sustained(bench.fresh_folder(), rate) for _ in range(2))
            found = next((one for one in tries if one[1] < 1.0), None)
            if found is None:
                break
            held.append(found)

    bench.benchmark.pedantic(search)
    rate, lag = held[-1]
    bench.record(
        "highest live rate on one core, lag below a second",
        rate / 1e3,
        "k events/s",
        bound=Bound(60, aim=100, at_most=False),
        detail=f"longest lag {lag:.2f} s",
    )


def test_idle(bench: Bench) -> None:
    folder, seconds = bench.fresh_folder(), 20
    command = fastgen_command(
        *("live", "--config", str(config_file(folder)), "--to", str(folder / "kitchens")),
        *("--now", "2026-03-01T20:00:00"),
    )
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(5)
        before = cpu_s(child.pid)
        bench.benchmark.pedantic(time.sleep, args=(seconds,))
        used = cpu_s(child.pid) - before
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(30)
    bench.record(
        "processor time of an idle live kitchen, per cent of a core",
        100 * used / seconds,
        "%",
        bound=Bound(2.0),
        detail=f"{used * 1e3:.0f} ms in {seconds} s, the example at noon",
    )


def cpu_s(pid: int) -> float:
    """Read the processor time of all threads of a process, seconds; clock ticks would be too coarse."""
    files = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(file.read_text().split()[0]) for file in files) / 1e9


def test_faults(bench: Bench, tmp_path: Path) -> None:
    config = config_file(tmp_path, start_days_ago=120, end_days_ahead=1)
    fastgen.build(tmp_path / "data", scenario=scenario_file(config))
    (tmp_path / "faults.toml").write_text(FAULTS)
    n_events = 0

    def write(out: Path, **options: Any) -> None:
        nonlocal n_events
        with (out / "slice.jsonl").open("wb") as stream:
            n_events = fastgen.write_slice(tmp_path / "data", 0, 120, stream, **options)

    faults = tmp_path / "faults.toml"
    with_ledger, without, clean = bench.compare(
        lambda out: write(out, faults=faults, ledger=out / "ledger.parquet"),
        lambda out: write(out, faults=faults),
        write,
        rounds=3,
    )
    for name, seconds in (("without a ledger", without), ("with a ledger", with_ledger)):
        bench.record(
            f"stream with faults, {name} / clean stream, events a second",
            clean / seconds,
            detail=f"{n_events / seconds / 1e6:.2f} M/s; {n_events / clean / 1e6:.2f} M/s",
        )
