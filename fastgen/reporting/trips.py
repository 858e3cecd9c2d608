"""Choose the days that the map can play, and keep the orders of those days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from fastgen.units import S_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Most orders that are kept for the map, about: 20 bytes each.
TRIPS_MAX = 150_000
WEEK = 7
# Spreads the codes of orders evenly over 64 bits (Knuth 1998, "The art of computer programming" 3, 6.4).
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


class Played(NamedTuple):
    """The days whose orders are kept.

    Attributes
    ----------
    days
        bool (D,), True for those days.
    share
        Share of their orders that is kept, by chance: 1 unless one day alone has more than `TRIPS_MAX`.
    """

    days: NDArray[np.bool_]
    share: float

    def keeps(self, day: NDArray[np.int64], code: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Say which orders are kept, by day and by order id as a number, bool (n,)."""
        kept = self.days[day]
        if self.share < 1.0 and kept.any():
            # By the id, so that files and threads have no say.
            kept &= (code.astype(np.uint64) * _SPREAD) >> np.uint64(32) < np.uint64(self.share * 2**32)
        return kept


def choose_played(orders: NDArray[np.int64]) -> Played:
    """Choose the days that can be played: all, or weeks spread evenly, or single days.

    Parameters
    ----------
    orders
        int64 (D,), orders of each day, all locations together.
    """
    n_days = len(orders)
    if orders.sum() <= TRIPS_MAX:
        return Played(np.ones(n_days, bool), 1.0)
    # Whole weeks, so that every weekday can be played.
    for length in (WEEK, 1):
        n_blocks = n_days // length
        # Twice as many as fit, if all had the mean: the search takes no time then.
        n_most = 2 * TRIPS_MAX * n_days // (length * int(orders.sum())) + 1
        for n in range(min(n_blocks, n_most), 0, -1):
            first = ((np.arange(n) * 2 + 1) * n_blocks // (2 * n)) * length
            days = np.zeros(n_days, bool)
            days[(first[:, None] + np.arange(length)).ravel()] = True
            if orders[days].sum() <= TRIPS_MAX:
                return Played(days, 1.0)
    days = np.arange(n_days) == int(np.argmax(orders))
    return Played(days, TRIPS_MAX / int(orders.max()))


class Trips(NamedTuple):
    """The n orders of the days that can be played, by location, day and creation.

    Attributes
    ----------
    location
        int16 (n,), row of the location.
    day
        int32 (n,), day number.
    created_s
        int32 (n,), second of the day at which it was created, by the clock of the place.
    picked_up_s, ended_s
        int32 (n,), seconds from then to the pick-up, and to the delivery or cancellation; -1: none.
    is_cancelled
        bool (n,), whether it was cancelled.
    customer
        int32 (n,), row of the location's customers.
    """

    location: NDArray[np.int16]
    day: NDArray[np.int32]
    created_s: NDArray[np.int32]
    picked_up_s: NDArray[np.int32]
    ended_s: NDArray[np.int32]
    is_cancelled: NDArray[np.bool_]
    customer: NDArray[np.int32]

    @classmethod
    def none(cls) -> Self:
        """Make no trips."""
        small, whole = np.zeros(0, np.int16), np.zeros(0, np.int32)
        return cls(small, whole, whole, whole, whole, np.zeros(0, bool), whole)

    def at(self, location: int, day: int) -> Trips:
        """View the trips of one location-day."""
        keys = self.location.astype(np.int64) * S_PER_DAY + self.day
        low, high = np.searchsorted(keys, location * S_PER_DAY + day + np.arange(2))
        return Trips._make(column[low:high] for column in self.columns())

    def join(self, other: Trips) -> Trips:
        """Add other trips; the rows of customers must be of the same tables."""
        if not len(self.day) or not len(other.day):
            return self if len(self.day) else other
        both = zip(self.columns(), other.columns(), strict=True)
        return Trips._make(np.concatenate(pair) for pair in both).sort()

    def sort(self) -> Trips:
        """Put the trips in their order."""
        # By every column: equal trips are equal in all of them, so their order has no say.
        rank = np.lexsort(self.columns()[::-1])
        return Trips._make(column[rank] for column in self.columns())

    def columns(self) -> list[NDArray[Any]]:
        """List the columns."""
        return list(self)
