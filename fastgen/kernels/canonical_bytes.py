"""Gather those bytes of the content digest that no column holds as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.kernels.jit import jit, step
from fastgen.kernels.memory import copy_items

if TYPE_CHECKING:
    from numpy.typing import NDArray


ID_MAX = 8


class Rows(NamedTuple):
    """What is gathered from: the few arrays of `DayOrders`, `RouteArrays` and `EventArrays` that it takes.

    `id_bytes` is the order_id column's views as uint8. Fewer arguments compile faster.
    """

    customer: NDArray[np.int32]
    id_view: NDArray[np.int64]
    id_bytes: NDArray[np.uint8]
    row_start: NDArray[np.int64]
    sequence: NDArray[np.integer]
    customer_valid: NDArray[np.uint8]
    created_valid: NDArray[np.uint8]
    picked_up_valid: NDArray[np.uint8]
    ping_valid: NDArray[np.uint8]
    addr_start: NDArray[np.int64]
    items_start: NDArray[np.int64]
    text_start: NDArray[np.int64]
    text: NDArray[np.uint8]


class Scratch(NamedTuple):
    """Room for the gathered bytes of n_rows rows and their orders.

    Attributes
    ----------
    bits
        uint8 (5, n_rows / 8): validity of every row, customer, created, picked up, ping.
    sequence
        int16 (n_rows,).
    lengths
        uint32 (4, n_rows): order id, address, items, route; 0 where null.
    ids
        uint8, the order ids of all rows, and room for 8 bytes more.
    routes
        uint8, the route texts.
    """

    bits: NDArray[np.uint8]
    sequence: NDArray[np.int16]
    lengths: NDArray[np.uint32]
    ids: NDArray[np.uint8]
    routes: NDArray[np.uint8]


@step
def _copy_bits(bits: NDArray[np.uint8], first: int, n: int, out: NDArray[np.uint8]) -> None:
    """Copy n bits from bit `first` on to the start of `out`, padded with zeros to whole bytes."""
    n_bytes = (n + 7) >> 3
    shift = first & 7
    base = first >> 3
    for j in range(n_bytes):
        byte = np.int64(bits[base + j]) >> shift
        if shift > 0 and base + j + 1 < len(bits):
            byte |= np.int64(bits[base + j + 1]) << (8 - shift)
        out[j] = byte & 255
    if n & 7:
        out[n_bytes - 1] &= np.uint8((1 << (n & 7)) - 1)


@jit
def gather_canonical_bytes(rows: Rows, first_order: int, last_order: int, scratch: Scratch) -> int:
    """Gather the bytes of the rows of orders first_order..last_order-1.

    Parameters
    ----------
    rows
        What was expanded, and into what.
    first_order, last_order
        The orders, the last one not among them.
    scratch
        Output, from the start of each array.

    Returns
    -------
    int
        Bytes of `ids` filled.
    """
    first, last = rows.row_start[first_order], rows.row_start[last_order]
    n = last - first
    every = scratch.bits[0]
    for j in range((n + 7) >> 3):
        every[j] = 255
    if n & 7:
        every[n >> 3] = (1 << (n & 7)) - 1
    _copy_bits(rows.customer_valid, first, n, scratch.bits[1])
    _copy_bits(rows.created_valid, first, n, scratch.bits[2])
    _copy_bits(rows.picked_up_valid, first, n, scratch.bits[3])
    _copy_bits(rows.ping_valid, first, n, scratch.bits[4])
    sequence = rows.sequence[first:last]
    for j in range(n):
        scratch.sequence[j] = sequence[j]
    for k in range(1, 4):
        lengths = scratch.lengths[k]
        for j in range(n):
            lengths[j] = 0
    id_lengths, ids_at, routes_at = scratch.lengths[0], 0, 0
    for i in range(first_order, last_order):
        row = rows.row_start[i]
        length = rows.id_view[i, 0] & 255
        for j in range(row - first, rows.row_start[i + 1] - first):
            id_lengths[j] = length
            # All 8 bytes a row may have; the next row writes over those too many.
            copy_items(rows.id_bytes, 16 * row + 4, scratch.ids, ids_at, ID_MAX)
            ids_at += length
        customer = rows.customer[i]
        text_first = rows.text_start[customer]
        text_bytes = rows.text_start[customer + 1] - text_first
        scratch.lengths[1, row - first] = rows.addr_start[i + 1] - rows.addr_start[i]
        scratch.lengths[2, row - first] = rows.items_start[i + 1] - rows.items_start[i]
        scratch.lengths[3, row - first + 5] = text_bytes
        copy_items(rows.text, text_first, scratch.routes, routes_at, text_bytes)
        routes_at += text_bytes
    return ids_at
