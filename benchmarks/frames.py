"""Make the frames of a build, and write them with Polars: the time that a build is compared with.

The files are those of the build: same folders, names, row groups and compression. All other work of a build
is left out: digests of rows and files, fsync, renaming, receipts, tables, manifest. Frames share the texts of
routes, and have their other buffers for themselves.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal

from fastgen.dataset.layout import ROW_GROUP_ROWS
from fastgen.events.schema import COLUMNS
from fastgen.generating.frames import to_frame
from fastgen.generating.maker import EventMaker
from fastgen.model.order_source import OrderRange
from fastgen.parquet.codecs import ZSTD_LEVEL

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from fastgen.building.plan import BuildPlan
    from fastgen.events.buffers import EventBuffers
    from fastgen.generating.simulation import Span

# Columns of hive files, where the location is in the name of the folder.
STORED = tuple(column.name for column in COLUMNS if column.name != "location_id")
ParquetCodec = Literal["zstd", "snappy", "uncompressed"]


def expand_span(plan: BuildPlan, span: Span) -> EventBuffers:
    """Make the rows of a location's days in new memory."""
    maker = EventMaker(plan)
    begin_span(plan, span, maker)
    maker.buffers.expand(0, len(maker.buffers.orders.draw))
    return maker.buffers


def begin_span(plan: BuildPlan, span: Span, maker: EventMaker) -> None:
    """Make the orders of a location's days in one call."""
    n_orders, first_index = plan.source.n_orders, plan.source.first_index
    key = span.location_id
    days = range(span.first_day, span.last_day + 1)
    ranges = [OrderRange(day, 0, int(n_orders[key][day]), int(first_index[key][day])) for day in days]
    maker.begin(key, ranges)


def make_frame(plan: BuildPlan, span: Span) -> pl.DataFrame:
    """Make the frame of a location's days; no later frame writes into its columns."""
    return to_frame(expand_span(plan, span), span.location_id, plan.table_form, STORED)


def make_frames(plan: BuildPlan) -> dict[str, pl.DataFrame]:
    """Make the frame of every file of a hive plan, by path; each file has one span."""
    return {file.path: make_frame(plan, file.spans[0]) for file in plan.files}


def write_parquet(frame: pl.DataFrame, path: Path, compression: ParquetCodec = "zstd") -> None:
    """Write a frame with the Parquet settings of a build."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(
        path,
        compression=compression,
        compression_level=ZSTD_LEVEL if compression == "zstd" else None,
        row_group_size=ROW_GROUP_ROWS,
    )


def write_frames(frames: dict[str, pl.DataFrame], out: Path, at_once: int) -> None:
    """Write every frame to its file, `at_once` of them at a time."""
    with ThreadPoolExecutor(at_once) as pool:
        for future in [pool.submit(write_parquet, frame, out / path) for path, frame in frames.items()]:
            future.result()
