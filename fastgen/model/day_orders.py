"""Define the arrays of simulated orders, one entry for each order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class DayOrders(NamedTuple):
    """Orders of one location, sorted by day, creation microsecond and draw number.

    A line of an order is one item with its quantity.

    Attributes
    ----------
    draw
        int64 (n_orders,), draw number: addresses the order's random draws within its day.
    times_us
        int64 (n_orders, 6), microseconds since the epoch (day 0, 00:00): created, started, finished, ready,
        driver arrived, picked up.
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
    """

    draw: NDArray[np.int64]
    times_us: NDArray[np.int64]
    customer: NDArray[np.int32]
    house_number: NDArray[np.int32]
    id_view: NDArray[np.int64]
    line_start: NDArray[np.int64]
    line_item: NDArray[np.int32]
    line_qty: NDArray[np.int8]

    @classmethod
    def empty(cls, n_orders: int, lines_max: int) -> Self:
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
        )

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
        )
