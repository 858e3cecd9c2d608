"""Gather the canonical bytes of a stretch of rows: those of the content digest that no column holds as they are.

Sections, in the order of `section_ends`: validity bits (all set; customer; created; picked up; ping), then order id
lengths and bytes, location ids, sequence as int16, and lengths and bytes of address, items and route.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.kernels.jit import inline, jit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.kernels.expand import EventArrays, RouteArrays
    from fastgen.model.day_orders import DayOrders

N_SECTIONS = 15
ROW_BYTES = 1 + 4 + 8 + 1 + 2 + 3 * 4  # per row, but for the bits rounded up


@inline
def _copy_bits(bits: NDArray[np.uint8], first: int, n: int, out: NDArray[np.uint8], at: int) -> int:
    """Copy n bits from bit `first` on to the bytes from `at` on, padded with zeros; return the end."""
    n_bytes = (n + 7) >> 3
    shift = first & 7
    base = first >> 3
    for j in range(n_bytes):
        byte = bits[base + j] >> shift
        if shift > 0 and base + j + 1 < len(bits):
            byte |= (bits[base + j + 1] << (8 - shift)) & 255
        out[at + j] = byte
    if n & 7:
        out[at + n_bytes - 1] &= (1 << (n & 7)) - 1
    return at + n_bytes


@inline
def _write_u32(value: int, out: NDArray[np.uint8], at: int) -> None:
    for j in range(4):
        out[at + j] = (value >> (8 * j)) & 255


@inline
def _gather_texts(
    events: EventArrays,
    first_order: int,
    last_order: int,
    row_offset: int,
    text: NDArray[np.uint8],
    text_start: NDArray[np.int64],
    entry: NDArray[np.int64],
    out: NDArray[np.uint8],
    at: int,
    ends: NDArray[np.int64],
    section: int,
) -> int:
    """Write lengths, one a row and 0 but at row `row_offset` of an order, then the texts; return the end."""
    first_row, last_row = events.row_start[first_order], events.row_start[last_order]
    out[at : at + 4 * (last_row - first_row)] = 0
    for i in range(first_order, last_order):
        e = entry[i]
        length = text_start[e + 1] - text_start[e]
        _write_u32(length, out, at + 4 * (events.row_start[i] + row_offset - first_row))
    at += 4 * (last_row - first_row)
    ends[section] = at
    for i in range(first_order, last_order):
        e = entry[i]
        begin = text_start[e]
        for j in range(text_start[e + 1] - begin):
            out[at + j] = text[begin + j]
        at += text_start[e + 1] - begin
    ends[section + 1] = at
    return at


@jit
def size_sections(
    orders: DayOrders, routes: RouteArrays, events: EventArrays, first_order: int, last_order: int
) -> int:
    """Bound the bytes that `gather_sections` writes for these orders."""
    n_rows = events.row_start[last_order] - events.row_start[first_order]
    total = n_rows * ROW_BYTES + 64
    total += events.addr_start[last_order] - events.addr_start[first_order]
    total += events.items_start[last_order] - events.items_start[first_order]
    for i in range(first_order, last_order):
        customer = orders.customer[i]
        total += routes.text_start[customer + 1] - routes.text_start[customer]
    return total


@jit
def gather_sections(
    orders: DayOrders,
    routes: RouteArrays,
    events: EventArrays,
    location_id: int,
    first_order: int,
    last_order: int,
    each: NDArray[np.int64],
    out: NDArray[np.uint8],
    section_ends: NDArray[np.int64],
) -> None:
    """Gather the sections of the rows of orders first_order..last_order-1.

    Parameters
    ----------
    orders, routes, events
        What was expanded, and into what.
    location_id
        The location.
    first_order, last_order
        The orders, the last one not among them.
    each
        int64 (n_orders,), 0, 1, 2, ...
    out
        uint8, at least `size_sections` bytes.
    section_ends
        Output, int64 (N_SECTIONS,).
    """
    first, last = events.row_start[first_order], events.row_start[last_order]
    n = last - first
    n_bytes = (n + 7) >> 3
    out[:n_bytes] = 255
    if n & 7:
        out[n_bytes - 1] = (1 << (n & 7)) - 1
    ends = section_ends
    ends[0] = at = n_bytes
    ends[1] = at = _copy_bits(events.customer_valid, first, n, out, at)
    ends[2] = at = _copy_bits(events.created_valid, first, n, out, at)
    ends[3] = at = _copy_bits(events.picked_up_valid, first, n, out, at)
    ends[4] = at = _copy_bits(events.ping_valid, first, n, out, at)
    for row in range(first, last):
        _write_u32(events.order_id[row, 0] & 255, out, at + 4 * (row - first))
    ends[5] = at = at + 4 * n
    for row in range(first, last):
        low, high = events.order_id[row, 0], events.order_id[row, 1]
        length = low & 255
        for j in range(4):
            out[at + j] = (low >> (32 + 8 * j)) & 255
        for j in range(4, length):
            out[at + j] = (high >> (8 * (j - 4))) & 255
        at += length
    ends[6] = at
    out[at : at + n] = location_id
    ends[7] = at = at + n
    for row in range(first, last):
        out[at] = events.sequence[row] & 255
        out[at + 1] = events.sequence[row] >> 8
        at += 2
    ends[8] = at
    at = _gather_texts(
        events, first_order, last_order, 0, events.addr_text, events.addr_start, each, out, at, ends, 9
    )
    at = _gather_texts(
        events, first_order, last_order, 0, events.items_text, events.items_start, each, out, at, ends, 11
    )
    _gather_texts(
        events, first_order, last_order, 5, routes.text, routes.text_start, orders.customer, out, at, ends, 13
    )
