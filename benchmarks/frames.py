"""Make the finished frames of a build beforehand, and let Polars write them: what a build is divided by.

Every frame keeps buffers of its own and shares the text of the routes, as the generator hands them over. The
files are the build's own: same folders, names, row groups, compression. What a build adds is not done here:
digests of rows and files, fsync, renaming, receipts, tables, manifest.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal

import polars as pl

from fastgen.dataset.layout import ROW_GROUP_ROWS
from fastgen.events.schema import COLUMNS
from fastgen.generating.frames import to_arrow
from fastgen.generating.maker import EventMaker
from fastgen.model.order_source import OrderRange
from fastgen.parquet.codecs import ZSTD_LEVEL

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.building.plan import BuildPlan
    from fastgen.events.buffers import EventBuffers
    from fastgen.generating.simulation import Span

# Hive files leave the location to their folder's name.
STORED = tuple(column.name for column in COLUMNS if column.name != "location_id")
ParquetCodec = Literal["zstd", "snappy", "uncompressed"]


def expand_span(plan: BuildPlan, span: Span) -> EventBuffers:
    """Make the rows of a location's days, in memory that nothing else writes to."""
    maker = EventMaker(plan)
    begin_span(plan, span, maker)
    maker.buffers.expand(0, len(maker.buffers.orders.draw))
    return maker.buffers


def begin_span(plan: BuildPlan, span: Span, maker: EventMaker) -> None:
    """Make the orders of a location's days, all at once."""
    n_orders, first_index = plan.source.n_orders, plan.source.first_index
    place = span.location_id
    days = range(span.first_day, span.last_day + 1)
    ranges = [OrderRange(day, 0, int(n_orders[place][day]), int(first_index[place][day])) for day in days]
    maker.begin(place, ranges)


def make_frame(plan: BuildPlan, span: Span) -> pl.DataFrame:
    """Make the rows of a location's days, columns that no later frame writes over."""
    table = to_arrow(expand_span(plan, span), span.location_id, plan.sequence_kind, STORED)
    return pl.DataFrame(pl.from_arrow(table, rechunk=False))


def make_frames(plan: BuildPlan) -> dict[str, pl.DataFrame]:
    """Make the frame of every file of a hive plan whose files hold whole spans, by path."""
    return {file.path: make_frame(plan, file.spans[0]) for file in plan.files}


def write_parquet(frame: pl.DataFrame, path: Path, compression: ParquetCodec = "zstd") -> None:
    """Write a frame with the settings of a build, and nothing more."""
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
