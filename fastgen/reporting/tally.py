"""Define the tally of a dataset: what its orders add up to by location, day, brand and customer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from fastgen.reporting.axes import INTERVALS, N_BINS
from fastgen.reporting.customers import Customers
from fastgen.reporting.trips import Trips
from fastgen.units import MIN_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fastgen.reporting.axes import Axes

# Columns of `by_day`, `by_hour` and `by_brand`.
DAY_COLUMNS = ("orders", "events", "cents", "delivered", "cancelled")
HOUR_COLUMNS = ("orders", "cents")
# The brand of the first line is drawn by popularity alone (docs/model.md, 4.4), so that its counts can be
# tested; the other brands of an order depend on it.
BRAND_COLUMNS = ("orders", "first", "lines", "cents")
# Lengths of the counts of orders by size; the last place of each also counts what is larger.
N_BRANDS, N_LINES, N_QUANTITIES, N_DOLLARS, N_PINGS = 33, 65, 10, 501, 513


@dataclass(frozen=True, eq=False)
class Tally:
    """Counts of orders. L locations, D days, B brands, P periods; all int64 unless said.

    Tallies of two sets of orders, with the same axes, add up to the tally of both.

    Attributes
    ----------
    axes
        What the arrays run over.
    by_day
        (L, D, 5), `DAY_COLUMNS`: sums over the orders created that day.
    by_minute
        (L, 1440), orders by minute of creation, by the clock of the place.
    by_hour
        (L, 7, 24, 2), `HOUR_COLUMNS` by weekday (0: Monday) and hour of creation, by the clock of the place.
    by_brand
        (L, B, P, 4), `BRAND_COLUMNS` by period: orders with the brand, orders whose first line is the
        brand's, lines, and cents.
    brands_per_order, lines_per_order
        (L, 33) and (L, 65), orders by number of brands and of lines.
    lines_per_brand
        (L, 65), brands of orders by their number of lines in that order.
    quantities
        (L, 10), lines by quantity.
    price_usd
        (L, 501), orders by price in whole dollars, rounded down.
    seconds
        (L, 7, N_BINS), orders by the times of `axes.INTERVALS`, in the bins of `axes.bin_starts_s`; those of
        ready_to_arrived are `ARRIVED_SHIFT_S` longer.
    pings
        (L, 513), deliveries by number of pings.
    customers
        The customers of each location.
    trips
        The orders of the days that can be played.
    """

    axes: Axes
    by_day: NDArray[np.int64]
    by_minute: NDArray[np.int64]
    by_hour: NDArray[np.int64]
    by_brand: NDArray[np.int64]
    brands_per_order: NDArray[np.int64]
    lines_per_order: NDArray[np.int64]
    lines_per_brand: NDArray[np.int64]
    quantities: NDArray[np.int64]
    price_usd: NDArray[np.int64]
    seconds: NDArray[np.int64]
    pings: NDArray[np.int64]
    customers: tuple[Customers, ...]
    trips: Trips

    @classmethod
    def empty(cls, axes: Axes) -> Self:
        """Make the tally of no orders."""
        counts = {name: np.zeros(shape, np.int64) for name, shape in shapes(axes).items()}
        return cls(
            axes=axes,
            customers=tuple(Customers.none() for _ in axes.codes),
            trips=Trips.none(),
            **counts,
        )

    def __add__(self, other: Tally) -> Tally:
        """Add the tally of other orders with the same axes."""
        customers = tuple(
            mine.add(theirs) for mine, theirs in zip(self.customers, other.customers, strict=True)
        )
        return replace(
            self,
            customers=customers,
            trips=_renumber(self, customers).join(_renumber(other, customers)),
            **{name: getattr(self, name) + getattr(other, name) for name in shapes(self.axes)},
        )

    def counts(self) -> Mapping[str, NDArray[np.int64]]:
        """Return the arrays of counts by name."""
        return {name: getattr(self, name) for name in shapes(self.axes)}

    @property
    def orders(self) -> NDArray[np.int64]:
        """Orders of each location-day, (L, D)."""
        orders: NDArray[np.int64] = self.by_day[:, :, 0]
        return orders


def shapes(axes: Axes) -> dict[str, tuple[int, ...]]:
    """Return the shape of each array of counts of a tally."""
    n = axes.n_locations
    return {
        "by_day": (n, axes.n_days, len(DAY_COLUMNS)),
        "by_minute": (n, MIN_PER_DAY),
        "by_hour": (n, 7, 24, len(HOUR_COLUMNS)),
        "by_brand": (n, axes.n_brands, axes.n_periods, len(BRAND_COLUMNS)),
        "brands_per_order": (n, N_BRANDS),
        "lines_per_order": (n, N_LINES),
        "lines_per_brand": (n, N_LINES),
        "quantities": (n, N_QUANTITIES),
        "price_usd": (n, N_DOLLARS),
        "seconds": (n, len(INTERVALS), N_BINS),
        "pings": (n, N_PINGS),
    }


def _renumber(tally: Tally, customers: tuple[Customers, ...]) -> Trips:
    """Give the trips of a tally the rows that their customers have in larger tables."""
    trips: Any = tally.trips
    row = np.zeros_like(trips.customer)
    for place, (mine, joined) in enumerate(zip(tally.customers, customers, strict=True)):
        here = trips.location == place
        row[here] = joined.find(mine.key)[trips.customer[here]]
    renumbered: Trips = trips._replace(customer=row)
    return renumbered
