"""Expand orders into columns whose memory is used again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.events.kernels.endings import keep_what_happened
from fastgen.events.kernels.expand import (
    FIRST_ROW,
    EventArrays,
    ItemTexts,
    RouteArrays,
    expand_events,
)
from fastgen.events.schema import CANCELLED, CREATED, FLOATS, ID_MAX, N_BEFORE_PINGS, PICKED_UP, TEXTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.model.day_orders import DayOrders
    from fastgen.model.route_table import RouteTable

SLACK = 1.1  # so that the next part, of about the same size, fits too


def route_arrays(table: RouteTable) -> RouteArrays:
    """Pick the arrays of a route table that the expansion reads."""
    return RouteArrays(*(read_only(getattr(table, name)) for name in RouteArrays._fields))


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """View an array read-only, like those of mapped files: Numba compiles a kernel again for another type."""
    view = array.view()
    view.flags.writeable = False
    return view


class EventBuffers:
    """The events of some orders of one location, expanded part by part.

    The memory is kept from one `begin` to the next, which overwrites it: new memory costs page faults.

    Attributes
    ----------
    orders, routes, events
        The orders, their routes, and the columns of the orders expanded so far.
    """

    def __init__(self) -> None:
        self.events = _allocate(0, 0, 0, 0)

    def begin(
        self, orders: DayOrders, routes: RouteArrays, items: ItemTexts, epoch_s: int, ping_interval_s: int
    ) -> None:
        """Start on some orders, and allocate memory for their rows.

        Parameters
        ----------
        orders
            Orders of one location.
        routes, items
            Routes of the customers, and JSON of the items, that the orders refer to.
        epoch_s
            Unix seconds of day 0, 00:00.
        ping_interval_s
            Seconds between pings.
        """
        self.orders, self.routes, self._items = orders, routes, items
        self._times = (epoch_s, ping_interval_s)
        self._id_bytes = np.ascontiguousarray(orders.id_view).reshape(-1).view(np.uint8)
        # Orders, rows, bytes of addresses and of items.
        needed, events = _size(orders, routes, items), self.events
        room = (len(events.start) - 1, len(events.ts_seconds), *map(len, events[-2:]))
        if any(n > m for n, m in zip(needed, room, strict=True)):
            del events
            self.events = _allocate(0, 0, 0, 0)  # free the old memory before new is allocated
            self.events = _allocate(*(int(n * SLACK) for n in needed))
        self.events.start[0] = 0

    def expand(self, first: int, last: int) -> None:
        """Expand the orders first..last-1; the orders before must have been expanded."""
        orders, ids = self.orders, self._id_bytes
        expand_events(orders, ids, self.routes, self._items, self._times, first, last, self.events)
        if orders.endings is not None:
            keep_what_happened(orders, ids, self.routes, self._times, first, last, self.events)

    def count_rows(self, n_orders: int) -> int:
        """Count the rows of the first `n_orders` orders."""
        return int(self.events.start[n_orders, FIRST_ROW])

    def picked_up_customers(self, first: int, last: int) -> NDArray[np.int32]:
        """List the customers of the orders first..last-1 that are picked up, int32 (k,)."""
        orders = self.orders.section(first, last)
        if orders.endings is None:
            return orders.customer
        return orders.customer[orders.happens(PICKED_UP - CREATED)]

    def reasons(self, first: int, last: int) -> NDArray[np.int64]:
        """List why orders among first..last-1 are cancelled, int64 (k,): places in `CANCEL_REASONS`."""
        endings, last_rows = self.orders.endings, self.events.start[first + 1 : last + 1, FIRST_ROW] - 1
        if endings is None:
            return np.zeros(0, np.int64)
        is_cancelled = self.events.event_type_id[last_rows] == CANCELLED
        places: NDArray[np.int64] = endings.reason[first:last][is_cancelled].astype(np.int64) - 1
        return places


def _size(orders: DayOrders, routes: RouteArrays, items: ItemTexts) -> tuple[int, int, int, int]:
    """Count orders and rows, and bound the bytes of addresses and of items.

    A bound that is too high costs nothing: memory pages that are never touched are never allocated.
    """
    n_orders, customer = len(orders.draw), orders.customer
    n_pings = int((routes.ping_start[customer + 1] - routes.ping_start[customer]).sum())
    # Of the longest address: its number and its street, which has a blank in front.
    number_bytes = len(str(int(orders.house_number.max(initial=0))))
    street_bytes, item_bytes = (
        int(np.diff(routes.street_start).max()),
        int(np.diff(items.start).max(initial=0)),
    )
    n_lines = int(orders.line_start[-1] - orders.line_start[0])
    return (
        n_orders,
        (N_BEFORE_PINGS + 1) * n_orders + n_pings,
        n_orders * (number_bytes + street_bytes),
        # The JSON up to the quantity; a digit, "}" and "," for each line; brackets for each order.
        n_lines * (item_bytes + 3) + 2 * n_orders,
    )


def _allocate(n_orders: int, n_rows: int, addr_bytes: int, items_bytes: int) -> EventArrays:
    return EventArrays(
        start=np.zeros((n_orders + 1, 5), np.int64),
        event_type_id=np.empty(n_rows, np.int8),
        ts_seconds=np.empty(n_rows, np.int64),
        sequence=np.empty(n_rows, np.int16),
        floats=np.empty((len(FLOATS), n_rows), np.float32),
        lengths=np.empty((len(TEXTS), n_rows), np.uint32),
        ping=np.empty(n_rows, np.int32),
        id_text=np.empty((n_rows + 1) * ID_MAX, np.uint8),
        addr_text=np.empty(addr_bytes, np.uint8),
        items_text=np.empty(items_bytes, np.uint8),
    )
