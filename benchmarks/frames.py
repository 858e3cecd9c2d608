"""Make the finished frames of a build beforehand, and let Polars write them: what a build is divided by.

Every frame keeps buffers of its own and shares the text of the routes, as the generator hands them over. The
files are the build's own: same folders, names, row groups, compression. What a build adds is not done here:
digests of rows and files, fsync, renaming, receipts, tables, manifest.
"""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl
import pyarrow as pa

from fastgen.dataset.layout import ROW_GROUP_ROWS
from fastgen.events.buffers import EventBuffers, route_arrays
from fastgen.events.kernels.expand import CREATED, DELIVERED, PICKED_UP, PING
from fastgen.events.schema import COLUMNS
from fastgen.model.day_orders import DayOrders
from fastgen.orders.draws import OrderRange, simulate
from fastgen.parquet.codecs import ZSTD_LEVEL

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.building.plan import BuildPlan, Span

ParquetCodec = Literal["zstd", "snappy", "uncompressed"]


def simulate_span(plan: BuildPlan, span: Span) -> DayOrders:
    """Simulate the orders of a location's days."""
    place = span.location_id
    n_orders, first_index = plan.n_orders[place], plan.first_index[place]
    stretches = [
        OrderRange(day, 0, int(n_orders[day]), int(first_index[day]))
        for day in range(span.first_day, span.last_day + 1)
    ]
    orders = DayOrders.empty(sum(s.n_orders for s in stretches), plan.models[place].lines_max)
    simulate(plan.models[place], plan.tables[place].n_customers, stretches, orders)
    return orders


def expand_span(plan: BuildPlan, span: Span, orders: DayOrders, expansion: EventBuffers) -> None:
    """Expand the orders of a span."""
    epoch = dt.datetime.combine(plan.scenario.start, dt.time(), dt.UTC)
    routes, interval_s = route_arrays(plan.tables[span.location_id]), plan.scenario.driver.ping_interval_s
    expansion.begin(orders, routes, plan.items, int(epoch.timestamp()), interval_s)
    expansion.expand(0, len(orders.draw))


def make_frame(plan: BuildPlan, span: Span) -> pl.DataFrame:
    """Make the rows of a location's days, columns that no later frame writes over."""
    expansion = EventBuffers()
    expand_span(plan, span, simulate_span(plan, span), expansion)
    return pl.DataFrame(pl.from_arrow(to_arrow(expansion, plan.sequence_kind), rechunk=False))


def to_arrow(expansion: EventBuffers, sequence_kind: str) -> pa.Table:
    """Wrap the columns of an expansion; texts as Arrow string views, routes into the table that all share."""
    orders, events, routes = expansion.orders, expansion.events, expansion.routes
    n_orders = len(orders.draw)
    n_rows = expansion.count_rows(n_orders)
    first = events.start[:n_orders, 0]
    kinds, per_order = events.event_type_id[:n_rows], np.diff(events.start[: n_orders + 1, 0])
    is_set = {
        "created": kinds == CREATED,
        "customer": (kinds == CREATED) | (kinds == DELIVERED),
        "route": kinds == PICKED_UP,
        "ping": kinds == PING,
    }
    texts = {
        "customer_addr": ("created", first, events.start[:, 2], events.addr_text, events.lengths[1]),
        "items_json": ("created", first, events.start[:, 3], events.items_text, events.lengths[2]),
        "route_json": (
            *("route", first + 5, routes.text_start[orders.customer]),
            *(routes.text, events.lengths[3]),
        ),
    }
    floats = {
        name: (group, events.floats[k])
        for k, (name, group) in enumerate(
            [(f"customer_{x}", "customer") for x in ("lat", "lon")]
            + [(f"ping_{x}", "ping") for x in ("lat", "lon", "progress")]
        )
    }
    columns = {}
    for column in COLUMNS:
        name, bits = column.name, None
        if name == "location_id":
            continue
        if name == "order_id":
            views = np.repeat(orders.id_view, per_order, axis=0)
            columns[name] = _wrap(pa.string_view(), n_rows, None, views)
        elif name in texts:
            group, rows, starts, text, lengths = texts[name]
            bits = np.packbits(is_set[group], bitorder="little")
            columns[name] = _wrap(
                pa.string_view(), n_rows, bits, _views(n_rows, rows, starts, text, lengths), text
            )
        elif name in floats:
            group, values = floats[name]
            bits = np.packbits(is_set[group], bitorder="little")
            columns[name] = _wrap(pa.float32(), n_rows, bits, values[:n_rows])
        else:
            values = getattr(events, name)[:n_rows]
            kind = sequence_kind if name == "sequence" else column.kind
            numpy_type = {"i8": np.int8, "i16": np.int16, "i64": np.int64}[kind]
            columns[name] = _wrap(pa.from_numpy_dtype(numpy_type), n_rows, None, values.astype(numpy_type))
    return pa.table(columns)


def _views(
    n_rows: int,
    rows: NDArray[np.int64],
    starts: NDArray[np.int64],
    text: NDArray[np.uint8],
    lengths: NDArray[np.uint32],
) -> NDArray[np.int64]:
    """Make string views, int64 (n_rows, 2): length, four bytes, then the rest, or a longer text's place."""
    views, starts, length = (
        np.zeros((n_rows, 2), np.int64),
        starts[: len(rows)],
        lengths[rows].astype(np.int64),
    )
    padded = np.concatenate([text, np.zeros(12, np.uint8)])
    head = padded[starts[:, None] + np.arange(12)]
    head[np.arange(12) >= length[:, None]] = 0
    short = np.ascontiguousarray(head[:, 4:]).view(np.int64)[:, 0]
    views[rows, 0] = length | np.ascontiguousarray(head[:, :4]).view(np.uint32)[:, 0].astype(np.int64) << 32
    views[rows, 1] = np.where(length <= 12, short, starts << 32)
    return views


def _wrap(
    kind: pa.DataType, n_rows: int, bits: NDArray[np.uint8] | None, *values: NDArray[np.generic]
) -> pa.Array:
    buffers = [None if b is None else pa.py_buffer(np.ascontiguousarray(b)) for b in (bits, *values)]
    return pa.Array.from_buffers(kind, n_rows, buffers)


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
