"""Encipher an order's index as its id: A-Z0-9, unique by construction, unordered to the eye (SPEC 2.9).

A keyed bijection of 0..36^w-1 for each width w of 6, 7 and 8: a Feistel network of four rounds (Luby and
Rackoff 1988) over pairs (left, right) below 36^(w // 2) and 36^(w - w // 2), each round adding a Philox word
of the other half modulo its range, which is a bijection whatever the ranges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.kernels.jit import inline, jit
from fastgen.kernels.philox import BATCH, below, draw_batch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.rng import Stream

BASE = 36
BASE_3 = BASE**3
BASE_4 = BASE**4
IDS_6 = BASE**6
IDS_7 = BASE**7
IDS_8 = BASE**8
MAX_ORDERS = IDS_6 + IDS_7 + IDS_8
LETTERS = 10  # digit values 0..9 are "0".."9", 10..35 "A".."Z"


@inline
def _halves(index: int) -> tuple[int, int, int, int]:
    """Domain of an index: its place there, the ranges of left and right, and the width in characters."""
    if index < IDS_6:
        return index, BASE_3, BASE_3, 6
    if index < IDS_6 + IDS_7:
        return index - IDS_6, BASE_3, BASE_4, 7
    return index - IDS_6 - IDS_7, BASE_4, BASE_4, 8


@inline
def _encipher(
    stream: Stream,
    place: NDArray[np.int64],
    n_left: int,
    n_right: int,
    width: int,
    words: NDArray[np.uint64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
) -> None:
    """Map places below n_left * n_right, (n,), to other ones, as their left and right halves."""
    n = len(place)
    for j in range(n):
        left[j] = place[j] // n_right
        right[j] = place[j] - left[j] * n_right
    for r in range(4):
        keyed, changed, span = (right, left, n_left) if r % 2 == 0 else (left, right, n_right)
        draw_batch(stream, width, keyed[:n], r, words)
        word = words[0]
        for j in range(n):
            total = changed[j] + below(word[j], span)
            changed[j] = total if total < span else total - span


@jit
def _write_order_ids(
    stream: Stream,
    first_index: int,
    view: NDArray[np.int64],
    words: NDArray[np.uint64],
    places: NDArray[np.int64],
) -> None:
    """Write ids as `write_order_ids` does; `words`, (4, BATCH), and `places`, (3, BATCH), are scratch."""
    place, left, right = places[0], places[1], places[2]
    done = 0
    while done < len(view):
        start, n_left, n_right, width = _halves(first_index + done)
        n = BATCH
        n = min(n, len(view) - done)
        n = min(n, n_left * n_right - start)
        for j in range(n):
            place[j] = start + j
        _encipher(stream, place[:n], n_left, n_right, width, words, left, right)
        for j in range(n):
            code, text = left[j] * n_right + right[j], 0
            for _ in range(width):  # from the last character on
                digit = code % BASE
                code //= BASE
                text = (text << 8) | (digit + 48 if digit < LETTERS else digit + 55)
            view[done + j, 0] = width | ((text & 0xFFFFFFFF) << 32)
            view[done + j, 1] = text >> 32
        done += n


def write_order_ids(stream: Stream, first_index: int, view: NDArray[np.int64]) -> None:
    """Write the ids of indices first_index, first_index + 1, ... as Arrow string views, int64 (n, 2)."""
    words, places = np.empty((4, BATCH), np.uint64), np.empty((3, BATCH), np.int64)
    _write_order_ids(stream, first_index, view, words, places)
