"""Convert rows in buffers to Arrow tables and Polars frames, which share the memory of the buffers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from fastgen.dataset.event_part import MADE_COLUMNS
from fastgen.events.kernels.expand import FIRST_ADDR, FIRST_ITEMS, FIRST_ROW
from fastgen.events.schema import (
    CANCEL_REASON,
    CANCELLED,
    CREATED,
    DELIVERED,
    FLOATS,
    NUMPY_TYPES,
    PICKED_UP,
    TEXTS,
    stored_columns,
)
from fastgen.model.day_orders import CANCEL_REASONS
from fastgen.units import US_PER_S

if TYPE_CHECKING:
    from collections.abc import Collection

    import polars as pl
    from numpy.typing import NDArray

    from fastgen.events.buffers import EventBuffers
    from fastgen.events.schema import Column, TableForm
    from fastgen.model.day_orders import DayOrders, Endings

# A string view of Arrow has 16 bytes: inside are a text of up to 12 bytes, or the first 4 of a longer one.
VIEW_TEXT, VIEW_PREFIX = 12, 4
# Place of the row driver_picked_up among the rows of an order, which begin with order_created.
PICKED_UP_AT = PICKED_UP - CREATED
US_PER_TENTH = 6_000_000  # of a minute


def to_frame(
    buffers: EventBuffers, location_id: int, form: TableForm, columns: Collection[str] | None = None
) -> pl.DataFrame:
    """Convert rows to a Polars frame; parameters as `to_arrow`."""
    import polars as pl  # noqa: PLC0415  # slow to load, and an Arrow table does without

    # Rechunking would copy every column.
    return pl.DataFrame(pl.from_arrow(to_arrow(buffers, location_id, form, columns), rechunk=False))


def to_arrow(
    buffers: EventBuffers, location_id: int, form: TableForm, columns: Collection[str] | None = None
) -> pa.Table:
    """Convert all rows that are expanded to an Arrow table.

    Numbers and texts stay where they are, so nothing else may write to the buffers from now on.

    Parameters
    ----------
    buffers
        All orders of a chunk, expanded.
    location_id
        Their location.
    form
        What the event table has of its own.
    columns
        Names of the columns wanted; None for all that are stored. The table has them in the schema's order,
        then those of `MADE_COLUMNS`.
    """
    rows = _Rows(buffers, location_id)
    wanted = [c for c in stored_columns(form) if columns is None or c.name in columns]
    arrays = {column.name: rows.column(column) for column in wanted}
    return pa.table(arrays | {name: rows.made(name) for name in MADE_COLUMNS if columns and name in columns})


class _Rows:
    """The columns of some rows, made as they are asked for."""

    def __init__(self, buffers: EventBuffers, location_id: int) -> None:
        self._buffers, self._location_id = buffers, location_id
        self._n_orders = len(buffers.orders.draw)
        self._n_rows = buffers.count_rows(self._n_orders)
        self._kinds = buffers.events.event_type_id[: self._n_rows]

    def column(self, column: Column) -> pa.Array:
        """Make one column."""
        name = column.name
        if name == "order_id":
            n_rows = np.diff(self._buffers.events.start[: self._n_orders + 1, FIRST_ROW])
            return self._wrap(pa.string_view(), None, np.repeat(self._buffers.orders.id_view, n_rows, axis=0))
        if name in TEXTS:
            return self._text(column)
        if name == CANCEL_REASON.name:
            return self._reasons(column)
        if name in FLOATS:
            values = self._buffers.events.floats[FLOATS.index(name)][: self._n_rows]
            return self._wrap(pa.float32(), self._validity(column), values)
        if name == "location_id":
            return self._wrap(pa.int8(), None, np.full(self._n_rows, self._location_id, np.int8))
        dtype = NUMPY_TYPES[column.kind]
        values = getattr(self._buffers.events, name)[: self._n_rows].astype(dtype, copy=False)
        bits = self._validity(column) if column.nullable else None
        return self._wrap(pa.from_numpy_dtype(dtype), bits, values)

    def made(self, name: str) -> pa.Array:
        """Make one of `MADE_COLUMNS`."""
        orders, starts = self._buffers.orders, self._buffers.events.start[: self._n_orders + 1, FIRST_ROW]
        routes = self._buffers.routes
        if name == "eta_tenths":
            # From the pick-up to the delivery, rounded half up: docs/model.md, 7.5.
            drive_us = routes.drive_us[self._buffers.picked_up_customers(0, self._n_orders)]
            values = np.zeros(self._n_rows, np.int64)
            values[self._picked_up()] = (drive_us + US_PER_TENTH // 2) // US_PER_TENTH
        elif orders.endings is not None:
            values = self._times_us(orders, orders.endings) % US_PER_S
        else:
            drive_us, picked_up_us = routes.drive_us[orders.customer], orders.times_us[:, PICKED_UP_AT]
            # Pings are whole seconds after the pick-up, so they have its microseconds.
            values = np.repeat(picked_up_us, np.diff(starts))
            for n_after in range(PICKED_UP_AT):
                values[starts[:-1] + n_after] = orders.times_us[:, n_after]
            values[starts[1:] - 1] = picked_up_us + drive_us
            values %= US_PER_S
        return self._wrap(pa.int64(), None, values)

    def _times_us(self, orders: DayOrders, endings: Endings) -> NDArray[np.int64]:
        """Compute when each row of orders that may end early happens, but pings at their pick-up."""
        kinds = self._kinds
        order = np.repeat(
            np.arange(self._n_orders), np.diff(self._buffers.events.start[: self._n_orders + 1, FIRST_ROW])
        )
        times_us = orders.times_us[order, np.minimum(kinds - CREATED, PICKED_UP_AT)]
        drive_us = self._buffers.routes.drive_us[orders.customer[order]]
        times_us += np.where(kinds == DELIVERED, drive_us, 0)
        return np.where(kinds == CANCELLED, endings.cancelled_us[order], times_us)

    def _picked_up(self) -> NDArray[np.int64]:
        """Find the rows of driver_picked_up, int64 (k,)."""
        if self._buffers.orders.endings is not None:
            return np.flatnonzero(self._kinds == PICKED_UP)
        # Every order has one, in the same place.
        return self._buffers.events.start[: self._n_orders, FIRST_ROW] + PICKED_UP_AT

    def _validity(self, column: Column) -> NDArray[np.uint8]:
        """Pack which rows have a value."""
        # The type of the event decides which columns have a value. Arrow's first row is the lowest bit.
        is_set = np.logical_or.reduce([self._kinds == event_type for event_type in column.set_on])
        return np.packbits(is_set, bitorder="little")

    def _text(self, column: Column) -> pa.Array:
        """Make a column of texts, each of which one row of an order has."""
        name = column.name
        events, routes = self._buffers.events, self._buffers.routes
        rows = events.start[: self._n_orders, FIRST_ROW]
        if name == "route_json":
            # All orders of a customer share the text of one route.
            rows, text = self._picked_up(), routes.text
            starts = routes.text_start[self._buffers.picked_up_customers(0, self._n_orders)]
        else:
            text = events.addr_text if name == "customer_addr" else events.items_text
            starts = events.start[: self._n_orders, FIRST_ADDR if name == "customer_addr" else FIRST_ITEMS]
        lengths = events.lengths[TEXTS.index(name)][rows].astype(np.int64)
        views = np.zeros((self._n_rows, 2), np.int64)
        views[rows] = _views(starts, lengths, text)
        return self._wrap(pa.string_view(), self._validity(column), views, text)

    def _reasons(self, column: Column) -> pa.Array:
        """Make the column of the reasons: views of the texts of all reasons, one after another."""
        reasons = [reason.encode() for reason in CANCEL_REASONS]
        lengths, text = np.array(list(map(len, reasons))), np.frombuffer(b"".join(reasons), np.uint8)
        reason = self._buffers.reasons(0, self._n_orders)
        views = np.zeros((self._n_rows, 2), np.int64)
        views[self._kinds == CANCELLED] = _views(lengths.cumsum() - lengths, lengths, text)[reason]
        return self._wrap(pa.string_view(), self._validity(column), views, text)

    def _wrap(
        self, kind: pa.DataType, bits: NDArray[np.uint8] | None, *values: NDArray[np.generic]
    ) -> pa.Array:
        buffers = [None if b is None else pa.py_buffer(np.ascontiguousarray(b)) for b in (bits, *values)]
        return pa.Array.from_buffers(kind, self._n_rows, buffers)


def _views(
    starts: NDArray[np.int64], lengths: NDArray[np.int64], text: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """Make Arrow string views, int64 (n, 2): length and prefix, then the rest of a short text, or a place."""
    # Reads 12 bytes of each text, also beyond its end, and then clears those that aren't its own: Arrow wants
    # zeros there, because views are compared as a whole.
    last = max(len(text) - 1, 0)
    head = text[np.minimum(starts[:, None] + np.arange(VIEW_TEXT), last)]
    head[np.arange(VIEW_TEXT) >= lengths[:, None]] = 0
    prefix = np.ascontiguousarray(head[:, :VIEW_PREFIX]).view(np.uint32)[:, 0].astype(np.int64)
    rest = np.ascontiguousarray(head[:, VIEW_PREFIX:]).view(np.int64)[:, 0]
    # A longer text is in the only buffer, number 0, from its start on.
    return np.stack([lengths | prefix << 32, np.where(lengths <= VIEW_TEXT, rest, starts << 32)], 1)
