"""Measure what kitchens with stations add to a build: time, and memory of a large location-day."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.figures import Bound
from benchmarks.processes import ROADS, build_command, peak_mb, run
from fastgen.building.build import build

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.conftest import Bench

TIMES_MOST = 1.6
# Kitchens and couriers of the four cities at a scale, and those of 600,000 orders a day.
SCALED = '[kitchen]\nmodel = "stations"\nkitchens = {kitchens}\ncouriers = {couriers}\n'
LARGE = SCALED.format(kitchens=1000, couriers=40_000) + "workstations = 45\nstoves = 25\novens = 20\n"


@pytest.mark.parametrize(("scale", "rounds"), [(1, 9), (10, 3)])
def test_build_in_process(bench: Bench, tmp_path: Path, scale: int, rounds: int) -> None:
    file = tmp_path / "stations.toml"
    file.write_text(SCALED.format(kitchens=2 * scale, couriers=14 * scale), encoding="utf-8")
    stations, plain = bench.compare(
        lambda out: build(out, scenario=file, scale=scale, roads=ROADS, workers=1),
        lambda out: build(out, scale=scale, roads=ROADS, workers=1),
        rounds=rounds,
    )
    bench.record(
        f"build with stations / the statistical build, in process, scale {scale}",
        stations / plain,
        bound=Bound(TIMES_MOST, 1.4),
        detail=f"{stations:.2f} s; {plain:.2f} s, one worker",
    )


@pytest.mark.parametrize(
    ("what", "options"),
    [
        ("a tenth of the orders, 30 days", {"scale": 0.1, "days": 30}),
        ("one day of one location", {"days": 1, "locations": ["chicago"]}),
        ("seven days of one location", {"days": 7, "locations": ["sf"]}),
    ],
)
def test_small_builds(bench: Bench, what: str, options: dict[str, Any]) -> None:
    """Compare processor time: a build of some hundredths of a second is at the mercy of neighbours."""
    seconds: dict[str, list[float]] = {"stations": [], "statistical": []}

    def once(kitchen: str, out: Path) -> None:
        began = time.process_time()
        build(out, kitchen=kitchen, roads=ROADS, workers=1, **options)
        seconds[kitchen].append(time.process_time() - began)

    bench.compare(partial(once, "stations"), partial(once, "statistical"), rounds=9)
    stations, plain = (min(some) for some in seconds.values())
    bench.record(
        f"build with stations / the statistical build, in process, {what}, processor time",
        stations / plain,
        bound=Bound(TIMES_MOST, 1.4),
        detail=f"{stations * 1e3:.0f} ms; {plain * 1e3:.0f} ms, one worker",
    )


def test_whole_process(bench: Bench) -> None:
    stations, plain = bench.compare(
        lambda out: run(build_command(out, kitchen="stations")),
        lambda out: run(build_command(out)),
        rounds=7,
    )
    bench.record(
        "build with stations / the statistical build, whole process, scale 1",
        stations / plain,
        bound=Bound(TIMES_MOST, 1.4),
        detail=f"{stations:.2f} s; {plain:.2f} s",
    )


def test_memory_of_a_large_day(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "large.toml").write_text(LARGE, encoding="utf-8")
    options = {"days": 1, "locations": "chicago", "scale": 2000, "workers": 1}
    command = build_command(tmp_path / "data", scenario=tmp_path / "large.toml", **options)
    peak = bench.benchmark.pedantic(peak_mb, args=(command,))
    bench.record("peak memory, stations, one location-day of 8 million events", peak, "MB", bound=Bound(600))
