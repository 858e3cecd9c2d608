"""Define what the model of a scenario leads one to expect of a tally."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Reachable(NamedTuple):
    """The customers of a location: one at each node of its roads, all equally likely to order.

    Attributes
    ----------
    key
        uint64 (n,), their positions, as `customers.Customers` has them, ascending; two nodes may share one.
    route_m
        float64 (n,), metres from the kitchen, by the lengths of the roads.
    drive_s
        float64 (n,), seconds of driving.
    """

    key: NDArray[np.uint64]
    route_m: NDArray[np.float64]
    drive_s: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Expected:
    """What the model expects of a tally: by the same names, the means of its arrays; float64 unless said.

    All but `orders_mean` and `orders_sd` are means given the orders of each location-day that the tally has,
    so each part is compared on its own. None or NaN: the model doesn't say.

    Attributes
    ----------
    orders_mean, orders_sd
        (L, D), mean and standard deviation of the orders of each location-day. Days are independent.
    by_minute
        (L, 1440), orders by minute.
    first_brand
        (L, B, P), orders whose first line is of a brand: the second column of `by_brand`. Those of an order
        are independent of all other orders.
    brand_orders
        (L, B, P), orders with a brand: its first column.
    brands_per_order
        (L, 33), orders by number of brands.
    lines_per_brand
        (L, 65), brands of orders by number of lines, given how many orders have each brand.
    lines_per_order
        (L, 65), orders by number of lines; NaN where some menu is so short that the model has no formula.
    quantities
        (L, 10), lines by quantity, given their number.
    seconds
        (L, 7, N_BINS), probabilities of each bin; NaN where the model doesn't say. The drive, and the time to
        the delivery, need the roads.
    reachable
        By location, None without its roads.
    """

    orders_mean: NDArray[np.float64]
    orders_sd: NDArray[np.float64]
    by_minute: NDArray[np.float64]
    first_brand: NDArray[np.float64]
    brand_orders: NDArray[np.float64]
    brands_per_order: NDArray[np.float64]
    lines_per_brand: NDArray[np.float64]
    lines_per_order: NDArray[np.float64]
    quantities: NDArray[np.float64]
    seconds: NDArray[np.float64]
    reachable: tuple[Reachable | None, ...]
