"""Measure large builds: against another fast generator on one core, and with a second worker."""

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
# Runs on both cores vary with everything else that the machine does: many pairs are needed.
PAIRS = 9


def test_one_core_against_tpchgen(bench: Bench) -> None:
    rows, cpu_s = dict[str, int](), dict[str, float]()

    def own(out: Path) -> None:
        command = build_command(out, days=90, scale=SCALE, workers=1)
        cpu_s["own"] = run(command, one_core=True)
        rows["own"] = read_manifest(out).rows

    def lineitem(out: Path, level: str) -> None:
        options = ["-s", "1", "-T", "lineitem", "-n", "1", "-c", f"ZSTD({level})", "-q", "-o", str(out)]
        cpu_s[level] = run([str(script("tpchgen-cli")), "parquet", *options], one_core=True)
        rows[level] = pq.read_metadata(out / "lineitem.parquet").num_rows

    # Level 1 is what fastgen writes, and tpchgen's fastest.
    own_s, rival_s = bench.compare(own, lambda out: lineitem(out, "1"), rounds=ROUNDS)
    mine, fast = rows["own"] / own_s / 1e6, rows["1"] / rival_s / 1e6
    by_cpu = rows["own"] / cpu_s["own"] / (rows["1"] / cpu_s["1"])
    bench.record(
        "events a second on one core / tpchgen-cli's rows a second (lineitem, zstd level 1)",
        mine / fast,
        bound=Bound(1.8, 2, at_most=False),
        detail=f"{mine:.2f} M/s; {fast:.2f} M/s; by processor time (last round) the ratio is {by_cpu:.2f}",
    )


def test_two_workers(bench: Bench, tmp_path: Path) -> None:
    """Compare a build with two workers to two builds with one worker at the same time, all warm."""
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

        bench.compare(own, side_by_side, rounds=PAIRS)
    # Ratios of neighbouring rounds, since the machine's speed changes within a run.
    ratio = statistics.median(own / rival for own, rival in zip(together[1:], apart[1:], strict=True))
    rate, rival = statistics.median(together[1:]) / 1e6, statistics.median(apart[1:]) / 1e6
    bench.record(
        f"2 workers / two builds of one worker side by side, events a second, scale {SCALE}",
        ratio,
        bound=Bound(0.9, at_most=False),
        detail=f"{rate:.2f} M/s; {rival:.2f} M/s",
    )
