"""Check that stored rows can be written in the wire format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.errors import DataError
from fastgen.events.schema import EVENT_TYPES, ID, ID_MAX
from fastgen.units import YEAR_10000_S
from fastgen.wire.rows import EVENT_TYPE, LOCATION_ID, N_LOCATION_IDS, N_MADE, TS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.wire.form import WireForm
    from fastgen.wire.rows import WireRows


def check_rows(rows: WireRows) -> None:
    """Check the order ids, event types and location ids of rows.

    Raises
    ------
    DataError
        If an order id is empty or longer than 8 bytes, an event type unknown, or a location id below 0 or
        above 127.
    """
    lengths = np.diff(rows.start[:, ID])
    if len(lengths) and not 1 <= lengths.min() <= lengths.max() <= ID_MAX:
        raise DataError(f"order_id: expected 1 to {ID_MAX} bytes, got {lengths.min()} to {lengths.max()}.")
    types = rows.ints[:, EVENT_TYPE]
    if len(types) and not 1 <= types.min() <= types.max() <= len(EVENT_TYPES):
        raise DataError(
            f"event_type_id: expected 1 to {len(EVENT_TYPES)}, got {types.min()} to {types.max()}."
        )
    ids = rows.ints[:, LOCATION_ID]
    # The bulk encoder has a text for each, and nothing checks bounds in kernels.
    if len(ids) and not 0 <= ids.min() <= ids.max() < N_LOCATION_IDS:
        raise DataError(f"location_id: expected 0 to {N_LOCATION_IDS - 1}, got {ids.min()} to {ids.max()}.")


def check_times(rows: WireRows, order: NDArray[np.int64], shift_s: int) -> None:
    """Check the times of ordered rows, after `shift_s` seconds are added.

    Raises
    ------
    DataError
        If the first is before 1970, or the last after 9999.
    """
    if len(order):
        # The rows are in the order of time.
        first, last = (int(rows.ints[order[i], TS]) + shift_s for i in (0, -1))
        if first < 0 or last >= YEAR_10000_S:
            raise DataError(
                f"ts: expected times of the years 1970 to 9999, got Unix seconds {first} to {last}."
            )


def check_form(rows: WireRows, order: NDArray[np.int64], form: WireForm) -> None:
    """Check that a form has all that ordered rows need, and they all that it needs.

    Raises
    ------
    DataError
        If the form is live and the rows have no microseconds, or one is of a location without a place.
    """
    if form.is_live and len(order):
        if rows.ints.shape[1] < N_MADE:
            raise DataError("ts: expected rows with microseconds, got stored rows, which have none.")
        ids, known = rows.ints[order, LOCATION_ID], list(form.places)
        unknown = ids[~np.isin(ids, known)]
        if len(unknown):
            raise DataError(f"location_id: expected {', '.join(map(str, known))}, got {unknown[0]}.")
