"""Measure Polars writing a finished frame alone, which builds are compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from benchmarks.frames import ParquetCodec, make_frames, write_parquet
from benchmarks.processes import ROADS
from fastgen.building.options import BuildOptions
from fastgen.building.plan import prepare

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.conftest import Bench


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    return pl.concat(make_frames(prepare(BuildOptions(days=90, roads=ROADS))).values(), rechunk=False)


@pytest.mark.parametrize("compression", ["zstd", "snappy", "uncompressed"])
def test_polars_alone(bench: Bench, frame: pl.DataFrame, compression: ParquetCodec) -> None:
    size = 0

    def write(out: Path) -> None:
        nonlocal size
        write_parquet(frame, out / "events.parquet", compression)
        size = (out / "events.parquet").stat().st_size

    (seconds,) = bench.compare(write, rounds=7)
    bench.record(
        f"Polars writing the canonical frame, {compression}",
        frame.height / seconds / 1e6,
        "M events/s",
        detail=f"{seconds:.3f} s, {size / 1e6:.1f} MB, {pl.thread_pool_size()} threads",
    )
