"""Keep of the rows of delivered orders what happened to orders that end early."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.events.kernels.expand import FIRST_ID, FIRST_PING, FIRST_ROW
from fastgen.events.schema import (
    CANCELLED,
    CREATED,
    FLOATS,
    ID_MAX,
    LAT,
    LON,
    N_BEFORE_PINGS,
    PICKED_UP,
    PING,
    TEXTS,
)
from fastgen.jit import jit
from fastgen.kernels.memory import copy_items
from fastgen.model.day_orders import NOT_YET_US
from fastgen.units import US_PER_S

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fastgen.events.kernels.expand import EventArrays, RouteArrays
    from fastgen.model.day_orders import DayOrders


@jit
def keep_rows(
    times_us: NDArray[np.int64],
    customers: NDArray[np.int32],
    cut_us: NDArray[np.int64],
    cancelled_us: NDArray[np.int64],
    drive_us: NDArray[np.int64],
    id_bytes: NDArray[np.uint8],
    epoch_s: int,
    ping_interval_s: int,
    first_order: int,
    last_order: int,
    start: NDArray[np.int64],
    kinds: NDArray[np.int8],
    all_seconds: NDArray[np.int64],
    sequence: NDArray[np.int16],
    floats: NDArray[np.float32],
    lengths: NDArray[np.uint32],
    pings: NDArray[np.int32],
    id_text: NDArray[np.uint8],
) -> None:
    """Keep rows as `keep_what_happened` does."""
    row, ids_at, ping_at = (
        start[first_order, FIRST_ROW],
        start[first_order, FIRST_ID],
        start[first_order, FIRST_PING],
    )
    # Rows and pings are read from where the expansion wrote them, and move down: never past those unread.
    source, source_ping = row, ping_at
    for i in range(first_order, last_order):
        first_row, source_end = row, start[i + 1, FIRST_ROW]
        picked_up_us, is_cancelled = times_us[i, PICKED_UP - CREATED], cancelled_us[i] != NOT_YET_US
        id_length = id_bytes[16 * i]
        for at in range(source, source_end):
            kind = kinds[at]
            needed_us = us = picked_up_us
            if kind < PING:
                needed_us = us = times_us[i, kind - CREATED]
            elif kind == PING:
                us += (at - source - N_BEFORE_PINGS + 1) * ping_interval_s * US_PER_S
            elif is_cancelled:
                kind, needed_us = CANCELLED, cancelled_us[i]
                us = needed_us
                floats[LAT, at] = floats[LON, at] = 0.0
            else:
                us += drive_us[customers[i]]
            happens = needed_us != NOT_YET_US and us < cut_us[i]
            if happens:
                kinds[row], all_seconds[row], sequence[row] = kind, epoch_s + us // US_PER_S, row - first_row
                for k in range(len(FLOATS)):
                    floats[k, row] = floats[k, at]
                for k in range(len(TEXTS)):
                    lengths[k, row] = lengths[k, at]
                # Always 8 bytes, as in the expansion.
                copy_items(id_bytes, 16 * i + 4, id_text, ids_at, ID_MAX)
                ids_at += id_length
                row += 1
            if kind == PING:
                if happens:
                    pings[ping_at] = pings[source_ping]
                    ping_at += 1
                source_ping += 1
        source = source_end
        start[i + 1, FIRST_ROW], start[i + 1, FIRST_ID], start[i + 1, FIRST_PING] = row, ids_at, ping_at


def keep_what_happened(
    orders: DayOrders,
    id_bytes: NDArray[np.uint8],
    routes: RouteArrays,
    times: tuple[int, int],
    first_order: int,
    last_order: int,
    events: EventArrays,
) -> None:
    """Keep of the rows of orders first_order..last_order-1, written as if delivered, what happened.

    Steps that never happen and all that is not before an order's cut go. An order that is cancelled has
    order_cancelled in place of delivered. Texts other than the ids stay where they are.

    Parameters
    ----------
    orders
        Orders with endings.
    id_bytes, routes, times, first_order, last_order
        As for `expand_events`.
    events
        The rows that `expand_events` has written; changed in place.
    """
    if orders.endings is None:
        raise TypeError("Expected orders with endings.")
    epoch_s, ping_interval_s = times
    keep_rows(
        orders.times_us,
        orders.customer,
        orders.endings.cut_us,
        orders.endings.cancelled_us,
        routes.drive_us,
        id_bytes,
        epoch_s,
        ping_interval_s,
        first_order,
        last_order,
        events.start,
        events.event_type_id,
        events.ts_seconds,
        events.sequence,
        events.floats,
        events.lengths,
        events.ping,
        events.id_text,
    )
