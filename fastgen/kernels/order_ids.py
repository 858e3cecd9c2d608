"""Encipher an order's index as its id: A-Z0-9, unique by construction, unordered to the eye (SPEC 2.9).

A keyed bijection of 0..36^w-1 for each width w of 6, 7 and 8: a Feistel network of four rounds (Luby and Rackoff 1988)
over pairs (left, right) below 36^(w // 2) and 36^(w - w // 2), each round adding a Philox word of the other half modulo
its range, which is a bijection whatever the ranges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.kernels.jit import inline, jit
from fastgen.kernels.philox import below, draw_words

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
def encipher(stream: Stream, index: int, n_left: int, n_right: int, width: int) -> int:
    """Map index to another number below n_left * n_right."""
    left, right = index // n_right, index % n_right
    for r in range(0, 4, 2):
        left = (left + below(draw_words(stream, width, right, r)[0], n_left)) % n_left
        right = (right + below(draw_words(stream, width, left, r + 1)[0], n_right)) % n_right
    return left * n_right + right


@inline
def order_code(stream: Stream, index: int) -> tuple[int, int]:
    """Encipher an index; return the number and its width in characters."""
    if index < IDS_6:
        return encipher(stream, index, BASE_3, BASE_3, 6), 6
    if index < IDS_6 + IDS_7:
        return encipher(stream, index - IDS_6, BASE_3, BASE_4, 7), 7
    return encipher(stream, index - IDS_6 - IDS_7, BASE_4, BASE_4, 8), 8


@jit
def write_order_ids(stream: Stream, first_index: int, view: NDArray[np.int64]) -> None:
    """Write the ids of indices first_index, first_index + 1, ... as Arrow string views, int64 (n, 2)."""
    for i in range(len(view)):
        code, width = order_code(stream, first_index + i)
        low, high = 0, 0
        for position in range(width - 1, -1, -1):
            digit = code % BASE
            code //= BASE
            char = digit + 48 if digit < LETTERS else digit + 55
            if position < 4:
                low |= char << (8 * position)
            else:
                high |= char << (8 * (position - 4))
        view[i, 0] = width | (low << 32)
        view[i, 1] = high
