"""Measure a replay: its history, a due window, one hour of a long dataset, and memory."""

from __future__ import annotations

import datetime as dt
import io
import sys
import time
from typing import TYPE_CHECKING

import pytest

import fastgen
from benchmarks.figures import Bound
from benchmarks.processes import fastgen_command, peak_mb, run
from benchmarks.wire_baselines import stored_rows, wire_frame, write_by_loop
from fastgen.faults.slice_file import write_slice

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.conftest import Bench

MIDNIGHT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
HISTORY_DAYS = 70
LOOP_DAYS = 7  # days of the plain loop; its time for the others is extrapolated
# Growth compounds daily, so a dataset of 9,000 days can't have any.
FLAT = """
[locations.sf]
growth_rate_daily = 0.0
[locations.sv]
growth_rate_daily = 0.0
[locations.chicago]
growth_rate_daily = 0.0
"""


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("canonical")
    fastgen.build(folder, days=90)
    return folder


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Datasets without growth, of 90 and of 9,000 days."""
    folder = tmp_path_factory.mktemp("flat")
    (folder / "flat.toml").write_text(FLAT)
    for days in (90, 9000):
        fastgen.build(folder / str(days), days=days, scenario=folder / "flat.toml")
    return {days: folder / str(days) for days in (90, 9000)}


def emit_history(dataset: Path, out: Path) -> fastgen.Emitted:
    return fastgen.replay(dataset, out / "landing", start_day=HISTORY_DAYS, now=MIDNIGHT)


def emit_slice(dataset: Path, out: Path) -> int:
    with (out / "slice.jsonl").open("wb") as stream:
        return write_slice(dataset, 0, HISTORY_DAYS, stream)


def test_history(bench: Bench, dataset: Path) -> None:
    frame, rows = wire_frame(dataset, HISTORY_DAYS), stored_rows(dataset, LOOP_DAYS)
    emitted = emit_history(dataset, bench.fresh_folder())
    own, stream, polars, loop = bench.compare(
        lambda out: emit_history(dataset, out),
        lambda out: emit_slice(dataset, out),
        lambda out: frame.write_ndjson(out / "frame.jsonl"),
        lambda out: write_by_loop(rows, out / "loop.jsonl"),
        rounds=5,
    )
    loop *= emitted.events / rows.height
    size = f"{emitted.events:,} events, {emitted.bytes / 1e6:.0f} MB"
    bench.record("first run, events a second", emitted.events / own / 1e6, "M events/s", detail=size)
    bench.record("first run, bytes a second", emitted.bytes / own / 1e6, "MB/s")
    bench.record(
        "first run of 70 days / Polars writing the finished frame",
        own / polars,
        bound=Bound(1.5),
        detail=f"{own:.2f} s with fsync; {polars:.2f} s without",
    )
    bench.record(
        "the same without fsync, a slice into one file / Polars writing the finished frame",
        stream / polars,
        bound=Bound(1.5),
        detail=f"{stream:.2f} s; {polars:.2f} s",
    )
    bench.record(
        "a plain loop with json.dumps / first run of 70 days",
        loop / own,
        bound=Bound(20, at_most=False),
        detail=f"{loop:.1f} s, from {rows.height:,} events; {own:.2f} s",
    )


def test_due_window(bench: Bench, dataset: Path) -> None:
    out = bench.fresh_folder() / "landing"
    command = fastgen_command("replay", str(dataset), "--to", str(out), "--now")
    run([*command, "2026-03-01T12:00:00"])
    seconds, bare = [], []
    minute = 0

    def due() -> None:
        nonlocal minute
        minute += 5
        now = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC) + dt.timedelta(minutes=minute)
        began = time.perf_counter()
        run([sys.executable, "-c", "pass"])
        bare.append(time.perf_counter() - began)
        began = time.perf_counter()
        run([*command, f"{now:%Y-%m-%dT%H:%M:%S}"])
        seconds.append(time.perf_counter() - began)

    bench.benchmark.pedantic(due, rounds=7, warmup_rounds=1)
    work = sorted(a - b for a, b in zip(seconds[1:], bare[1:], strict=True))[3]
    bench.record(
        "a window of 5 minutes at 60x, whole process less a bare interpreter",
        work,
        "s",
        bound=Bound(0.5),
        detail=f"{sorted(seconds[1:])[3]:.2f} s; {sorted(bare[1:])[3]:.2f} s",
    )


def test_one_hour_of_a_long_dataset(bench: Bench, flat: dict[int, Path]) -> None:
    def hour(days: int) -> None:
        day = days // 2
        write_slice(flat[days], f"{day}T18:00", f"{day}T19:00", io.BytesIO())

    long, short = bench.compare(lambda _: hour(9000), lambda _: hour(90), rounds=9)
    bench.record(
        "one hour out of 9,000 days / out of 90",
        long / short,
        bound=Bound(2.0, aim=1.2),
        detail=f"{long * 1e3:.0f} ms; {short * 1e3:.0f} ms",
    )


def test_memory(bench: Bench, dataset: Path) -> None:
    def peak(data: Path) -> float:
        out = bench.fresh_folder() / "landing"
        command = fastgen_command("replay", str(data), "--to", str(out), "--start-day", "70")
        return peak_mb([*command, "--now", "2026-03-01T00:00"])

    at_1 = peak(dataset)
    large = bench.fresh_folder().parent / "scale10"
    fastgen.build(large, days=90, scale=10)
    at_10 = bench.benchmark.pedantic(peak, args=(large,))
    bench.record(
        "peak memory of a first run, scale 10 / scale 1",
        at_10 / at_1,
        bound=Bound(1.6, aim=1.2),
        detail=f"{at_10:.0f} MB; {at_1:.0f} MB",
    )
