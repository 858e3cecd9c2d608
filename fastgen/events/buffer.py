"""Expand orders into buffers that are used again and again, and hand them over as Arrow columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from fastgen.events.schema import COLUMNS
from fastgen.kernels.expand import (
    N_BEFORE_PINGS,
    EventArrays,
    ItemTexts,
    RouteArrays,
    expand_events,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.model.day_orders import DayOrders
    from fastgen.model.route_table import RouteTable

SLACK = 1.1  # a part of about the same size should fit without new buffers
_VALIDITY = {
    "customer_lat": "customer_valid",
    "customer_lon": "customer_valid",
    "customer_addr": "created_valid",
    "items_json": "created_valid",
    "route_json": "picked_up_valid",
    "ping_lat": "ping_valid",
    "ping_lon": "ping_valid",
    "ping_progress": "ping_valid",
}
_ARROW_TYPES = {
    "str": pa.string_view(),
    "i8": pa.int8(),
    "i16": pa.int16(),
    "i64": pa.int64(),
    "f32": pa.float32(),
}


def route_arrays(table: RouteTable) -> RouteArrays:
    """Pick from a route table what expansion reads."""
    return RouteArrays(*(_read_only(getattr(table, name)) for name in RouteArrays._fields))


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    """View an array so that it can't be written to: a type of its own for Numba, and that of mapped files."""
    view = array.view()
    view.flags.writeable = False
    return view


@dataclass
class EventBuffer:
    """Columns of one stretch of events at a time.

    What `expand` returns and `to_arrow` hands over is overwritten by the next `expand`; until then nothing is
    copied.

    Attributes
    ----------
    sequence_kind
        "i8" or "i16", for the whole dataset.
    """

    sequence_kind: str
    _events: EventArrays | None = None
    _n_orders: int = 0
    _route_text: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))

    def expand(
        self, orders: DayOrders, routes: RouteArrays, items: ItemTexts, epoch_s: int, ping_interval_s: int
    ) -> EventArrays:
        """Expand orders into rows.

        Parameters
        ----------
        orders
            Orders of one location.
        routes, items
            What their customers and lines refer to.
        epoch_s
            Unix seconds of day 0, 00:00.
        ping_interval_s
            Seconds between pings.
        """
        n_rows, addr_bytes, items_bytes = _size(orders, routes, items)
        events = self._room(len(orders.draw), n_rows, addr_bytes, items_bytes)
        expand_events(orders, routes, items, epoch_s, ping_interval_s, self._n_orders, events)
        self._n_orders, self._route_text = len(orders.draw), routes.text
        return events

    @property
    def n_rows(self) -> int:
        """Rows of the last expansion."""
        return 0 if self._events is None else int(self._events.row_start[self._n_orders])

    def to_arrow(self, location_id: int | None) -> pa.Table:
        """Hand over the last expansion as an Arrow table, without a copy.

        Parameters
        ----------
        location_id
            Value of the location_id column; None leaves it out.
        """
        columns = {}
        for column in COLUMNS:
            if column.name != "location_id":
                columns[column.name] = self._to_array(column.name, column.kind)
            elif location_id is not None:
                columns[column.name] = pa.array(np.full(self.n_rows, location_id, np.int8))
        return pa.table(columns)

    def _to_array(self, name: str, kind: str) -> pa.Array:
        if self._events is None:
            raise RuntimeError("Expected expand() before to_arrow().")
        kind = self.sequence_kind if name == "sequence" else kind
        validity = getattr(self._events, _VALIDITY[name]) if name in _VALIDITY else None
        buffers = [validity, getattr(self._events, name)]
        if kind == "str":
            texts = {
                "order_id": [],
                "customer_addr": [self._events.addr_text],
                "items_json": [self._events.items_text],
                "route_json": [self._route_text],
            }
            buffers += texts[name]
        arrow = [None if b is None else pa.py_buffer(b) for b in buffers]
        return pa.Array.from_buffers(_ARROW_TYPES[kind], self.n_rows, arrow)

    def _room(self, n_orders: int, n_rows: int, addr_bytes: int, items_bytes: int) -> EventArrays:
        """Make the buffers large enough, and clean where the kernel expects zeros."""
        old = self._events
        if old is not None:
            fits = len(old.ts_seconds) >= n_rows and len(old.row_start) > n_orders
            if fits and len(old.addr_text) >= addr_bytes and len(old.items_text) >= items_bytes:
                for bits in (old.customer_valid, old.created_valid, old.picked_up_valid, old.ping_valid):
                    bits[: n_rows // 8 + 1] = 0
                return old
        self._events, self._n_orders = None, 0  # the old buffers go before the new ones come
        del old
        self._events = _allocate(
            int(n_orders * SLACK),
            int(n_rows * SLACK),
            int(addr_bytes * SLACK),
            int(items_bytes * SLACK),
            self.sequence_kind,
        )
        return self._events


def _size(orders: DayOrders, routes: RouteArrays, items: ItemTexts) -> tuple[int, int, int]:
    """Count the rows, and bound the bytes of addresses and of items; pages beyond the need stay untouched."""
    n_orders, customer = len(orders.draw), orders.customer
    n_pings = int((routes.ping_start[customer + 1] - routes.ping_start[customer]).sum())
    number_bytes = len(str(int(orders.house_number.max(initial=0))))
    street_bytes, item_bytes = (
        int(np.diff(routes.street_start).max()),
        int(np.diff(items.start).max(initial=0)),
    )
    n_lines = int(orders.line_start[-1])
    return (
        (N_BEFORE_PINGS + 1) * n_orders + n_pings,
        n_orders * (number_bytes + street_bytes),
        n_lines * (item_bytes + 3) + 2 * n_orders,
    )


def _allocate(
    n_orders: int, n_rows: int, addr_bytes: int, items_bytes: int, sequence_kind: str
) -> EventArrays:
    def views() -> NDArray[np.int64]:
        return np.zeros((n_rows, 2), np.int64)

    def floats() -> NDArray[np.float32]:
        return np.empty(n_rows, np.float32)

    def bits() -> NDArray[np.uint8]:
        return np.zeros(n_rows // 8 + 1, np.uint8)

    return EventArrays(
        order_id=views(),
        event_type_id=np.empty(n_rows, np.int8),
        ts_seconds=np.empty(n_rows, np.int64),
        sequence=np.empty(n_rows, np.int8 if sequence_kind == "i8" else np.int16),
        customer_lat=floats(),
        customer_lon=floats(),
        customer_addr=views(),
        items_json=views(),
        route_json=views(),
        ping_lat=floats(),
        ping_lon=floats(),
        ping_progress=floats(),
        customer_valid=bits(),
        created_valid=bits(),
        picked_up_valid=bits(),
        ping_valid=bits(),
        row_start=np.zeros(n_orders + 1, np.int64),
        addr_text=np.empty(addr_bytes, np.uint8),
        addr_start=np.zeros(n_orders + 1, np.int64),
        items_text=np.empty(items_bytes, np.uint8),
        items_start=np.zeros(n_orders + 1, np.int64),
    )
