"""Peak memory must depend on the size of a part, and not on the size of the dataset or of a day."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from benchmarks.figures import Bound
from benchmarks.processes import ROADS, build_command, peak_mb
from fastgen.building.options import BuildOptions
from fastgen.building.plan import prepare

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.conftest import Bench

LIMIT_MB = 600
LARGE_DAY_EVENTS = 20_000_000
# Nine days at scale 100 have as many events as ninety at scale 10. The full run takes a minute or two more.
FULL = bool(os.environ.get("FASTGEN_BENCH_FULL"))


def test_canonical(bench: Bench, tmp_path: Path) -> None:
    command = build_command(tmp_path / "data", days=90)
    peak = bench.benchmark.pedantic(peak_mb, args=(command,))
    bench.record("peak memory, canonical 90 days", peak, "MB", bound=Bound(LIMIT_MB))


def test_scale_100_against_10(bench: Bench) -> None:
    def peak(scale: int, days: int) -> float:
        out = bench.fresh_folder()
        return peak_mb(build_command(out, days=days, scale=scale, workers=1))

    days = 90 if FULL else 9
    at_10 = peak(10, 90)
    at_100 = bench.benchmark.pedantic(peak, args=(100, days))
    bench.record(
        f"peak memory of one worker, scale 100 ({days} days) / scale 10 (90 days)",
        at_100 / at_10,
        bound=Bound(1.15),
        detail=f"{at_100:.0f} MB; {at_10:.0f} MB",
    )


def test_one_large_day(bench: Bench, tmp_path: Path) -> None:
    scale = (
        LARGE_DAY_EVENTS / prepare(BuildOptions(days=1, locations=["chicago"], roads=ROADS)).events_expected
    )
    command = build_command(tmp_path / "data", days=1, locations="chicago", scale=scale, workers=1)
    peak = bench.benchmark.pedantic(peak_mb, args=(command,))
    bench.record("peak memory, one location-day of 20 million events", peak, "MB", bound=Bound(LIMIT_MB))
