"""Write events in the wire format (SPEC 4), as JSON lines or as the texts of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.kernels.jit import jit, step
from fastgen.kernels.json_text import (
    put_copy,
    put_decimal,
    put_escaped,
    put_int,
    put_time,
)
from fastgen.kernels.wire_rows import (
    ADDR,
    EVENT_TYPE,
    ID,
    ITEMS_JSON,
    LAT,
    LOCATION_ID,
    LON,
    LOOP,
    PING_LAT,
    PING_LON,
    PING_PROGRESS,
    ROUTE_JSON,
    SEQUENCE_NUMBER,
    TS,
)
from fastgen.kernels.xxh3 import xxh3_128

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.kernels.wire_rows import WireRows

EVENT_ID_BYTES = 36
TIME_BYTES = 23
DIGEST_BYTES = 32
DEGREE_DECIMALS = 6
PROGRESS_DECIMALS, PROGRESS_DECIMALS_MIN = 4, 1

CREATED, PICKED_UP, PING, DELIVERED = 1, 6, 7, 8

# Numbers of the pieces of text around the values; see `fastgen.events.wire`.
(OPEN, LOCATION, ORDER, SEQUENCE, BODY, CLOSE) = range(6)
(CUSTOMER_LAT, CUSTOMER_LON, CUSTOMER_ADDR, ITEMS, END, NO_BODY) = range(6, 12)
(ROUTE, PROGRESS, LOC_LAT, LOC_LON, DELIVERED_LAT, DELIVERED_LON) = range(12, 18)
TYPE = 18  # and on: those of types 1 to 8

VERSION_MASK, VERSION_8 = np.uint64(0xFFFFFFFFFFFF0FFF), np.uint64(0x8000)
VARIANT_MASK, VARIANT_10 = np.uint64(0x3FFFFFFFFFFFFFFF), np.uint64(0x8000000000000000)
NO_SEED = np.uint64(0)


class Pieces(NamedTuple):
    """Texts around the values: int64 (n + 1,) offsets, uint8 text; how often bodies' texts are escaped."""

    start: NDArray[np.int64]
    text: NDArray[np.uint8]
    times: int


class WireColumns(NamedTuple):
    """Room for the texts of n rows: fixed widths, or int32 (n + 1,) offsets and uint8 text."""

    event_id: NDArray[np.uint8]
    time: NDArray[np.uint8]
    type_start: NDArray[np.int32]
    type_text: NDArray[np.uint8]
    id_start: NDArray[np.int32]
    id_text: NDArray[np.uint8]
    body_start: NDArray[np.int32]
    body_text: NDArray[np.uint8]


@step
def _put_piece(pieces: Pieces, number: int, out: NDArray[np.uint8], at: int) -> int:
    """Write one of the fixed texts."""
    return put_copy(pieces.text, pieces.start[number], pieces.start[number + 1], out, at)


@step
def _put_hex(word: np.uint64, first: int, n: int, out: NDArray[np.uint8], at: int) -> int:
    """Write n hexadecimal digits of a word, from digit `first` of its 16 on."""
    for j in range(n):
        digit = np.int64((word >> np.uint64(60 - 4 * (first + j))) & np.uint64(15))
        out[at + j] = 48 + digit if digit < 10 else 87 + digit
    return at + n


@step
def _put_event_id(
    loop: int,
    id_text: NDArray[np.uint8],
    first: int,
    last: int,
    sequence: int,
    hashed: NDArray[np.uint8],
    out: NDArray[np.uint8],
    at: int,
) -> int:
    """Write the event id: a UUID of version 8 over XXH3-128 of `hashed`.

    Those bytes are: 32 bytes of the dataset's digest, already there; the loop as int64; order_id without
    suffix, 6 to 8 bytes, id_text[first:last]; sequence as int32; numbers little-endian.
    """
    n = DIGEST_BYTES
    for j in range(8):
        hashed[n + j] = (loop >> (8 * j)) & 255
    n = put_copy(id_text, first, last, hashed, n + 8)
    for j in range(4):
        hashed[n + j] = (sequence >> (8 * j)) & 255
    low, high = xxh3_128(hashed, n + 4, NO_SEED)
    high = (high & VERSION_MASK) | VERSION_8
    low = (low & VARIANT_MASK) | VARIANT_10
    at = _put_hex(high, 0, 8, out, at)
    out[at] = 45
    at = _put_hex(high, 8, 4, out, at + 1)
    out[at] = 45
    at = _put_hex(high, 12, 4, out, at + 1)
    out[at] = 45
    at = _put_hex(low, 0, 4, out, at + 1)
    out[at] = 45
    return _put_hex(low, 4, 12, out, at + 1)


@step
def _put_order_id(
    loop: int, id_text: NDArray[np.uint8], first: int, last: int, out: NDArray[np.uint8], at: int
) -> int:
    """Write the order id, with -Lk from loop 1 on."""
    at = put_copy(id_text, first, last, out, at)
    if loop > 0:
        out[at], out[at + 1] = 45, 76
        at = put_int(loop, out, at + 2)
    return at


@step
def _put_pair(
    lat: float, lon: float, lat_key: int, lon_key: int, pieces: Pieces, out: NDArray[np.uint8], at: int
) -> int:
    """Write two keys and their degrees."""
    at = _put_piece(pieces, lat_key, out, at)
    at = put_decimal(lat, DEGREE_DECIMALS, DEGREE_DECIMALS, out, at)
    at = _put_piece(pieces, lon_key, out, at)
    return put_decimal(lon, DEGREE_DECIMALS, DEGREE_DECIMALS, out, at)


@step
def _put_body(
    event_type: int,
    number: NDArray[np.float32],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    addr_text: NDArray[np.uint8],
    items_text: NDArray[np.uint8],
    route_text: NDArray[np.uint8],
    pieces: Pieces,
    out: NDArray[np.uint8],
    at: int,
) -> int:
    """Write the body; what the pieces say decides whether it is escaped, as inside a JSON string."""
    times = pieces.times
    if event_type == PING:
        at = _put_piece(pieces, PROGRESS, out, at)
        at = put_decimal(number[PING_PROGRESS], PROGRESS_DECIMALS, PROGRESS_DECIMALS_MIN, out, at)
        at = _put_pair(number[PING_LAT], number[PING_LON], LOC_LAT, LOC_LON, pieces, out, at)
    elif event_type == CREATED:
        at = _put_pair(number[LAT], number[LON], CUSTOMER_LAT, CUSTOMER_LON, pieces, out, at)
        at = _put_piece(pieces, CUSTOMER_ADDR, out, at)
        at = put_escaped(addr_text, start[ADDR], end[ADDR], times + 1, out, at)
        at = _put_piece(pieces, ITEMS, out, at)
        at = put_escaped(items_text, start[ITEMS_JSON], end[ITEMS_JSON], times, out, at)
    elif event_type == PICKED_UP:
        at = _put_piece(pieces, ROUTE, out, at)
        at = put_escaped(route_text, start[ROUTE_JSON], end[ROUTE_JSON], times, out, at)
    elif event_type == DELIVERED:
        at = _put_pair(number[LAT], number[LON], DELIVERED_LAT, DELIVERED_LON, pieces, out, at)
    else:
        return _put_piece(pieces, NO_BODY, out, at)
    return _put_piece(pieces, END, out, at)


@jit
def write_lines(
    rows: WireRows,
    order: NDArray[np.int64],
    shift_s: int,
    hashed: NDArray[np.uint8],
    pieces: Pieces,
    out: NDArray[np.uint8],
) -> int:
    """Write rows as JSON lines.

    Parameters
    ----------
    rows
        The rows.
    order
        int64 (n,), which of them to write, in this order.
    shift_s
        What to add to their virtual seconds.
    hashed
        uint8 (64,), scratch; its first 32 bytes are the dataset's digest.
    pieces
        Texts around the values.
    out
        Output, uint8: large enough, see `fastgen.events.wire`.

    Returns
    -------
    int
        Bytes written.
    """
    # Taken out of the tuple once: in the loop each would be counted as a reference again and again.
    whole, number, start, id_text = rows.whole, rows.number, rows.start, rows.id_text
    addr_text, items_text, route_text = rows.addr_text, rows.items_text, rows.route_text
    at = 0
    for n in range(len(order)):
        i = order[n]
        loop, sequence = whole[i, LOOP], whole[i, SEQUENCE_NUMBER]
        id_first, id_last = start[i, ID], start[i + 1, ID]
        at = _put_piece(pieces, OPEN, out, at)
        at = _put_event_id(loop, id_text, id_first, id_last, sequence, hashed, out, at)
        at = _put_piece(pieces, TYPE - 1 + whole[i, EVENT_TYPE], out, at)
        at = put_time(whole[i, TS] + shift_s, out, at)
        at = _put_piece(pieces, LOCATION, out, at)
        at = put_int(whole[i, LOCATION_ID], out, at)
        at = _put_piece(pieces, ORDER, out, at)
        at = _put_order_id(loop, id_text, id_first, id_last, out, at)
        at = _put_piece(pieces, SEQUENCE, out, at)
        at = put_int(sequence, out, at)
        at = _put_piece(pieces, BODY, out, at)
        at = _put_body(
            whole[i, EVENT_TYPE],
            number[i],
            start[i],
            start[i + 1],
            addr_text,
            items_text,
            route_text,
            pieces,
            out,
            at,
        )
        at = _put_piece(pieces, CLOSE, out, at)
    return at


@jit
def write_columns(
    rows: WireRows,
    order: NDArray[np.int64],
    shift_s: int,
    hashed: NDArray[np.uint8],
    pieces: Pieces,
    columns: WireColumns,
) -> None:
    """Write the texts of rows as columns; parameters as `write_lines`, the pieces unescaped."""
    whole, number, start, id_text = rows.whole, rows.number, rows.start, rows.id_text
    addr_text, items_text, route_text = rows.addr_text, rows.items_text, rows.route_text
    type_start, id_start, body_start = columns.type_start, columns.id_start, columns.body_start
    event_id_at = time_at = type_at = id_at = body_at = 0
    type_start[0] = id_start[0] = body_start[0] = 0
    for n in range(len(order)):
        i = order[n]
        loop, sequence, event_type = whole[i, LOOP], whole[i, SEQUENCE_NUMBER], whole[i, EVENT_TYPE]
        id_first, id_last = start[i, ID], start[i + 1, ID]
        event_id_at = _put_event_id(
            loop, id_text, id_first, id_last, sequence, hashed, columns.event_id, event_id_at
        )
        time_at = put_time(whole[i, TS] + shift_s, columns.time, time_at)
        type_at = _put_piece(pieces, TYPE - 1 + event_type, columns.type_text, type_at)
        id_at = _put_order_id(loop, id_text, id_first, id_last, columns.id_text, id_at)
        body_at = _put_body(
            event_type,
            number[i],
            start[i],
            start[i + 1],
            addr_text,
            items_text,
            route_text,
            pieces,
            columns.body_text,
            body_at,
        )
        type_start[n + 1] = type_at
        id_start[n + 1] = id_at
        body_start[n + 1] = body_at
