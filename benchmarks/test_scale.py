"""Large builds: events a second a core against another fast generator, and what a second worker brings."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from benchmarks.figures import Bound
from benchmarks.processes import build_command, run, script
from benchmarks.worker import WarmWorker
from fastgen.dataset.manifest import read_manifest

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.conftest import Bench

SCALE = 10
ROUNDS = 3


def test_one_core_against_tpchgen(bench: Bench) -> None:
    rows, cpu_s = dict[str, int](), dict[str, float]()

    def own(out: Path) -> None:
        command = build_command(out, days=90, scale=SCALE, workers=1)
        cpu_s["own"] = run(command, {"POLARS_MAX_THREADS": "1"}, one_core=True)
        rows["own"] = read_manifest(out).rows

    def lineitem(out: Path, level: str) -> None:
        options = ["-s", "1", "-T", "lineitem", "-n", "1", "-c", f"ZSTD({level})", "-q", "-o", str(out)]
        cpu_s[level] = run([str(script("tpchgen-cli")), "parquet", *options], one_core=True)
        rows[level] = pq.read_metadata(out / "lineitem.parquet").num_rows

    # Level 3 is Polars' default, and so what fastgen writes; level 1 is the fastest.
    seconds = bench.compare(
        own, lambda out: lineitem(out, "1"), lambda out: lineitem(out, "3"), rounds=ROUNDS
    )
    mine, fast, same = (
        n / s / 1e6 for n, s in zip((rows["own"], rows["1"], rows["3"]), seconds, strict=True)
    )
    by_cpu = rows["own"] / cpu_s["own"] / (rows["1"] / cpu_s["1"])
    bench.record(
        "events a second on one core / tpchgen-cli's rows a second (lineitem, zstd level 1)",
        mine / fast,
        bound=Bound(1.8, 2, at_most=False),
        detail=f"{mine:.2f} M/s; {fast:.2f} M/s, at fastgen's zstd level 3 {same:.2f} M/s; by "
        f"processor time (last round) the ratio is {by_cpu:.2f}",
    )


def test_two_workers(bench: Bench, tmp_path: Path) -> None:
    """Against two processes side by side that each build all of it, all three warm."""
    folders = [tmp_path / f"warm-{i}" for i in range(3)]
    with (
        WarmWorker(2, SCALE, folders[0]) as two,
        WarmWorker(1, SCALE, folders[1]) as left,
        WarmWorker(1, SCALE, folders[2]) as right,
    ):
        together, apart = list[float](), list[float]()

        def own(out: Path) -> None:
            two.start(out)
            together.append(two.rate())

        def side_by_side(out: Path) -> None:
            left.start(out / "left")
            right.start(out / "right")
            apart.append(left.rate() + right.rate())

        bench.compare(own, side_by_side, rounds=ROUNDS)
    rate, rival = statistics.median(together[1:]) / 1e6, statistics.median(apart[1:]) / 1e6
    bench.record(
        f"2 workers / two builds of one worker side by side, events a second, scale {SCALE}",
        rate / rival,
        bound=Bound(0.9, at_most=False),
        detail=f"{rate:.2f} M/s; {rival:.2f} M/s",
    )
