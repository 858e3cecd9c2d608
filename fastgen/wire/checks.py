"""Check that stored rows can be written in the wire format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.errors import DataError
from fastgen.events.schema import EVENT_TYPES, ID, ID_MAX
from fastgen.units import YEAR_10000_S
from fastgen.wire.rows import EVENT_TYPE, TS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.wire.rows import WireRows


def check_rows(rows: WireRows) -> None:
    """Check the order ids and the event types of rows.

    Raises
    ------
    DataError
        If an order id is empty or longer than 8 bytes, or an event type unknown.
    """
    lengths = np.diff(rows.start[:, ID])
    if len(lengths) and not 1 <= lengths.min() <= lengths.max() <= ID_MAX:
        raise DataError(f"order_id: expected 1 to {ID_MAX} bytes, got {lengths.min()} to {lengths.max()}.")
    types = rows.ints[:, EVENT_TYPE]
    if len(types) and not 1 <= types.min() <= types.max() <= len(EVENT_TYPES):
        raise DataError(
            f"event_type_id: expected 1 to {len(EVENT_TYPES)}, got {types.min()} to {types.max()}."
        )


def check_times(rows: WireRows, order: NDArray[np.int64], shift_s: int) -> None:
    """Check the times of ordered rows, after `shift_s` seconds are added.

    Raises
    ------
    DataError
        If the first is before 1970, or the last after 9999.
    """
    if len(order):
        first, last = (int(rows.ints[order[i], TS]) + shift_s for i in (0, -1))
        if first < 0 or last >= YEAR_10000_S:
            raise DataError(
                f"ts: expected times of the years 1970 to 9999, got Unix seconds {first} to {last}."
            )
