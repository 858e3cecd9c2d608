"""Write numbers, times and texts as JSON has them, byte by byte, the same on every machine.

Every step writes into uint8 `out` from `at` on and returns where it ended. Decimals come from integers: a
float32 times a power of ten up to 10**6 is exact in float64, so that rounding it is one comparison and needs
no printf.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fastgen.kernels.jit import step
from fastgen.kernels.memory import copy_items

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUOTE, BACKSLASH, SPACE, ZERO, DOT, MINUS = 34, 92, 32, 48, 46, 45
# Bytes that one byte of a text becomes at most when escaped once and twice: \u001f, \\u001f.
ESCAPED_ONCE, ESCAPED_TWICE = 6, 7
# Beyond this a number is none that a coordinate or a percentage can have.
NUMBER_MAX = 1e9
S_PER_DAY = 86_400
DAYS_TO_1970 = 719_468  # from 0000-03-01


@step
def put_copy(text: NDArray[np.uint8], first: int, last: int, out: NDArray[np.uint8], at: int) -> int:
    """Copy text[first:last]."""
    copy_items(text, first, out, at, last - first)
    return at + last - first


@step
def put_digits(value: int, width: int, out: NDArray[np.uint8], at: int) -> int:
    """Write a number below 10**width, with leading zeros."""
    for j in range(at + width - 1, at - 1, -1):
        out[j] = ZERO + value % 10
        value //= 10
    return at + width


@step
def put_int(value: int, out: NDArray[np.uint8], at: int) -> int:
    """Write a whole number, 0 or more."""
    width, rest = 1, value // 10
    while rest > 0:
        width += 1
        rest //= 10
    return put_digits(value, width, out, at)


@step
def put_decimal(value: float, decimals: int, decimals_min: int, out: NDArray[np.uint8], at: int) -> int:
    """Write a float32 rounded half up to `decimals`, at most 6, without trailing zeros beyond `decimals_min`.

    What is no number is null, as JSON has no other word for it.
    """
    size = abs(np.float64(value))
    if not size < NUMBER_MAX:
        out[at], out[at + 1], out[at + 2], out[at + 3] = 110, 117, 108, 108
        return at + 4
    unit = 1
    for _ in range(decimals):
        unit *= 10
    scaled = np.int64(math.floor(size * unit + 0.5))
    if value < 0 and scaled > 0:
        out[at] = MINUS
        at += 1
    at = put_int(scaled // unit, out, at)
    out[at] = DOT
    at = put_digits(scaled % unit, decimals, out, at + 1)
    for _ in range(decimals - decimals_min):
        if out[at - 1] != ZERO:
            break
        at -= 1
    return at


@step
def put_time(seconds: int, out: NDArray[np.uint8], at: int) -> int:
    """Write Unix seconds as yyyy-MM-dd HH:mm:ss.000, UTC, years 1970 to 9999.

    Source of the calendar: Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
    """
    days, second = seconds // S_PER_DAY + DAYS_TO_1970, seconds % S_PER_DAY
    era, day = days // 146_097, days % 146_097
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5
    year += 400 * era + (1 if month >= 10 else 0)
    month += 3 if month < 10 else -9
    at = put_digits(year, 4, out, at)
    out[at] = MINUS
    at = put_digits(month, 2, out, at + 1)
    out[at] = MINUS
    at = put_digits(day + 1, 2, out, at + 1)
    out[at] = SPACE
    at = put_digits(second // 3600, 2, out, at + 1)
    out[at] = 58
    at = put_digits(second // 60 % 60, 2, out, at + 1)
    out[at] = 58
    at = put_digits(second % 60, 2, out, at + 1)
    out[at] = DOT
    return put_digits(0, 3, out, at + 1)


@step
def _is_plain(text: NDArray[np.uint8]) -> bool:
    """Say whether no byte of a text needs an escape; without a way out, so that it is vectorised."""
    special = np.uint8(0)
    for c in text:
        special |= np.uint8(c == QUOTE) | np.uint8(c == BACKSLASH) | np.uint8(c < SPACE)
    return special == 0


@step
def put_escaped(
    text: NDArray[np.uint8], first: int, last: int, times: int, out: NDArray[np.uint8], at: int
) -> int:
    """Write text[first:last], UTF-8, as inside a JSON string; twice: as inside a string in a string."""
    if times == 0 or _is_plain(text[first:last]):
        return put_copy(text, first, last, out, at)
    for j in range(first, last):
        c = np.int64(text[j])
        if c in (QUOTE, BACKSLASH):
            for _ in range(2 * times - 1):
                out[at] = BACKSLASH
                at += 1
            out[at] = c
            at += 1
        elif c < SPACE:
            for _ in range(times):
                out[at] = BACKSLASH
                at += 1
            out[at], out[at + 1], out[at + 2], out[at + 3] = 117, ZERO, ZERO, ZERO + (c >> 4)
            low = c & 15
            out[at + 4] = ZERO + low if low < 10 else 87 + low
            at += 5
        else:
            out[at] = c
            at += 1
    return at
