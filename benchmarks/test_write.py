"""The encoder is the floor under every build: what it alone reaches, and what whole files add to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from benchmarks.frames import ParquetCodec, make_frames, write_parquet
from benchmarks.processes import ROADS
from fastgen.building.local import prepare
from fastgen.dataset.writer import write_frame

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.conftest import Bench


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    return pl.concat(make_frames(prepare(days=90, roads=ROADS)).values(), rechunk=False)


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


def test_whole_file(bench: Bench, frame: pl.DataFrame) -> None:
    own, bare = bench.compare(
        lambda out: write_frame(out / "own.parquet", frame, "zstd", {}),
        lambda out: write_parquet(frame, out / "bare.parquet"),
        rounds=7,
    )
    detail = f"{own:.3f} s; {bare:.3f} s"
    bench.record("file hashed, fsynced and renamed / Polars writing it", own / bare, detail=detail)
