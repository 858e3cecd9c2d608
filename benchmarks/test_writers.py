"""Both writers on the same builds: processor time and bytes, and the memory of one large file."""

from __future__ import annotations

import os
import statistics
from typing import TYPE_CHECKING

import pytest

from benchmarks.figures import Bound
from benchmarks.processes import build_command, peak_mb, run
from fastgen.dataset.manifest import read_manifest

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.conftest import Bench

FULL = bool(os.environ.get("FASTGEN_BENCH_FULL"))
SCALES = [(1, 7), (10, 3), *([(100, 1)] if FULL else [])]
WRITERS = ("polars", "fastgen")


@pytest.mark.parametrize(("scale", "rounds"), SCALES)
def test_time_and_bytes(bench: Bench, scale: int, rounds: int) -> None:
    cpu_s: dict[str, list[float]] = {writer: [] for writer in WRITERS}
    size = dict[str, int]()

    def build(writer: str, out: Path) -> None:
        cpu_s[writer].append(run(build_command(out, days=90, scale=scale, writer=writer, workers=1)))
        size[writer] = sum(entry.bytes for entry in read_manifest(out).files)

    bench.compare(lambda out: build("polars", out), lambda out: build("fastgen", out), rounds=rounds)
    polars, own = (statistics.median(cpu_s[writer][1:]) for writer in WRITERS)
    for what, value, detail in (
        ("processor time", polars / own, f"{polars:.2f} s; {own:.2f} s"),
        (
            "bytes",
            size["polars"] / size["fastgen"],
            " MB; ".join(f"{size[w] / 1e6:.1f}" for w in WRITERS) + " MB",
        ),
    ):
        bench.record(
            f"whole build by Polars' writer / by fastgen's, scale {scale}, {what}", value, detail=detail
        )


def test_memory_of_one_file(bench: Bench) -> None:
    """Nine days at scale 100 are as many events as ninety at scale 10."""

    def peak(scale: int, days: int) -> float:
        out = bench.fresh_folder()
        options = {"layout": "single", "writer": "polars", "workers": 1}
        return peak_mb(build_command(out, days=days, scale=scale, **options))

    days = 90 if FULL else 9
    small = peak(10, 9)
    large = bench.benchmark.pedantic(peak, args=(100, days))
    bench.record(
        f"peak memory of Polars' writer, one file, scale 100 ({days} days) / scale 10 (9 days)",
        large / small,
        bound=Bound(1.5),
        detail=f"{large:.0f} MB; {small:.0f} MB",
    )
