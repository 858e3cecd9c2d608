"""Make the finished frames of a build beforehand, and let Polars write them: what a build is divided by.

Every frame keeps buffers of its own and shares the text of the routes, as the generator hands them over. The
files are the build's own: same folders, names, row groups, compression. What a build adds is not done here:
digests of rows and files, fsync, renaming, receipts, tables, manifest.
"""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal

import polars as pl

from fastgen.dataset.layout import ROW_GROUP_ROWS
from fastgen.events.buffer import EventBuffer, route_arrays
from fastgen.model.day_orders import DayOrders
from fastgen.simulate.day import simulate_day

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.building.plan import BuildPlan, Span

ParquetCodec = Literal["zstd", "snappy", "uncompressed"]


def simulate_span(plan: BuildPlan, span: Span) -> DayOrders:
    """Simulate the orders of a location's days."""
    place = span.location_id
    counts = {day: int(plan.n_orders[place][day]) for day in range(span.first_day, span.last_day + 1)}
    orders, at = DayOrders.empty(sum(counts.values()), plan.models[place].lines_max), 0
    for day, n in counts.items():
        first_index = int(plan.first_index[place][day])
        section = orders.section(at, at + n)
        simulate_day(plan.models[place], plan.tables[place].n_customers, day, 0, first_index, section)
        at += n
    return orders


def expand_span(plan: BuildPlan, span: Span, orders: DayOrders, buffer: EventBuffer) -> None:
    """Expand the orders of a span into a buffer."""
    epoch = dt.datetime.combine(plan.scenario.start, dt.time(), dt.UTC)
    routes = route_arrays(plan.tables[span.location_id])
    buffer.expand(orders, routes, plan.items, int(epoch.timestamp()), plan.scenario.driver.ping_interval_s)


def make_frame(plan: BuildPlan, span: Span) -> pl.DataFrame:
    """Make the rows of a location's days in a buffer of their own."""
    buffer = EventBuffer(plan.sequence_kind)
    expand_span(plan, span, simulate_span(plan, span), buffer)
    return pl.DataFrame(pl.from_arrow(buffer.to_arrow(None), rechunk=False))


def make_frames(plan: BuildPlan) -> dict[str, pl.DataFrame]:
    """Make the frame of every file of a hive plan whose files hold whole spans, by path."""
    return {file.path: make_frame(plan, file.spans[0]) for file in plan.files}


def write_parquet(frame: pl.DataFrame, path: Path, compression: ParquetCodec = "zstd") -> None:
    """Write a frame with the settings of a build, and nothing more."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path, compression=compression, row_group_size=ROW_GROUP_ROWS)


def write_frames(frames: dict[str, pl.DataFrame], out: Path, at_once: int) -> None:
    """Write every frame to its file, `at_once` of them at a time."""
    with ThreadPoolExecutor(at_once) as pool:
        for future in [pool.submit(write_parquet, frame, out / path) for path, frame in frames.items()]:
            future.result()
