"""Give expanded rows as Arrow tables and Polars frames that share the memory of what they were made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from fastgen.events.kernels.expand import CREATED, DELIVERED, PICKED_UP, PING
from fastgen.events.schema import COLUMNS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.events.buffers import EventBuffers


# Bytes of a text that an Arrow string view holds itself.
VIEW_TEXT = 12


def to_arrow(buffers: EventBuffers, sequence_kind: str) -> pa.Table:
    """Wrap the columns of an buffers; texts as Arrow string views, routes into the table that all share."""
    orders, events, routes = buffers.orders, buffers.events, buffers.routes
    n_orders = len(orders.draw)
    n_rows = buffers.count_rows(n_orders)
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
    padded = np.concatenate([text, np.zeros(VIEW_TEXT, np.uint8)])
    head = padded[starts[:, None] + np.arange(VIEW_TEXT)]
    head[np.arange(VIEW_TEXT) >= length[:, None]] = 0
    short = np.ascontiguousarray(head[:, 4:]).view(np.int64)[:, 0]
    views[rows, 0] = length | np.ascontiguousarray(head[:, :4]).view(np.uint32)[:, 0].astype(np.int64) << 32
    views[rows, 1] = np.where(length <= VIEW_TEXT, short, starts << 32)
    return views


def _wrap(
    kind: pa.DataType, n_rows: int, bits: NDArray[np.uint8] | None, *values: NDArray[np.generic]
) -> pa.Array:
    buffers = [None if b is None else pa.py_buffer(np.ascontiguousarray(b)) for b in (bits, *values)]
    return pa.Array.from_buffers(kind, n_rows, buffers)
