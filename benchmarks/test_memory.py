"""Peak memory must depend on the size of a part, and not on the size of the dataset or of a day."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from benchmarks.figures import Bound
from benchmarks.processes import ROADS, build_command, fastgen_command, peak_mb
from fastgen.building.options import BuildOptions
from fastgen.building.plan import prepare

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.conftest import Bench

LIMIT_MB = 600
LARGE_DAY_EVENTS = 20_000_000
UNWRITTEN_DAY_EVENTS = 7_700_000
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
    scale = _scale_of_day(LARGE_DAY_EVENTS)
    command = build_command(tmp_path / "data", days=1, locations="chicago", scale=scale, workers=1)
    peak = bench.benchmark.pedantic(peak_mb, args=(command,))
    bench.record("peak memory, one location-day of 20 million events", peak, "MB", bound=Bound(LIMIT_MB))


# An empty window computes the digest of all four locations alone, and the others find it in the cache.
@pytest.mark.parametrize(
    ("what", "arguments"),
    [
        ("digest", ("slice", "--from", "0", "--to", "0")),
        ("slice of an hour", ("slice", "--from", "0T18:00", "--to", "0T19:00", "--locations", "chicago")),
        (
            "first run of a replay",
            ("replay", "--to", "landing", "--start-day", "1", "--locations", "chicago"),
        ),
        ("publish", ("publish", "--to", "parquet:tables")),
    ],
)
def test_one_large_day_without_files(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    command, *rest = arguments
    scale, roads = _scale_of_day(UNWRITTEN_DAY_EVENTS), ("--roads", ROADS) if ROADS else ()
    dataset = ("scenario:canonical", "--days", "1", "--scale", str(scale), *roads)
    peak = bench.benchmark.pedantic(peak_mb, args=(fastgen_command(command, *dataset, *rest),))
    bench.record(
        f"peak memory, {what} without files, 7.7 million events a location-day",
        peak,
        "MB",
        bound=Bound(LIMIT_MB),
    )


def _scale_of_day(n_events: int) -> float:
    """Find the scale at which a day of Chicago has so many events."""
    return n_events / prepare(BuildOptions(days=1, locations=["chicago"], roads=ROADS)).events_expected
