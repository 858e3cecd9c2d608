"""Keep what the checks of one file carry from batch to batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

from fastgen.dataset.reading.orders import FileDays

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastgen.dataset.verify.ending_checks import OpenOrders
    from fastgen.events.day_digest import DayDigest


@dataclass
class FileState:
    """What the checks of a file, or of a span of its location-days, have seen so far.

    Attributes
    ----------
    days
        The location-days.
    n_orders
        int64 (n_days,), orders of each.
    last_s
        int64 (n_days,), second of the last event of each, where orders may end early; else 0.
    codes
        Order ids, as numbers.
    kitchens
        First point of the routes by location_id: latitude and longitude in microdegrees.
    last_created
        Index of the last order's location-day, and the second of its creation.
    still_open
        Orders that are open at their cut; see `ending_checks.OpenOrders`.
    """

    days: FileDays
    n_orders: NDArray[np.int64]
    last_s: NDArray[np.int64]
    # An id may be repeated in any other file, so all are kept: eight bytes an order.
    codes: list[NDArray[np.int64]] = field(default_factory=list)
    kitchens: dict[int, tuple[int, int]] = field(default_factory=dict)
    # No location-day has the index -1, so the first order has none before it.
    last_created: tuple[int, int] = (-1, 0)
    still_open: list[OpenOrders] = field(default_factory=list)

    @classmethod
    def begin(cls, days: Sequence[DayDigest], first_row: int) -> Self:
        """Make the state before the first row of these location-days, which is `first_row` of the file."""
        return cls(FileDays.of(days, first_row), *np.zeros((2, len(days)), np.int64))
