"""Hold simulated orders as a structure of arrays, one entry an order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class DayOrders(NamedTuple):
    """Orders in the dataset's order: by day, creation microsecond, draw number.

    Attributes
    ----------
    draw
        int64 (n_orders,), draw number within the order's day.
    times_us
        int64 (n_orders, 6), microseconds from the epoch: created, started, finished, ready, driver arrived,
        picked up.
    customer
        int32 (n_orders,), entry of the route table.
    house_number
        int32 (n_orders,).
    id_view
        int64 (n_orders, 2), order id as an Arrow string view.
    line_start
        int64 (n_orders + 1,), offsets into the lines.
    line_item
        int32, row of the items table.
    line_qty
        int8, quantity.
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
        """Allocate room for `n_orders` orders of at most `lines_max` lines each."""
        return cls(
            draw=np.empty(n_orders, np.int64),
            times_us=np.empty((n_orders, 6), np.int64),
            customer=np.empty(n_orders, np.int32),
            house_number=np.empty(n_orders, np.int32),
            id_view=np.empty((n_orders, 2), np.int64),
            line_start=np.zeros(n_orders + 1, np.int64),
            # Worst case; pages that no line reaches are never touched.
            line_item=np.empty(n_orders * lines_max, np.int32),
            line_qty=np.empty(n_orders * lines_max, np.int8),
        )

    def section(self, first: int, last: int) -> Self:
        """View of the orders first..last-1; their lines are still counted from the start of all."""
        return self._replace(
            draw=self.draw[first:last],
            times_us=self.times_us[first:last],
            customer=self.customer[first:last],
            house_number=self.house_number[first:last],
            id_view=self.id_view[first:last],
            line_start=self.line_start[first : last + 1],
        )
