"""Measure the gain of a second worker at each scale, and a build on Spark against two workers."""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import warnings
from typing import TYPE_CHECKING

import pytest

import fastgen.spark
from benchmarks.processes import ROADS
from benchmarks.worker import WarmWorker
from fastgen.building.build import build
from fastgen.dataset.manifest import read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyspark.sql import SparkSession

    from benchmarks.conftest import Bench

FULL = bool(os.environ.get("FASTGEN_BENCH_FULL"))
SCALES = [1, 10, *([100] if FULL else [])]
ROUNDS = {1: 5, 10: 3, 100: 1}


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    """Start a local Spark session with two worker threads."""
    if shutil.which("java") is None:
        pytest.skip("Spark needs java, which is missing")
    from pyspark.sql import SparkSession  # noqa: PLC0415  # heavy

    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
        session.sparkContext.setLogLevel("OFF")
        yield session
        session.stop()


@pytest.mark.parametrize("scale", SCALES)
def test_workers(bench: Bench, scale: int) -> None:
    rows: list[int] = []

    def run(out: Path, workers: int) -> None:
        rows.append(build(out, scale=scale, workers=workers, roads=ROADS).manifest.rows)

    two_s, one_s = bench.compare(lambda out: run(out, 2), lambda out: run(out, 1), rounds=ROUNDS[scale])
    events = statistics.median(rows) / 1e6
    bench.record(
        f"2 workers / 1 worker, events a second, scale {scale}",
        one_s / two_s,
        detail=f"{events / two_s:.2f} M/s; {events / one_s:.2f} M/s",
    )


@pytest.mark.parametrize("scale", SCALES)
def test_spark_against_workers(bench: Bench, spark: SparkSession, tmp_path: Path, scale: int) -> None:
    """Compare in a session whose workers have started: their start doesn't count in large builds."""
    digests: set[str] = set()
    with WarmWorker(2, scale, tmp_path / "warm") as two:

        def by_spark(out: Path) -> None:
            digests.add(fastgen.spark.build(spark, None, out, scale=scale, roads=ROADS).manifest.digest)

        def by_workers(out: Path) -> None:
            two.start(out)
            two.rate()
            digests.add(read_manifest(out).digest)

        spark_s, workers_s = bench.compare(by_spark, by_workers, rounds=ROUNDS[scale])
    assert len(digests) == 1
    bench.record(
        f"build on Spark local[2] / with 2 workers, scale {scale}",
        spark_s / workers_s,
        detail=f"{spark_s:.2f} s; {workers_s:.2f} s",
    )
