"""Expand orders into the columns of the event table, one pass over the orders.

Rows of an order: the types 1 to 6, its pings, delivered. Values are those of the content digest, nulls are 0
(docs/model.md, 6.3). Texts of a column are concatenated; those of routes, the largest, stay in their table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.events.schema import (
    ADDR,
    DELIVERED,
    FLOATS,
    ID,
    ID_MAX,
    ITEMS_JSON,
    LAT,
    LON,
    N_BEFORE_PINGS,
    PING,
    PING_LAT,
    PING_LON,
    PING_PROGRESS,
    ROUTE_JSON,
    TEXTS,
)
from fastgen.jit import inline, jit
from fastgen.kernels.memory import copy_items

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.model.day_orders import DayOrders

ITEM_END = 125  # "}"
# Columns of `start`. Rows of `floats` and `lengths` are in the order of `FLOATS` and `TEXTS`.
FIRST_ROW, FIRST_ID, FIRST_ADDR, FIRST_ITEMS, FIRST_PING = range(5)


class EventArrays(NamedTuple):
    """Columns of the event table, for at least n_rows rows of n_orders orders.

    Columns of one type share an array, since a kernel of few arguments compiles faster.

    Attributes
    ----------
    start
        int64 (n_orders + 1, 5), where an order's rows, ids, address, items and pings begin.
    event_type_id
        int8 (n_rows,).
    ts_seconds
        int64 (n_rows,).
    sequence
        int16 (n_rows,).
    floats
        float32 (5, n_rows): customer_lat, customer_lon, ping_lat, ping_lon, ping_progress.
    lengths
        uint32 (4, n_rows), bytes of order_id, customer_addr, items_json, route_json.
    ping
        int32 (n_pings,), index of each ping in the route table.
    id_text, addr_text, items_text
        uint8, the texts; the ids with 8 spare bytes at the end.
    """

    start: NDArray[np.int64]
    event_type_id: NDArray[np.int8]
    ts_seconds: NDArray[np.int64]
    sequence: NDArray[np.int16]
    floats: NDArray[np.float32]
    lengths: NDArray[np.uint32]
    ping: NDArray[np.int32]
    id_text: NDArray[np.uint8]
    addr_text: NDArray[np.uint8]
    items_text: NDArray[np.uint8]


class RouteArrays(NamedTuple):
    """The arrays of a route table that the expansion reads; see `RouteTable`."""

    lat: NDArray[np.float32]
    lon: NDArray[np.float32]
    drive_us: NDArray[np.int64]
    ping_start: NDArray[np.int64]
    ping_lat: NDArray[np.float32]
    ping_lon: NDArray[np.float32]
    ping_progress: NDArray[np.float32]
    text_start: NDArray[np.int64]
    text: NDArray[np.uint8]
    street: NDArray[np.int32]
    street_start: NDArray[np.int64]
    street_text: NDArray[np.uint8]


class ItemTexts(NamedTuple):
    """JSON of every item up to its quantity: int64 (n_items + 1,) offsets into uint8 text."""

    start: NDArray[np.int64]
    text: NDArray[np.uint8]


@inline
def _write_address(
    number: int,
    street: int,
    street_start: NDArray[np.int64],
    street_text: NDArray[np.uint8],
    text: NDArray[np.uint8],
    at: int,
) -> int:
    """Write "N Street"; return the position after it."""
    # Written from the last digit, so the number of digits comes first.
    n_digits = 1
    rest = number // 10
    while rest > 0:
        n_digits += 1
        rest //= 10
    for j in range(n_digits - 1, -1, -1):
        text[at + j] = 48 + number % 10
        number //= 10
    first = street_start[street]
    length = street_start[street + 1] - first
    copy_items(street_text, first, text, at + n_digits, length)
    return at + n_digits + length


@jit
def write_events(
    times_us: NDArray[np.int64],
    customers: NDArray[np.int32],
    house_number: NDArray[np.int32],
    id_bytes: NDArray[np.uint8],
    line_start: NDArray[np.int64],
    line_item: NDArray[np.int32],
    line_qty: NDArray[np.int8],
    lat: NDArray[np.float32],
    lon: NDArray[np.float32],
    drive_us: NDArray[np.int64],
    ping_start: NDArray[np.int64],
    ping_lat: NDArray[np.float32],
    ping_lon: NDArray[np.float32],
    ping_progress: NDArray[np.float32],
    route_start: NDArray[np.int64],
    street: NDArray[np.int32],
    street_start: NDArray[np.int64],
    street_text: NDArray[np.uint8],
    item_start: NDArray[np.int64],
    item_text: NDArray[np.uint8],
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
    addr_text: NDArray[np.uint8],
    items_text: NDArray[np.uint8],
) -> None:
    """Write events as `expand_events` does."""
    row, ids_at = start[first_order, FIRST_ROW], start[first_order, FIRST_ID]
    addr_at, items_at = start[first_order, FIRST_ADDR], start[first_order, FIRST_ITEMS]
    ping_at = start[first_order, FIRST_PING]
    for i in range(first_order, last_order):
        customer = customers[i]
        ping = ping_start[customer]
        n_pings = ping_start[customer + 1] - ping
        n_rows = N_BEFORE_PINGS + n_pings + 1
        delivered = row + n_rows - 1
        id_length = id_bytes[16 * i]  # of an Arrow string view: its length in 4 bytes, then the text
        for at in range(row, row + n_rows):
            sequence[at] = at - row
            lengths[ID, at] = id_length
            # Always 8 bytes, which is fastest; the next row overwrites those beyond the id.
            copy_items(id_bytes, 16 * i + 4, id_text, ids_at, ID_MAX)
            ids_at += id_length
        # Memory is reused, so nulls are written as 0.
        for k in range(len(FLOATS)):
            for at in range(row, row + n_rows):
                floats[k, at] = 0.0
        for k in range(ID + 1, len(TEXTS)):
            for at in range(row, row + n_rows):
                lengths[k, at] = 0
        for j in range(N_BEFORE_PINGS):
            kinds[row + j] = j + 1
            all_seconds[row + j] = epoch_s + times_us[i, j] // 1_000_000
        # Pings count from the pick-up, in whole seconds.
        ping_s = all_seconds[row + 5]
        for at in range(row + N_BEFORE_PINGS, delivered):
            ping_s += ping_interval_s
            kinds[at] = PING
            all_seconds[at] = ping_s
            floats[PING_LAT, at] = ping_lat[ping]
            floats[PING_LON, at] = ping_lon[ping]
            floats[PING_PROGRESS, at] = ping_progress[ping]
            pings[ping_at] = ping
            ping += 1
            ping_at += 1
        # The drive is added in microseconds, and only the sum is cut to seconds.
        kinds[delivered] = DELIVERED
        all_seconds[delivered] = epoch_s + (times_us[i, 5] + drive_us[customer]) // 1_000_000
        floats[LAT, row] = floats[LAT, delivered] = lat[customer]
        floats[LON, row] = floats[LON, delivered] = lon[customer]
        number = np.int64(house_number[i])
        end = _write_address(number, street[customer], street_start, street_text, addr_text, addr_at)
        lengths[ADDR, row] = end - addr_at
        addr_at = end
        items_first = items_at
        items_text[items_at] = 91  # "["
        for k in range(line_start[i], line_start[i + 1]):
            text_first = item_start[line_item[k]]
            text_bytes = item_start[line_item[k] + 1] - text_first
            copy_items(item_text, text_first, items_text, items_at + 1, text_bytes)
            items_at += text_bytes + 3
            # A quantity has one digit.
            items_text[items_at - 2] = 48 + line_qty[k]
            items_text[items_at - 1] = ITEM_END
            items_text[items_at] = 44  # ","
        items_text[items_at] = 93  # "]" over the last comma
        items_at += 1
        lengths[ITEMS_JSON, row] = items_at - items_first
        lengths[ROUTE_JSON, row + 5] = route_start[customer + 1] - route_start[customer]
        row += n_rows
        start[i + 1, FIRST_ROW] = row
        start[i + 1, FIRST_ID] = ids_at
        start[i + 1, FIRST_ADDR] = addr_at
        start[i + 1, FIRST_ITEMS] = items_at
        start[i + 1, FIRST_PING] = ping_at


def expand_events(
    orders: DayOrders,
    id_bytes: NDArray[np.uint8],
    routes: RouteArrays,
    items: ItemTexts,
    times: tuple[int, int],
    first_order: int,
    last_order: int,
    events: EventArrays,
) -> None:
    """Write the events of the orders first_order..last_order-1.

    Parameters
    ----------
    orders
        Orders of one location.
    id_bytes
        `orders.id_view` as uint8 (16 * n_orders,).
    routes, items
        Routes and items that the orders refer to.
    times
        Unix seconds of day 0, 00:00, and seconds between pings.
    first_order, last_order
        The orders, `last_order` excluded; the orders before have been written.
    events
        Output; `start[first_order]` is input.
    """
    epoch_s, ping_interval_s = times
    write_events(
        orders.times_us,
        orders.customer,
        orders.house_number,
        id_bytes,
        orders.line_start,
        orders.line_item,
        orders.line_qty,
        routes.lat,
        routes.lon,
        routes.drive_us,
        routes.ping_start,
        routes.ping_lat,
        routes.ping_lon,
        routes.ping_progress,
        routes.text_start,
        routes.street,
        routes.street_start,
        routes.street_text,
        items.start,
        items.text,
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
        events.addr_text,
        events.items_text,
    )
