"""What a report takes by scale: time, memory, bytes of the page; its tally; a profiler beside it."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import polars as pl
import pytest

import fastgen
from benchmarks.figures import Bound
from benchmarks.processes import build_command, fastgen_command, peak_mb, run
from fastgen.dataset.verify.run import verify_dataset
from fastgen.reporting.survey import survey_dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.conftest import Bench

FULL = bool(os.environ.get("FASTGEN_BENCH_FULL"))
# Scale, rounds, and most seconds by the clock.
SCALES = [(1, 5, 4), (10, 3, 12), *([(100, 1, 120)] if FULL else [])]
# ydata-profiling wants older packages than fastgen: the Python of an environment that has it.
YDATA_PYTHON = os.environ.get("FASTGEN_BENCH_YDATA", sys.executable)
ROUNDS = 5
# The file of orders, and the page to write.
_PROFILE = (
    "import sys, pandas, ydata_profiling as y; "
    "y.ProfileReport(pandas.read_parquet(sys.argv[1]), progress_bar=False).to_file(sys.argv[2], silent=True)"
)


def report_command(dataset: Path, page: Path) -> list[str]:
    """Make the command line of a report, which needs SciPy, unlike other commands."""
    return [sys.executable, "-m", "fastgen", "report", str(dataset), "-o", str(page)]


def time_run(command: Sequence[str]) -> float:
    """Run a command; return the seconds by the clock."""
    began = time.perf_counter()
    run(command)
    return time.perf_counter() - began


@pytest.mark.parametrize(("scale", "rounds", "most_s"), SCALES)
def test_report_by_scale(bench: Bench, tmp_path: Path, scale: int, rounds: int, most_s: float) -> None:
    """In turn with the verification that it contains; kernels, routes and Vega are cached beforehand."""
    made, page, small = tmp_path / "made", tmp_path / "page.html", tmp_path / "small"
    run(build_command(small, days=1))
    run(report_command(small, page))
    run(build_command(made, days=90, scale=scale))
    report, verify = report_command(made, page), fastgen_command("verify", str(made))
    cpu_s = dict[str, list[float]](report=[], verify=[])
    bench.benchmark.pedantic(
        lambda: cpu_s["report"].append(run(report)),
        setup=lambda: cpu_s["verify"].append(run(verify)),
        rounds=rounds,
    )
    own_s = bench.benchmark.stats.stats.min
    ratio = min(cpu_s["report"]) / min(cpu_s["verify"])
    bench.record(
        f"report, scale {scale}, whole process, the best of {rounds}",
        own_s,
        "s",
        bound=Bound(most_s),
        detail=f"{min(cpu_s['report']):.2f} s of processor time, {ratio:.2f} times that of verify",
    )
    bench.record(f"peak memory of report, scale {scale}", peak_mb(report), "MB", bound=Bound(700))
    bench.record(f"page, scale {scale}", page.stat().st_size / 1e6, "MB", bound=Bound(3 if scale == 1 else 4))


def test_tally_against_verify(bench: Bench, tmp_path: Path) -> None:
    """In process, by processor time, the best of several in turn."""
    made = tmp_path / "made"
    run(build_command(made, days=90, scale=10))

    def cpu_s(work: Callable[[Path], object]) -> float:
        began = time.process_time()
        work(made)
        return time.process_time() - began

    verify_s: list[float] = []
    survey_s: list[float] = []
    survey_dataset(made)  # loads the kernels

    def both() -> None:
        verify_s.append(cpu_s(verify_dataset))
        survey_s.append(cpu_s(survey_dataset))

    bench.benchmark.pedantic(both, rounds=ROUNDS)
    bench.record(
        "verify with the tally of a report / without, in process, scale 10, processor time",
        min(survey_s) / min(verify_s),
        bound=Bound(1.33),
        detail=f"{min(survey_s):.2f} s; {min(verify_s):.2f} s",
    )


def test_report_against_a_profiler(bench: Bench, tmp_path: Path) -> None:
    """The profiler gets one row an order; the report reads all events."""
    has_it = [YDATA_PYTHON, "-c", "import ydata_profiling"]
    try:
        run(has_it)
    except RuntimeError:
        pytest.skip("ydata-profiling is missing: FASTGEN_BENCH_YDATA names the Python of its environment")
    made, orders = tmp_path / "made", tmp_path / "orders.parquet"
    run(build_command(made, days=90))
    events = fastgen.scan_events(made)
    events.group_by("order_id", "location_id").agg(
        created=pl.from_epoch(pl.col("ts_seconds").min()),
        minutes=(pl.col("ts_seconds").max() - pl.col("ts_seconds").min()) / 60,
        events=pl.len(),
        lat=pl.col("customer_lat").drop_nulls().first(),
        lon=pl.col("customer_lon").drop_nulls().first(),
        address=pl.col("customer_addr").drop_nulls().first(),
        lines=pl.col("items_json").drop_nulls().first().str.count_matches('"qty"'),
    ).collect().write_parquet(orders)
    own_page, their_page = tmp_path / "report.html", tmp_path / "profile.html"
    own = report_command(made, own_page)
    theirs = [YDATA_PYTHON, "-c", _PROFILE, str(orders), str(their_page)]
    run(own)
    their_s: list[float] = []
    bench.benchmark.pedantic(run, args=(own,), setup=lambda: their_s.append(time_run(theirs)), rounds=3)
    own_s = bench.benchmark.stats.stats.min
    megabytes = [f"{path.stat().st_size / 1e6:.1f} MB" for path in (their_page, own_page)]
    bench.record(
        "ydata-profiling of the canonical orders alone / report of all events, whole process",
        min(their_s) / own_s,
        bound=Bound(2, at_most=False),
        detail=f"{min(their_s):.1f} s, {own_s:.1f} s; memory {peak_mb(theirs):.0f} MB, "
        f"{peak_mb(own):.0f} MB; pages {', '.join(megabytes)}",
    )
