"""Expand orders into rows of the event table, one pass over the orders.

String columns are Arrow string views of two int64: the first holds the length and the first four bytes; the
second the next eight bytes of a text of up to 12, else the buffer's number (0) and the offset in it. Rows of
an order: the types 1 to 6, its pings, delivered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.kernels.jit import inline, jit, step
from fastgen.kernels.memory import copy_items

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.model.day_orders import DayOrders

INLINE_MAX = 12
N_BEFORE_PINGS = 6
PING, DELIVERED = 7, 8
ITEM_END = 125  # "}"
ITEMS_PREFIX = int.from_bytes(b'[{"i', "little") << 32


class EventArrays(NamedTuple):
    """Columns of the event table, with room for at least n_rows rows.

    Attributes
    ----------
    order_id, customer_addr, items_json, route_json
        int64 (n_rows, 2), string views.
    event_type_id
        int8 (n_rows,).
    ts_seconds
        int64 (n_rows,).
    sequence
        int8 or int16 (n_rows,).
    customer_lat, customer_lon, ping_lat, ping_lon, ping_progress
        float32 (n_rows,), 0 where null.
    customer_valid, created_valid, picked_up_valid, ping_valid
        uint8 (n_rows / 8,), validity bits.
    row_start
        int64 (n_orders + 1,), first row of each order.
    addr_text, items_text
        uint8, the texts that views point into.
    addr_start, items_start
        int64 (n_orders + 1,), offsets of each order's text; short addresses stand there too.
    """

    order_id: NDArray[np.int64]
    event_type_id: NDArray[np.int8]
    ts_seconds: NDArray[np.int64]
    sequence: NDArray[np.integer]
    customer_lat: NDArray[np.float32]
    customer_lon: NDArray[np.float32]
    customer_addr: NDArray[np.int64]
    items_json: NDArray[np.int64]
    route_json: NDArray[np.int64]
    ping_lat: NDArray[np.float32]
    ping_lon: NDArray[np.float32]
    ping_progress: NDArray[np.float32]
    customer_valid: NDArray[np.uint8]
    created_valid: NDArray[np.uint8]
    picked_up_valid: NDArray[np.uint8]
    ping_valid: NDArray[np.uint8]
    row_start: NDArray[np.int64]
    addr_text: NDArray[np.uint8]
    addr_start: NDArray[np.int64]
    items_text: NDArray[np.uint8]
    items_start: NDArray[np.int64]


class RouteArrays(NamedTuple):
    """The part of a route table that expansion reads; see `RouteTable`."""

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
def _write_view(view: NDArray[np.int64], row: int, text: NDArray[np.uint8], first: int, last: int) -> None:
    """Point row `row` of a view column at text[first:last]."""
    length = last - first
    low, high = 0, 0
    for j in range(min(4, length)):
        low |= np.int64(text[first + j]) << (8 * j)
    if length <= INLINE_MAX:
        for j in range(4, length):
            high |= np.int64(text[first + j]) << (8 * (j - 4))
    else:
        high = first << 32
    view[row, 0] = length | (low << 32)
    view[row, 1] = high


@inline
def _prefix(text: NDArray[np.uint8], first: int) -> int:
    """First four bytes of a text, as a view holds them: moved up behind its length."""
    prefix = 0
    for j in range(4):
        prefix |= np.int64(text[first + j]) << (32 + 8 * j)
    return prefix


@step
def _write_long_view(view: NDArray[np.int64], row: int, prefix: int, first: int, last: int) -> None:
    """Point row `row` of a view column at a text longer than `INLINE_MAX`, first:last of its buffer."""
    view[row, 0] = (last - first) | prefix
    view[row, 1] = first << 32


@inline
def _write_address(number: int, routes: RouteArrays, customer: int, text: NDArray[np.uint8], at: int) -> int:
    """Write "N Street"; return the position behind it."""
    n_digits = 1
    rest = number // 10
    while rest > 0:
        n_digits += 1
        rest //= 10
    for j in range(n_digits - 1, -1, -1):
        text[at + j] = 48 + number % 10
        number //= 10
    street = routes.street[customer]
    first = routes.street_start[street]
    length = routes.street_start[street + 1] - first
    copy_items(routes.street_text, first, text, at + n_digits, length)
    return at + n_digits + length


@inline
def _write_items(orders: DayOrders, i: int, items: ItemTexts, text: NDArray[np.uint8], at: int) -> int:
    """Write the JSON array of an order's lines; return the position behind it."""
    text[at] = 91  # "["
    at += 1
    for k in range(orders.line_start[i], orders.line_start[i + 1]):
        item = orders.line_item[k]
        first = items.start[item]
        length = items.start[item + 1] - first
        copy_items(items.text, first, text, at, length)
        at += length
        text[at] = 48 + orders.line_qty[k]
        text[at + 1] = ITEM_END
        text[at + 2] = 44  # ","
        at += 3
    text[at - 1] = 93  # "]" over the last comma
    return at


@step
def _set_bit(bits: NDArray[np.uint8], at: int) -> None:
    """Set one bit of an Arrow validity bitmap: least significant bit first."""
    bits[at >> 3] |= np.uint8(1 << (at & 7))


@jit
def expand_events(
    orders: DayOrders,
    routes: RouteArrays,
    items: ItemTexts,
    epoch_s: int,
    ping_interval_s: int,
    n_before: int,
    events: EventArrays,
) -> None:
    """Write the events of all orders.

    Parameters
    ----------
    orders
        n_orders orders.
    routes, items
        What customers and lines refer to.
    epoch_s
        Unix seconds of day 0, 00:00.
    ping_interval_s
        Seconds between pings.
    n_before
        Orders of the expansion before, whose views are set to zero first where most rows are null.
    events
        Output; the validity bits hold zeros, and so do the view columns but for the expansion before.
    """
    for i in range(n_before):
        row = events.row_start[i]
        events.customer_addr[row, 0] = events.customer_addr[row, 1] = 0
        events.items_json[row, 0] = events.items_json[row, 1] = 0
        events.route_json[row + 5, 0] = events.route_json[row + 5, 1] = 0
    ids, kinds, sequences = events.order_id, events.event_type_id, events.sequence
    lat, lon, addr_text, items_text = (
        events.customer_lat,
        events.customer_lon,
        events.addr_text,
        events.items_text,
    )
    all_seconds, ping_lat, ping_lon = events.ts_seconds, events.ping_lat, events.ping_lon
    progress = events.ping_progress
    times_us, ping_start, text_start = orders.times_us, routes.ping_start, routes.text_start
    # All routes begin at the kitchen and all baskets alike: reading the bytes again costs a cache miss each.
    route_prefix = _prefix(routes.text, 0)
    row, addr_at, items_at = 0, 0, 0
    for i in range(len(orders.draw)):
        customer = orders.customer[i]
        first_ping = ping_start[customer]
        n_pings = ping_start[customer + 1] - first_ping
        n_rows = N_BEFORE_PINGS + n_pings + 1
        delivered = row + n_rows - 1
        events.row_start[i] = row
        id_low, id_high = orders.id_view[i, 0], orders.id_view[i, 1]
        seconds = events.ts_seconds[row : row + N_BEFORE_PINGS]
        for j in range(N_BEFORE_PINGS):
            kinds[row + j] = j + 1
            sequences[row + j] = j
            seconds[j] = epoch_s + times_us[i, j] // 1_000_000
            ids[row + j, 0] = id_low
            ids[row + j, 1] = id_high
            lat[row + j] = lon[row + j] = 0.0
            ping_lat[row + j] = ping_lon[row + j] = progress[row + j] = 0.0
        ping_s = seconds[5]
        ping = first_ping
        for at in range(row + N_BEFORE_PINGS, delivered):
            ping_s += ping_interval_s
            kinds[at] = PING
            sequences[at] = at - row
            all_seconds[at] = ping_s
            ids[at, 0] = id_low
            ids[at, 1] = id_high
            lat[at] = lon[at] = 0.0
            ping_lat[at] = routes.ping_lat[ping]
            ping_lon[at] = routes.ping_lon[ping]
            progress[at] = routes.ping_progress[ping]
            _set_bit(events.ping_valid, at)
            ping += 1
        kinds[delivered] = DELIVERED
        sequences[delivered] = n_rows - 1
        all_seconds[delivered] = epoch_s + (times_us[i, 5] + routes.drive_us[customer]) // 1_000_000
        ids[delivered, 0] = id_low
        ids[delivered, 1] = id_high
        ping_lat[delivered] = ping_lon[delivered] = progress[delivered] = 0.0
        lat[row] = lat[delivered] = routes.lat[customer]
        lon[row] = lon[delivered] = routes.lon[customer]
        _set_bit(events.customer_valid, row)
        _set_bit(events.customer_valid, delivered)
        _set_bit(events.created_valid, row)
        _set_bit(events.picked_up_valid, row + 5)
        events.addr_start[i] = addr_at
        end = _write_address(np.int64(orders.house_number[i]), routes, customer, addr_text, addr_at)
        _write_view(events.customer_addr, row, addr_text, addr_at, end)
        addr_at = end
        events.items_start[i] = items_at
        end = _write_items(orders, i, items, items_text, items_at)
        _write_long_view(events.items_json, row, ITEMS_PREFIX, items_at, end)
        items_at = end
        text_first, text_last = text_start[customer], text_start[customer + 1]
        _write_long_view(events.route_json, row + 5, route_prefix, text_first, text_last)
        row += n_rows
    events.row_start[len(orders.draw)] = row
    events.addr_start[len(orders.draw)] = addr_at
    events.items_start[len(orders.draw)] = items_at
