"""Write numbers, times and texts as JSON, with the same bytes on every machine.

Every step writes into uint8 `out`, begins at `at`, and returns where it ended. It writes whole words: up to
`SLACK` bytes (see `fastgen.wire.rows`) beyond that end, and reads as many beyond the end of a text. Callers
provide that room.

A number is rounded as an integer: a float32 times a power of ten up to 10**6 is exact in float64, so one half
is added and the rest cut off, without printf.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.jit import step
from fastgen.kernels.memory import BLOCK, copy_block, copy_items, load_word, store_word
from fastgen.units import S_PER_DAY
from fastgen.wire.rows import NUMBER_MAX

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Most bytes that one byte of a text becomes when it is escaped once, \u001f, and twice, \\u001f.
ESCAPED_ONCE, ESCAPED_TWICE = 6, 7
DAYS_TO_1970 = 719_468  # from 0000-03-01

U = np.uint64
ZERO, ONE = U(0), U(1)
QUOTE, BACKSLASH, SPACE = U(34), U(92), U(32)
DIGIT_ZERO, DOT, MINUS = U(48), U(46), U(45)
BYTE, SHIFT_8, SHIFT_16, SHIFT_32 = U(255), U(8), U(16), U(32)
E2, E3, E4, E5, E6, E7, E8 = (U(10**k) for k in range(2, 9))
UNITS = 10.0 ** np.arange(7)
NULL = U(0x6C6C756E)
TWICE_7, FOUR_4 = U(0x0000007F0000007F), U(0x000F000F000F000F)
EIGHT_ZEROS = U(0x3030303030303030)
# "0000-00-" and "00 ", then "00:00:00", as words without the digits; and ".000".
DATE_MARKS, SPACE_AT_2 = U(0x2D00002D00000000), U(0x200000)
TIME_MARKS, MILLISECONDS = U(0x00003A00003A0000), U(0x3030302E)
BACKSLASHES, EIGHT_QUOTES = U(0x5C5C5C5C5C5C5C5C), U(0x2222222222222222)
EIGHT_ONES, EIGHT_SPACES, EIGHT_SIGNS = U(0x0101010101010101), U(0x2020202020202020), U(0x8080808080808080)


@step
def put_copy(text: NDArray[np.uint8], first: int, last: int, out: NDArray[np.uint8], at: int) -> int:
    """Copy text[first:last]."""
    copy_items(text, first, out, at, last - first)
    return at + last - first


@step
def put_short(text: NDArray[np.uint8], first: int, last: int, out: NDArray[np.uint8], at: int) -> int:
    """Copy text[first:last], which is short, block by block, without a call."""
    for j in range(0, last - first, BLOCK):
        copy_block(text, first + j, out, at + j)
    return at + last - first


@step
def eight_digits(value: np.uint64) -> np.uint64:
    """Convert a number below 10**8 into eight digits, the bytes of a word; the first is the lowest byte.

    All lanes of the word are divided at once: into two groups of four digits, four pairs, eight digits.
    """
    fours = value // E4 | (value % E4) << SHIFT_32
    # A division by 100, below 10**4, as a multiplication by 10,486 / 2**20; then one by 10, below 100, by
    # 103 / 2**10. Both are exact.
    high = (fours * U(10_486)) >> U(20) & TWICE_7
    pairs = high | (fours - E2 * high) << SHIFT_16
    high = (pairs * U(103)) >> U(10) & FOUR_4
    return (high | (pairs - U(10) * high) << SHIFT_8) + EIGHT_ZEROS


@step
def put_int(value: int, out: NDArray[np.uint8], at: int) -> int:
    """Write a whole number, at least 0."""
    rest = top = U(value)
    n_more = 0
    while top >= E8:
        top //= E8
        n_more += 1
    # Comparisons that are added up: no branch can be predicted wrong.
    width = (
        1 + (top >= U(10)) + (top >= E2) + (top >= E3) + (top >= E4) + (top >= E5) + (top >= E6) + (top >= E7)
    )
    store_word(eight_digits(top) >> U(64 - 8 * width), out, at)
    at += width
    for n_behind in range(n_more - 1, -1, -1):
        top = rest
        for _ in range(n_behind):
            top //= E8
        store_word(eight_digits(top % E8), out, at)
        at += 8
    return at


@step
def put_decimal(value: float, decimals: int, decimals_min: int, out: NDArray[np.uint8], at: int) -> int:
    """Write a float32 rounded half up to `decimals`, at most 6, without trailing zeros beyond `decimals_min`.

    NaN, infinity and numbers from `NUMBER_MAX` on are written as null: JSON can't write the first two.
    """
    size = abs(np.float64(value))
    if not size < NUMBER_MAX:
        store_word(NULL, out, at)
        return at + 4
    # In millionths for any number of decimals, so that the compiler divides by a constant.
    micro = U(np.int64(size * UNITS[decimals] + 0.5)) * U(UNITS[6 - decimals])
    if value < 0 and micro > ZERO:
        store_word(MINUS, out, at)
        at += 1
    at = put_int(micro // E6, out, at)
    digits = eight_digits(micro % E6) >> SHIFT_16
    store_word(DOT | digits << SHIFT_8, out, at)
    while decimals > decimals_min and digits >> U(8 * decimals - 8) & BYTE == DIGIT_ZERO:
        decimals -= 1
    return at + 1 + decimals


@step
def put_time(seconds: int, out: NDArray[np.uint8], at: int) -> int:
    """Write Unix seconds as yyyy-MM-dd HH:mm:ss.000, UTC, years 1970 to 9999.

    Source of the calendar: Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
    """
    rest = U(seconds)
    days, second = rest // U(S_PER_DAY) + U(DAYS_TO_1970), rest % U(S_PER_DAY)
    # An era is 400 years, and a year begins on 1 March, so that a leap day is the last of its year.
    era, day = days // U(146_097), days % U(146_097)
    year = (day - day // U(1460) + day // U(36_524) - day // U(146_096)) // U(365)
    day -= U(365) * year + year // U(4) - year // E2
    month = (U(5) * day + U(2)) // U(153)
    day -= (U(153) * month + U(2)) // U(5)
    year += U(400) * era + month // U(10)
    month = month + U(3) - U(12) * (month // U(10))
    date = eight_digits(year * E4 + month * E2 + day + ONE)
    fours = date & U(0xFFFFFFFF)
    store_word(fours | (date >> SHIFT_32 & U(0xFFFF)) << U(40) | DATE_MARKS, out, at)
    store_word(date >> U(48) | SPACE_AT_2, out, at + 8)
    clock = eight_digits(second // U(3600) * E4 + second // U(60) % U(60) * E2 + second % U(60)) >> SHIFT_16
    clock = clock & U(0xFFFF) | (clock & U(0xFFFF0000)) << SHIFT_8 | (clock & U(0xFFFF00000000)) << SHIFT_16
    store_word(clock | TIME_MARKS, out, at + 11)
    store_word(MILLISECONDS, out, at + 19)
    return at + 23


@step
def _is_special(c: np.uint64) -> bool:
    """Test whether a byte needs a backslash in a JSON string: a quote or a backslash."""
    return (c == QUOTE) | (c == BACKSLASH)


@step
def _special(word: np.uint64) -> np.uint64:
    """Give a word that is not 0, by its sign bits, if a byte of this one is a quote, backslash or control.

    Source: Sean Eron Anderson, "Bit Twiddling Hacks", haszero and hasless: all bytes are tested at once.
    """
    quote, backslash = word ^ EIGHT_QUOTES, word ^ BACKSLASHES
    lower = (
        (quote - EIGHT_ONES) & ~quote | (backslash - EIGHT_ONES) & ~backslash | (word - EIGHT_SPACES) & ~word
    )
    return lower & EIGHT_SIGNS


@step
def _is_plain(text: NDArray[np.uint8], first: int, last: int) -> bool:
    """Test whether no byte of a text needs an escape; the loop never stops early, so it is vectorised."""
    found, n_rest = ZERO, (last - first) % 8
    for j in range((last - first) // 8):
        found |= _special(load_word(text, first + 8 * j))
    if n_rest > 0:
        unused = U(8 * n_rest)
        found |= _special(load_word(text, last - n_rest) & ((ONE << unused) - ONE) | EIGHT_SPACES << unused)
    return found == ZERO


@step
def put_escaped(
    text: NDArray[np.uint8], first: int, last: int, times: int, out: NDArray[np.uint8], at: int
) -> int:
    """Write text[first:last], UTF-8, escaped for a JSON string; `times` 2: for a string in a string."""
    if times == 0 or _is_plain(text, first, last):
        return put_copy(text, first, last, out, at)
    n_before = 2 * times - 1
    for j in range(first, last):
        c = load_word(text, j) & BYTE
        # Backslashes are always written, and overwritten if none is needed: no branch can be predicted wrong.
        store_word(BACKSLASHES, out, at)
        if c < SPACE:
            # u00 and two hexadecimal digits, the first of which is 0 or 1.
            at += times
            low = c & U(15)
            digits = (U(48) + (c >> U(4))) << U(24) | (
                U(48) + low if low < U(10) else U(87) + low
            ) << SHIFT_32
            store_word(U(0x303075) | digits, out, at)
            at += 5
        else:
            at += n_before * _is_special(c)
            store_word(c, out, at)
            at += 1
    return at
