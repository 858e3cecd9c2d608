"""Encipher an order's index as its id: A-Z0-9, unique, unordered to the eye (docs/model.md, 4.9).

A keyed bijection of 0..36^w-1 for each width w of 6, 7 and 8: a Feistel network of four rounds (Luby and
Rackoff 1988) over pairs (left, right) below 36^(w // 2) and 36^(w - w // 2), each round adding a Philox word
of the other half modulo its range, which is a bijection whatever the ranges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.kernels.jit import jit
from fastgen.kernels.philox import below, draw_words

if TYPE_CHECKING:
    import numpy as np
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
N_ROUNDS = 4


@jit
def write_order_ids(stream: Stream, index: NDArray[np.int64], view: NDArray[np.int64]) -> None:
    """Write the ids of orders, by their index in the dataset, (n,), as Arrow string views, int64 (n, 2).

    A kernel, although NumPy is about as fast: NumPy would keep workers that are threads waiting meanwhile.
    """
    for j in range(len(index)):
        place, width, n_left, n_right = index[j], 6, BASE_3, BASE_3
        if place >= IDS_6:
            place, width, n_right = place - IDS_6, 7, BASE_4
            if place >= IDS_7:
                place, width, n_left = place - IDS_7, 8, BASE_4
        left = place // n_right
        right = place - left * n_right
        for r in range(0, N_ROUNDS, 2):
            word, _, _, _ = draw_words(stream, width, right, r)
            left += below(word, n_left)
            left = left if left < n_left else left - n_left
            word, _, _, _ = draw_words(stream, width, left, r + 1)
            right += below(word, n_right)
            right = right if right < n_right else right - n_right
        code, text = left * n_right + right, 0
        for _ in range(width):  # from the last character on
            digit = code % BASE
            code //= BASE
            text = (text << 8) | (digit + 48 if digit < LETTERS else digit + 55)
        view[j, 0] = width | ((text & 0xFFFFFFFF) << 32)
        view[j, 1] = text >> 32
