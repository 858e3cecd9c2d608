"""Hold stored rows in the form that the kernels of the wire format take."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ID_MAX = 8
# Kernels move texts by whole words: so many bytes behind the last one they may read or write.
SLACK = 32
# Beyond this a number is none that a coordinate or a percentage can have: it is null on the wire.
NUMBER_MAX = 1e9

# Columns of `WireRows`.
EVENT_TYPE, LOCATION_ID, SEQUENCE_NUMBER, LOOP, TS = range(5)
LAT, LON, PING_LAT, PING_LON, PING_PROGRESS = range(5)
ID, ADDR, ITEMS_JSON, ROUTE_JSON = range(4)


class WireRows(NamedTuple):
    """Stored columns of n rows, what belongs together side by side; nulls are 0 or empty.

    Attributes
    ----------
    ints
        int64 (n, 5): event_type_id, location_id, sequence, the loop, and the virtual second, which is
        ts_seconds plus the loops before.
    floats
        float32 (n, 5): customer_lat, customer_lon, ping_lat, ping_lon, ping_progress.
    start
        int64 (n + 1, 4), where the texts of each row begin: order_id of up to `ID_MAX` bytes, customer_addr,
        items_json, route_json.
    id_text, addr_text, items_text, route_text
        uint8, those texts, and `SLACK` bytes more.
    """

    ints: NDArray[np.int64]
    floats: NDArray[np.float32]
    start: NDArray[np.int64]
    id_text: NDArray[np.uint8]
    addr_text: NDArray[np.uint8]
    items_text: NDArray[np.uint8]
    route_text: NDArray[np.uint8]
