"""Write events in the wire format (docs/model.md, 7), as JSON lines or as the texts of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.events.schema import (
    ADDR,
    CANCELLED,
    CREATED,
    DELIVERED,
    ID,
    ITEMS_JSON,
    LAT,
    PICKED_UP,
    PING,
    PING_LAT,
    PING_PROGRESS,
    ROUTE_JSON,
)
from fastgen.jit import jit, step
from fastgen.kernels.memory import copy_block, load_word, store_word
from fastgen.kernels.xxh3 import xxh3_128
from fastgen.wire.kernels.json_text import (
    SHIFT_16,
    eight_digits,
    put_decimal,
    put_escaped,
    put_int,
    put_short,
    put_time,
)
from fastgen.wire.rows import (
    DEGREE_DECIMALS,
    ETA,
    EVENT_TYPE,
    LOCATION_ID,
    LOOP,
    PROGRESS_DECIMALS,
    PROGRESS_DECIMALS_MIN,
    SEQUENCE_NUMBER,
    TS,
    US,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.wire.rows import WireRows

# What to write; the values are bits.
(WRITE_EVENT_ID, WRITE_TYPE, WRITE_TIME, WRITE_SEQUENCE, WRITE_ORDER_ID, WRITE_BODY) = (1, 2, 4, 8, 16, 32)
# What live rows have: digits of the microseconds in place of .000, six of them in place of three, a UUID in
# place of the stored order id, and eta_mins in the body.
(WRITE_FRACTION, WRITE_MICROSECONDS, WRITE_ORDER_UUID, WRITE_ETA) = (64, 128, 256, 512)

UUID_BYTES = 36
# Where the parts of what ids are made of begin: 32 bytes of the location, the loop, the stored order id.
LOOP_AT, ID_AT = 32, 40
# Numbers of the fixed texts between the values; see `fastgen.wire.bulk`.
(OPEN, SEQUENCE, BODY, CLOSE) = range(4)
(CUSTOMER_LAT, CUSTOMER_LON, CUSTOMER_ADDR, ITEMS, END, NO_BODY) = range(4, 10)
(ROUTE, PROGRESS, LOC_LAT, LOC_LON, DELIVERED_LAT, DELIVERED_LON) = range(10, 16)  # each lon follows its lat
(ETA_MINS, REASON, END_OF_TEXT) = range(16, 19)
TYPE = 19  # the first of nine, one a type
PLACE = 28  # the first of those by location_id

U = np.uint64
# The bits of a UUID that state its version and its variant (RFC 9562, 5.8).
VERSION_MASK, VERSION_8 = U(0xFFFFFFFFFFFF0FFF), U(0x8000)
VARIANT_MASK, VARIANT_10 = U(0x3FFFFFFFFFFFFFFF), U(0x8000000000000000)
NO_SEED = U(0)
HYPHEN, LOOP_SUFFIX = U(45), U(0x4C2D)  # -, -L
DOT_ZERO = U(0x302E)  # .0
LOW_32 = U(0xFFFFFFFF)
PAIRS, FOURS, SIXES = U(0x000000FF000000FF), U(0x000F000F000F000F), U(0x0606060606060606)
# LETTERS is the distance from the byte after "9" to "a".
ONES, ZEROS, LETTERS = U(0x0101010101010101), U(0x3030303030303030), U(39)


class Pieces(NamedTuple):
    """The fixed texts between the values.

    Attributes
    ----------
    start
        int64 (n + 1,), where each begins.
    text
        uint8, the texts, one after another.
    times
        How often a JSON text of a body is escaped: 1 in a line, where the body is a string; 0 in a column.
    """

    start: NDArray[np.int64]
    text: NDArray[np.uint8]
    times: int


@step
def _put_piece(pieces: Pieces, number: int, out: NDArray[np.uint8], at: int) -> int:
    """Write one of the fixed texts."""
    return put_short(pieces.text, pieces.start[number], pieces.start[number + 1], out, at)


@step
def _hex_digits(word: np.uint64) -> np.uint64:
    """Convert the low 32 bits into hexadecimal digits, the bytes of a word; the first is the lowest byte."""
    word = (word & U(0xFFFF)) << U(32) | word >> U(16) & U(0xFFFF)
    word = (word & PAIRS) << U(16) | word >> U(8) & PAIRS
    word = (word & FOURS) << U(8) | word >> U(4) & FOURS
    # Six more carry a digit from 10 on into the upper half of its byte.
    is_letter = (word + SIXES) >> U(4) & ONES
    return word + ZEROS + is_letter * LETTERS


@step
def _put_uuid(hashed: NDArray[np.uint8], n_bytes: int, out: NDArray[np.uint8], at: int) -> int:
    """Write a UUID of version 8 with the bits of an XXH3-128 of the first bytes of `hashed`."""
    low, high = xxh3_128(hashed, n_bytes, NO_SEED)
    high = (high & VERSION_MASK) | VERSION_8
    low = (low & VARIANT_MASK) | VARIANT_10
    second, third = _hex_digits(high), _hex_digits(low >> U(32))
    store_word(_hex_digits(high >> U(32)), out, at)
    store_word(HYPHEN | (second & LOW_32) << U(8) | HYPHEN << U(40) | (second >> U(32)) << U(48), out, at + 8)
    store_word(second >> U(48) | HYPHEN << U(16) | (third & LOW_32) << U(24) | HYPHEN << U(56), out, at + 16)
    store_word(third >> U(32), out, at + 24)
    store_word(_hex_digits(low), out, at + 28)
    return at + UUID_BYTES


@step
def _put_pair(
    floats: NDArray[np.float32], i: int, lat: int, key: int, pieces: Pieces, out: NDArray[np.uint8], at: int
) -> int:
    """Write latitude and longitude with their keys; the columns follow each other, and so do the keys."""
    for j in range(2):
        at = _put_piece(pieces, key + j, out, at)
        at = put_decimal(floats[i, lat + j], DEGREE_DECIMALS, DEGREE_DECIMALS, out, at)
    return at


@step
def _put_text(
    text: NDArray[np.uint8],
    start: NDArray[np.int64],
    i: int,
    column: int,
    times: int,
    out: NDArray[np.uint8],
    at: int,
) -> int:
    """Write a stored text, escaped `times` times."""
    return put_escaped(text, start[i, column], start[i + 1, column], times, out, at)


@jit
def write_texts(
    rows: WireRows,
    order: NDArray[np.int64],
    shift_s: int,
    keys: NDArray[np.uint8],
    hashed: NDArray[np.uint8],
    pieces: Pieces,
    values: int,
    out: NDArray[np.uint8],
    ends: NDArray[np.int32],
) -> int:
    """Write rows as texts: lines, or the values of one column.

    Parameters
    ----------
    rows
        The rows; `SLACK` bytes follow their texts.
    order
        int64 (n,), indices of the rows to write, in this order.
    shift_s
        Seconds to add to the virtual seconds.
    keys
        uint8 (128 * 32,), 32 bytes for each location_id, which ids derive from.
    hashed
        uint8 (64,), scratch memory.
    pieces
        Fixed texts, which are always written; they may be empty.
    values
        Which values to write, a sum of `WRITE_EVENT_ID` and the like. Those of live rows need the columns of
        ints that only made rows have.
    out
        Output, uint8; large enough, see `fastgen.wire.bulk`.
    ends
        Output, int32 (n,), where each text ends; or of length 0, if that isn't needed.

    Returns
    -------
    int
        Number of bytes written.
    """
    # Taken out of the tuple once: in the loop, Numba would count each access as a reference.
    ints, floats, start, id_text = rows.ints, rows.floats, rows.start, rows.id_text
    addr_text, items_text, route_text = rows.addr_text, rows.items_text, rows.route_text
    times, at = pieces.times, 0
    for n in range(len(order)):
        i = order[n]
        kind, loop, sequence = ints[i, EVENT_TYPE], ints[i, LOOP], ints[i, SEQUENCE_NUMBER]
        location_id = ints[i, LOCATION_ID]
        id_first = start[i, ID]
        id_bytes = start[i + 1, ID] - id_first
        id_word = load_word(id_text, id_first)
        # Hashed are 32 bytes of the location, the loop as int64, order_id without suffix, 6 to 8 bytes, and
        # for an event the sequence as int32. Numbers are little-endian.
        copy_block(keys, LOOP_AT * location_id, hashed, 0)
        store_word(U(loop), hashed, LOOP_AT)
        store_word(id_word, hashed, ID_AT)
        store_word(U(sequence), hashed, ID_AT + id_bytes)
        at = _put_piece(pieces, OPEN, out, at)
        if values & WRITE_EVENT_ID:
            at = _put_uuid(hashed, ID_AT + id_bytes + 4, out, at)
        if values & WRITE_TYPE:
            at = _put_piece(pieces, TYPE - 1 + kind, out, at)
        if values & WRITE_TIME:
            at = put_time(ints[i, TS] + shift_s, out, at)
            if values & WRITE_FRACTION:
                # What follows is written over the last three digits if only three are wanted.
                store_word(eight_digits(U(ints[i, US])) >> SHIFT_16, out, at - 3)
                at += 3 if values & WRITE_MICROSECONDS else 0
        at = _put_piece(pieces, PLACE + location_id, out, at)
        if values & WRITE_ORDER_UUID:
            at = _put_uuid(hashed, ID_AT + id_bytes, out, at)
        elif values & WRITE_ORDER_ID:
            store_word(id_word, out, at)
            at += id_bytes
            if loop > 0:
                store_word(LOOP_SUFFIX, out, at)
                at = put_int(loop, out, at + 2)
        at = _put_piece(pieces, SEQUENCE, out, at)
        if values & WRITE_SEQUENCE:
            at = put_int(sequence, out, at)
        at = _put_piece(pieces, BODY, out, at)
        if values & WRITE_BODY:
            end = END
            if kind == PING:
                at = _put_piece(pieces, PROGRESS, out, at)
                at = put_decimal(floats[i, PING_PROGRESS], PROGRESS_DECIMALS, PROGRESS_DECIMALS_MIN, out, at)
                at = _put_pair(floats, i, PING_LAT, LOC_LAT, pieces, out, at)
            elif kind == CREATED:
                at = _put_pair(floats, i, LAT, CUSTOMER_LAT, pieces, out, at)
                at = _put_piece(pieces, CUSTOMER_ADDR, out, at)
                at = _put_text(addr_text, start, i, ADDR, times + 1, out, at)
                at = _put_piece(pieces, ITEMS, out, at)
                at = _put_text(items_text, start, i, ITEMS_JSON, times, out, at)
            elif kind == PICKED_UP:
                at = _put_piece(pieces, ROUTE, out, at)
                at = _put_text(route_text, start, i, ROUTE_JSON, times, out, at)
                if values & WRITE_ETA:
                    at = _put_piece(pieces, ETA_MINS, out, at)
                    at = put_int(ints[i, ETA] // 10, out, at)
                    store_word(DOT_ZERO + (U(ints[i, ETA] % 10) << U(8)), out, at)
                    at += 2
            elif kind == DELIVERED:
                at = _put_pair(floats, i, LAT, DELIVERED_LAT, pieces, out, at)
            elif kind == CANCELLED:
                at = _put_piece(pieces, REASON, out, at)
                at = _put_text(addr_text, start, i, ADDR, times + 1, out, at)
                end = END_OF_TEXT
            else:
                end = NO_BODY
            at = _put_piece(pieces, end, out, at)
        at = _put_piece(pieces, CLOSE, out, at)
        if len(ends) > 0:
            ends[n] = at
    return at
