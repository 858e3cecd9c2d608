"""Define the arrays of simulated orders, one entry for each order, and how orders can end early."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Why an order is cancelled. `Endings.reason` has the place in this list, counted from 1.
CANCEL_REASONS = ("kitchen_closed", "no_route")
# As the cut of an order: it is not cut.
NEVER_US = 2**62
# As a time: it hasn't come. Less than any time: those of places east of Greenwich may be a little below 0.
NOT_YET_US = -NEVER_US


class Endings(NamedTuple):
    """How orders end, in a source of orders that may end early.

    An order is delivered, or cancelled before its pick-up, or *open*: its events end at a cut.

    Attributes
    ----------
    cut_us
        int64 (n_orders,), microseconds since the epoch: what happens then or later is no event. `NEVER_US`:
        no cut. After the order's creation.
    cancelled_us
        int64 (n_orders,), microseconds since the epoch; `NOT_YET_US`: not cancelled. Not before any step of
        the order that happens.
    reason
        int8 (n_orders,), place of the reason in `CANCEL_REASONS`, counted from 1; 0: not cancelled.
    """

    cut_us: NDArray[np.int64]
    cancelled_us: NDArray[np.int64]
    reason: NDArray[np.int8]

    @classmethod
    def empty(cls, n_orders: int) -> Self:
        """Allocate arrays for `n_orders` orders."""
        return cls(np.empty(n_orders, np.int64), np.empty(n_orders, np.int64), np.empty(n_orders, np.int8))

    def section(self, first: int, last: int) -> Self:
        """View the orders first..last-1."""
        return self._replace(
            cut_us=self.cut_us[first:last],
            cancelled_us=self.cancelled_us[first:last],
            reason=self.reason[first:last],
        )


class DayOrders(NamedTuple):
    """Orders of one location, sorted by day, creation microsecond and draw number.

    A line of an order is one item with its quantity.

    Attributes
    ----------
    draw
        int64 (n_orders,), draw number: addresses the order's random draws within its day.
    times_us
        int64 (n_orders, 6), microseconds since the epoch (day 0, 00:00): created, started, finished, ready,
        driver arrived, picked up. `NOT_YET_US` for a step that never happens, which only orders with endings
        may have.
    customer
        int32 (n_orders,), index of the customer in the route table.
    house_number
        int32 (n_orders,), number of the customer's house in its street.
    id_view
        int64 (n_orders, 2), order id as an Arrow string view: its length in 4 bytes, then its characters.
    line_start
        int64 (n_orders + 1,), offsets into the lines: order i has line_start[i]:line_start[i + 1].
    line_item
        int32 (n_lines,), row of the items table.
    line_qty
        int8 (n_lines,), quantity.
    endings
        How each order ends; None: all are delivered.
    """

    draw: NDArray[np.int64]
    times_us: NDArray[np.int64]
    customer: NDArray[np.int32]
    house_number: NDArray[np.int32]
    id_view: NDArray[np.int64]
    line_start: NDArray[np.int64]
    line_item: NDArray[np.int32]
    line_qty: NDArray[np.int8]
    endings: Endings | None = None

    @classmethod
    def empty(cls, n_orders: int, lines_max: int, *, with_endings: bool = False) -> Self:
        """Allocate arrays for `n_orders` orders of at most `lines_max` lines each."""
        return cls(
            draw=np.empty(n_orders, np.int64),
            times_us=np.empty((n_orders, 6), np.int64),
            customer=np.empty(n_orders, np.int32),
            house_number=np.empty(n_orders, np.int32),
            id_view=np.empty((n_orders, 2), np.int64),
            line_start=np.zeros(n_orders + 1, np.int64),
            # For the worst case: memory pages that no line reaches are never touched, and so cost nothing.
            line_item=np.empty(n_orders * lines_max, np.int32),
            line_qty=np.empty(n_orders * lines_max, np.int8),
            endings=Endings.empty(n_orders) if with_endings else None,
        )

    def happens(self, step: int) -> NDArray[np.bool_]:
        """Say which orders a step, a column of `times_us`, happens to before their cut, bool (n_orders,)."""
        if self.endings is None:
            return np.ones(len(self.draw), bool)
        times_us = self.times_us[:, step]
        happens: NDArray[np.bool_] = (times_us != NOT_YET_US) & (times_us < self.endings.cut_us)
        return happens

    def section(self, first: int, last: int) -> Self:
        """View the orders first..last-1; `line_start` still refers to the lines of all orders."""
        # The lines stay whole: where an order's lines begin is known only once it has been drawn.
        return self._replace(
            draw=self.draw[first:last],
            times_us=self.times_us[first:last],
            customer=self.customer[first:last],
            house_number=self.house_number[first:last],
            id_view=self.id_view[first:last],
            line_start=self.line_start[first : last + 1],
            endings=None if self.endings is None else self.endings.section(first, last),
        )
