"""Put rows into the order of the wire: time, order id as text, sequence, location (docs/model.md, 7.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.events.schema import ID
from fastgen.jit import jit, step
from fastgen.kernels.memory import load_word
from fastgen.wire.rows import LOCATION_ID, LOOP, N_STORED, SEQUENCE_NUMBER, TS, US

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.wire.rows import WireRows

U = np.uint64
BYTES, PAIRS = U(0x00FF00FF00FF00FF), U(0x0000FFFF0000FFFF)
GAPS = np.array([701, 301, 132, 57, 23, 10, 4, 1])  # Ciura 2001, "Best increments for shellsort"


@step
def loop_comes_first(a: int, b: int) -> bool:
    """Test whether the suffix of loop a sorts before that of loop b as text: none, -L1, -L10, -L2."""
    if a == 0 or b == 0:
        return a == 0
    scale_a = scale_b = 1
    while scale_a * 10 <= a:
        scale_a *= 10
    while scale_b * 10 <= b:
        scale_b *= 10
    # Both get the same number of digits, so that numbers compare as texts do. If they are equal then, the
    # shorter one is a prefix of the other.
    left, right = a * max(1, scale_b // scale_a), b * max(1, scale_a // scale_b)
    return left < right if left != right else a < b


@step
def _comes_first(ints: NDArray[np.int64], key: NDArray[np.uint64], i: int, j: int) -> bool:
    """Test whether row i sorts before row j of the same second."""
    if ints.shape[1] > N_STORED and ints[i, US] != ints[j, US]:
        return ints[i, US] < ints[j, US]
    if key[i] != key[j]:
        return key[i] < key[j]
    if ints[i, LOOP] != ints[j, LOOP]:
        return loop_comes_first(ints[i, LOOP], ints[j, LOOP])
    if ints[i, SEQUENCE_NUMBER] != ints[j, SEQUENCE_NUMBER]:
        return ints[i, SEQUENCE_NUMBER] < ints[j, SEQUENCE_NUMBER]
    # Orders of two simulations can have the same id.
    return ints[i, LOCATION_ID] < ints[j, LOCATION_ID]


@step
def _text_key(word: np.uint64, n: int) -> np.uint64:
    """Convert the first n bytes of a word, at least 1, into a number that sorts as the bytes do."""
    word <<= U(64 - 8 * n)
    word = (word & BYTES) << U(8) | word >> U(8) & BYTES
    word = (word & PAIRS) << U(16) | word >> U(16) & PAIRS
    return (word << U(32) | word >> U(32)) << U(64 - 8 * n)


@jit
def order_rows(
    rows: WireRows, keep: NDArray[np.bool_], start_s: int, end_s: int, order: NDArray[np.int64]
) -> int:
    """Sort the rows of a window into the order of the wire.

    Parameters
    ----------
    rows
        The rows. Order ids have 1 to 8 bytes, all greater than the hyphen, and `SLACK` bytes follow them.
    keep
        bool (n,), which rows are selected.
    start_s, end_s
        The window, virtual seconds; the end is excluded. Memory grows with its length.
    order
        Output, int64 (n,), indices of the rows.

    Returns
    -------
    int
        Number of rows in the window.
    """
    ints, start, id_text = rows.ints, rows.start, rows.id_text
    n = len(ints)
    key = np.empty(n, np.uint64)
    # First by second, with a counting sort; the few rows of a second are then sorted in place.
    place = np.zeros(end_s - start_s + 1, np.int32)
    for i in range(n):
        if not (keep[i] and start_s <= ints[i, TS] < end_s):
            continue
        first = start[i, ID]
        key[i] = _text_key(load_word(id_text, first), start[i + 1, ID] - first)
        place[ints[i, TS] - start_s + 1] += 1
    for second in range(end_s - start_s):
        place[second + 1] += place[second]
    total = place[end_s - start_s]
    for i in range(n):
        if keep[i] and start_s <= ints[i, TS] < end_s:
            second = ints[i, TS] - start_s
            order[place[second]] = i
            place[second] += 1
    first = 0
    for second in range(end_s - start_s):
        last = place[second]
        for gap in GAPS:
            if last - first < 2:  # most seconds have one row, or none
                break
            for at in range(first + gap, last):
                row, to = order[at], at
                while to - gap >= first and _comes_first(ints, key, row, order[to - gap]):
                    order[to] = order[to - gap]
                    to -= gap
                order[to] = row
        first = last
    return total
