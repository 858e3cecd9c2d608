"""Keep what the checks of one file carry from batch to batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

from fastgen.dataset.reading.orders import FileDays

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastgen.events.day_digest import DayDigest


@dataclass
class FileState:
    """What the checks of a file have seen so far.

    Attributes
    ----------
    days
        The location-days of the file.
    n_orders
        int64 (n_days,), orders of each.
    codes
        Order ids, as numbers.
    kitchens
        First point of the routes by location_id: latitude and longitude in microdegrees.
    last_created
        Index of the last order's location-day, and the second of its creation.
    """

    days: FileDays
    n_orders: NDArray[np.int64]
    codes: list[NDArray[np.int64]] = field(default_factory=list)
    kitchens: dict[int, tuple[int, int]] = field(default_factory=dict)
    last_created: tuple[int, int] = (-1, 0)

    @classmethod
    def begin(cls, days: Sequence[DayDigest]) -> Self:
        """State before the first row."""
        return cls(FileDays.of(days), np.zeros(len(days), np.int64))
