"""Name the columns of stored rows, as the encoders of the wire format take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# A stored location_id has 8 bits with a sign, and is never negative.
N_LOCATION_IDS = 128
# Kernels copy short texts in whole blocks (`kernels.memory.BLOCK`): they read and write up to so many bytes
# beyond the end of a text.
SLACK = 32
# No coordinate and no percentage is as large as this: such a number is null on the wire. Below it, a number
# in millionths fits into 64 bits.
NUMBER_MAX = 1e9
# Decimals of degrees, and most and least decimals of a percentage of progress (docs/model.md, 7).
DEGREE_DECIMALS = 6
PROGRESS_DECIMALS, PROGRESS_DECIMALS_MIN = 4, 1

# Columns of `WireRows.ints`; those of `floats` and `start` are in the order of `events.schema`.
EVENT_TYPE, LOCATION_ID, SEQUENCE_NUMBER, LOOP, TS, US, ETA = range(7)
# `WireRows.ints` has so many columns without and with the two that only rows made when they are read have.
N_STORED, N_MADE = 5, 7


class WireRows(NamedTuple):
    """Stored columns of n rows; a null is 0 or an empty text.

    Attributes
    ----------
    ints
        int64 (n, 5) or (n, 7): event_type_id, location_id, sequence, the loop, and the virtual second, which
        is ts_seconds plus the length of the loops before; then the microseconds within that second, and
        tenths of minutes from pick-up to delivery (0 on other rows than driver_picked_up).
    floats
        float32 (n, 5): customer_lat, customer_lon, ping_lat, ping_lon, ping_progress.
    start
        int64 (n + 1, 4), where the texts of each row begin: order_id of up to `ID_MAX` bytes, customer_addr,
        items_json, route_json. The text of order_cancelled, cancel_reason, has the place of customer_addr,
        which no such row has.
    id_text, addr_text, items_text, route_text
        uint8, the texts of each column, one after another, and `SLACK` bytes more.
    """

    ints: NDArray[np.int64]
    floats: NDArray[np.float32]
    start: NDArray[np.int64]
    id_text: NDArray[np.uint8]
    addr_text: NDArray[np.uint8]
    items_text: NDArray[np.uint8]
    route_text: NDArray[np.uint8]


class WireChunk(NamedTuple):
    """Some rows of a window, in the order of the wire.

    Attributes
    ----------
    rows
        The rows, and others that were read with them.
    order
        int64 (k,), the indices of the window's rows, in the order of the wire.
    moments_us
        int64 (k,), rising virtual microseconds: when each row of `order` is emitted. None: at its own time.
    """

    rows: WireRows
    order: NDArray[np.int64]
    moments_us: NDArray[np.int64] | None = None

    @property
    def n_rows(self) -> int:
        """Number of the window's rows."""
        return len(self.order)

    def cut(self, first: int, last: int) -> WireChunk:
        """Take the rows first..last-1 of the window; a last beyond the end means the end."""
        moments_us = None if self.moments_us is None else self.moments_us[first:last]
        return WireChunk(self.rows, self.order[first:last], moments_us)
