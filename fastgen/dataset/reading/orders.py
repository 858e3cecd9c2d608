"""Say which order, location and day each row of a window belongs to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastgen.dataset.kernels.parse_texts import format_order_id
from fastgen.events.schema import EVENT_TYPES, N_BEFORE_PINGS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.dataset.reading.windows import Window
    from fastgen.events.digest import DayDigest


@dataclass
class FileState:
    """What the checks of a file carry from window to window.

    Attributes
    ----------
    days
        Its location-days, in order.
    row_start
        int64 (n_days + 1,), offsets of their rows.
    n_orders
        int64 (n_days,), orders found so far.
    codes
        Order ids found so far, as numbers.
    kitchens
        First point of the routes by location_id: latitude and longitude in microdegrees.
    last_created
        Index of the last order's location-day, and the second of its creation.
    """

    days: tuple[DayDigest, ...]
    row_start: NDArray[np.int64]
    n_orders: NDArray[np.int64]
    codes: list[NDArray[np.int64]] = field(default_factory=list)
    kitchens: dict[int, tuple[int, int]] = field(default_factory=dict)
    last_created: tuple[int, int] = (-1, 0)

    @classmethod
    def begin(cls, days: tuple[DayDigest, ...]) -> FileState:
        """State before the first row."""
        row_start = np.concatenate([[0], np.cumsum([d.rows for d in days])]).astype(np.int64)
        return cls(days, row_start, np.zeros(len(days), np.int64))


class OrderRows(NamedTuple):
    """Orders of a window, n of them, or those that are well formed.

    Attributes
    ----------
    window
        The window.
    first, last
        int64 (n,), first and last row in the window, the last one included.
    day_index
        int64 (n,), index of the location-day in the file.
    location_id, day
        int64 (n,), of the location-day that the rows stand in.
    """

    window: Window
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    day_index: NDArray[np.int64]
    location_id: NDArray[np.int64]
    day: NDArray[np.int64]

    @property
    def n_pings(self) -> NDArray[np.int64]:
        """Pings of each well-formed order, int64 (n,)."""
        return self.last - self.first - N_BEFORE_PINGS

    def describe(self, i: int, what: str) -> str:
        """Name an order, and say what is wrong with it."""
        order_id = format_order_id(int(self.window.code[self.first[i]]))
        return f"location {self.location_id[i]}, day {self.day[i]}, order {order_id}: {what}."

    def at(self, column: str, step: int) -> NDArray[Any]:
        """Values of a column on the row of one of the first six steps, (n,)."""
        values: NDArray[Any] = self.window.values[column][self.first + step]
        return values

    def keep(self, which: NDArray[np.bool_]) -> OrderRows:
        """Keep some of the orders."""
        return OrderRows(self.window, *(column[which] for column in self[1:]))


def locate_orders(window: Window, state: FileState) -> OrderRows:
    """Find the orders of a window, and the location-days that their first rows stand in."""
    first, last = window.start[:-1], window.start[1:] - 1
    day_index = np.searchsorted(state.row_start, window.first_row + first, "right") - 1
    day_index = np.minimum(day_index, len(state.days) - 1)
    locations = np.array([d.location_id for d in state.days], np.int64)
    days = np.array([d.day for d in state.days], np.int64)
    return OrderRows(window, first, last, day_index, locations[day_index], days[day_index])


def type_name(type_id: int) -> str:
    """Name of an event type, in words that fit a wrong one too."""
    known = 1 <= type_id <= len(EVENT_TYPES)
    return EVENT_TYPES[type_id - 1] if known else f"event_type_id {type_id}"
