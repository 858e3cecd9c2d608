"""Find the orders of a batch of rows, and the location and day that each belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from fastgen.dataset.kernels.parse_texts import format_order_id
from fastgen.events.schema import CREATED, DELIVERED, EVENT_TYPES, N_BEFORE_PINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastgen.dataset.reading.row_batches import RowBatch
    from fastgen.events.digest import DayDigest


class FileDays(NamedTuple):
    """Location-days of a file that follow each other, in the order of its rows.

    Attributes
    ----------
    location_id, day
        int64 (n_days,), which they are.
    row_start
        int64 (n_days + 1,), offsets of their rows in the file.
    """

    location_id: NDArray[np.int64]
    day: NDArray[np.int64]
    row_start: NDArray[np.int64]

    @classmethod
    def of(cls, days: Sequence[DayDigest], first_row: int = 0) -> Self:
        """Take location-days from the manifest, whose rows begin at `first_row` of the file."""
        location_id, day, rows = (
            np.array([(d.location_id, d.day, d.rows) for d in days], np.int64).reshape(-1, 3).T
        )
        return cls(location_id, day, first_row + np.concatenate([[0], np.cumsum(rows)]).astype(np.int64))


class OrderRows(NamedTuple):
    """The n orders of a batch, or those of them that are well formed.

    Attributes
    ----------
    batch
        The rows.
    first, last
        int64 (n,), first and last row in the batch, the last one included.
    day_index
        int64 (n,), index of the location-day in the file.
    location_id, day
        int64 (n,), the location-day that the order's rows lie in.
    """

    batch: RowBatch
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    day_index: NDArray[np.int64]
    location_id: NDArray[np.int64]
    day: NDArray[np.int64]

    @property
    def is_delivered(self) -> NDArray[np.bool_]:
        """Whether each order ends with delivered, bool (n,)."""
        last_kind = self.batch.values["event_type_id"][self.last]
        is_delivered: NDArray[np.bool_] = last_kind == DELIVERED
        return is_delivered

    @property
    def n_pings(self) -> NDArray[np.int64]:
        """Pings of each well-formed order that was picked up, int64 (n,)."""
        return self.last - self.first - N_BEFORE_PINGS + ~self.is_delivered

    def describe(self, i: int, what: str) -> str:
        """Write a message about an order: its location, day and id, then what is wrong."""
        order_id = format_order_id(int(self.batch.code[self.first[i]]))
        return f"location {self.location_id[i]}, day {self.day[i]}, order {order_id}: {what}."

    def at(self, column: str, event_type: int) -> NDArray[Any]:
        """Take a column's values on the orders' rows of one event type before the pings, (n,)."""
        # In a well-formed order that was picked up, each of these types has one row, in its place behind
        # order_created.
        values: NDArray[Any] = self.batch.values[column][self.first + event_type - CREATED]
        return values

    def keep(self, which: NDArray[np.bool_]) -> OrderRows:
        """Keep some of the orders."""
        return OrderRows(self.batch, *(column[which] for column in self[1:]))


def locate_orders(batch: RowBatch, days: FileDays) -> OrderRows:
    """Find the orders of a batch, and the location-days of their first rows."""
    first, last = batch.start[:-1], batch.start[1:] - 1
    # By the rows that the manifest states for each day: hive files have no column of the day.
    day_index = np.searchsorted(days.row_start, batch.first_row + first, "right") - 1
    # Rows beyond the last day, of a damaged file, count as its rows.
    day_index = np.minimum(day_index, len(days.day) - 1)
    return OrderRows(batch, first, last, day_index, days.location_id[day_index], days.day[day_index])


def type_name(type_id: int) -> str:
    """Name an event type by its number; a number of no event type becomes "event_type_id N"."""
    known = 1 <= type_id <= len(EVENT_TYPES)
    return EVENT_TYPES[type_id - 1] if known else f"event_type_id {type_id}"
