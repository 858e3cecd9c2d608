"""Compare the speed of a build with a loop over orders, and with Polars writing finished frames."""

from __future__ import annotations

import itertools
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from benchmarks.baseline import SlowKitchen
from benchmarks.figures import Bound
from benchmarks.frames import make_frames, write_frames, write_parquet
from benchmarks.processes import ROADS, build_command, run, script
from fastgen.building.build import build
from fastgen.building.options import BuildOptions
from fastgen.building.plan import prepare
from fastgen.roads.network import find_network
from fastgen.roads.roads_file import decode_roads

if TYPE_CHECKING:
    from benchmarks.conftest import Bench

SAMPLE_DAY = 30


@pytest.mark.parametrize(("scale", "rounds", "limit"), [(1, 9, 1.6), (10, 5, 1.25)])
def test_build_in_process(bench: Bench, scale: int, rounds: int, limit: float) -> None:
    frames = make_frames(prepare(BuildOptions(scale=scale, roads=ROADS)))
    cores = os.cpu_count() or 1
    own, in_turn, at_once = bench.compare(
        lambda out: build(out, scale=scale, roads=ROADS),
        lambda out: write_frames(frames, out, 1),
        lambda out: write_frames(frames, out, cores),
        rounds=rounds,
    )
    bench.record(
        f"build in process / Polars writing the same frames, scale {scale}",
        own / min(in_turn, at_once),
        bound=Bound(limit, 1.1),
        detail=f"{own:.3f} s; Polars {in_turn:.3f} s file by file, {at_once:.3f} s {cores} files at once",
    )


def test_whole_process_against_one_write(bench: Bench) -> None:
    frame = pl.concat(make_frames(prepare(BuildOptions(days=90, roads=ROADS))).values(), rechunk=False)
    whole, write = bench.compare(
        lambda out: run(build_command(out, days=90)),
        lambda out: write_parquet(frame, out / "events.parquet"),
        rounds=7,
    )
    bench.record(
        "fastgen build --days 90, whole process / Polars writing one file",
        whole / write,
        bound=Bound(5, 4),
        detail=f"{whole:.2f} s; {write:.3f} s",
    )


def test_whole_process_against_per_order_loop(bench: Bench) -> None:
    plan = prepare(BuildOptions(days=90, roads=ROADS))
    kitchens = []
    for location in plan.scenario.locations:
        roads = decode_roads(*find_network(location.code, None if ROADS is None else Path(ROADS)))
        kitchens.append(SlowKitchen(plan.scenario, plan.dims, location.code, roads))
    turns = itertools.cycle(kitchens)
    sample: dict[int, tuple[int, int, float]] = {}

    def make_one_day(out: Path) -> None:
        kitchen = next(turns)
        began = time.perf_counter()
        orders, events = kitchen.make_day(SAMPLE_DAY, out / "day.parquet")
        sample[kitchen.location_id] = orders, events, time.perf_counter() - began

    # Each round simulates a day of one kitchen; after the warm-up, every kitchen has had one round.
    whole, _ = bench.compare(lambda out: run(build_command(out, days=90)), make_one_day, rounds=len(kitchens))
    orders = sum(n for n, _, _ in sample.values())
    baseline = sum(seconds / n * plan.source.n_orders[key].sum() for key, (n, _, seconds) in sample.items())
    for key, (n, events, _) in sample.items():
        # Both must do the same work. These are means of a few dozen orders or more, so they differ by chance.
        assert events / n == pytest.approx(plan.tables[key].events_per_order, rel=0.2)
    bench.record(
        "the per-order way / fastgen build --days 90, whole process",
        baseline / whole,
        bound=Bound(800, 1000, at_most=False),
        detail=f"{baseline:,.0f} s, extrapolated from {orders} orders; {whole:.2f} s",
    )


def test_first_run(bench: Bench) -> None:
    """Compare a run with an empty Numba cache to a later one, both without cached route tables."""
    folder = Path()

    def build_first(out: Path) -> None:
        nonlocal folder
        folder = out
        caches = {"NUMBA_CACHE_DIR": str(out / "jit"), "FASTGEN_CACHE_DIR": str(out / "routes")}
        run(build_command(out / "data", days=90, overwrite=True), caches)

    first_s, warm_s, import_s = bench.compare(
        build_first,
        lambda out: run(build_command(out / "data", days=90), {"FASTGEN_CACHE_DIR": str(out / "routes")}),
        lambda _: run([sys.executable, "-c", "import numba"]),
        rounds=3,
    )
    compiled = sorted(path.name for path in folder.rglob("*.nbc"))
    build_first(folder)
    assert compiled
    assert sorted(path.name for path in folder.rglob("*.nbc")) == compiled, "The second run compiled more."
    detail = f"{first_s:.2f} s; {warm_s:.2f} s compiled; import numba {import_s:.2f} s"
    bench.record("first run ever: compiling / python -c 'import numba'", (first_s - warm_s) / import_s)
    bench.record("first run ever: compiling adds", first_s - warm_s, "s", bound=Bound(6), detail=detail)


def test_help(bench: Bench) -> None:
    (seconds,) = bench.compare(lambda _: run([str(script("fastgen")), "--help"]), rounds=10)
    bench.record("fastgen --help", seconds, "s", bound=Bound(0.2))
