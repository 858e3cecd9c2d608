"""Turn an order's index into its id: A-Z and 0-9, unique, in no visible order (docs/model.md, 4.9).

The first 36^6 orders get ids of 6 characters, the next 36^7 ids of 7, the next 36^8 ids of 8. For each width
w, a Feistel network of four rounds (Luby and Rackoff 1988) permutes the numbers 0 to 36^w - 1. It splits a
number into left < 36^(w // 2) and right < 36^(w - w // 2). Each round adds to one half, modulo its range, a
Philox word of the other half. A round can be undone by subtracting, so the network is a bijection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.jit import jit
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
LETTERS = 10  # first digit that is a letter: 0 to 9 are "0" to "9", 10 to 35 are "A" to "Z"
# Four rounds make a Feistel network a strong pseudo-random permutation (Luby and Rackoff).
N_ROUNDS = 4


@jit
def write_order_ids(stream: Stream, index: NDArray[np.int64], view: NDArray[np.int64]) -> None:
    """Write the ids of orders as Arrow string views.

    NumPy would be about as fast, but it keeps the GIL, and workers may be threads.

    Parameters
    ----------
    stream
        Random stream of the order ids.
    index
        int64 (n,), index of each order in the dataset, below `MAX_ORDERS`.
    view
        Output, int64 (n, 2): a string view of 16 bytes, the length in 4 bytes, then up to 12 characters.
    """
    for j in range(len(index)):
        number, width, n_left, n_right = index[j], 6, BASE_3, BASE_3
        if number >= IDS_6:
            number, width, n_right = number - IDS_6, 7, BASE_4
            if number >= IDS_7:
                number, width, n_left = number - IDS_7, 8, BASE_4
        left = number // n_right
        right = number - left * n_right
        for r in range(0, N_ROUNDS, 2):
            word, _, _, _ = draw_words(stream, width, right, r)
            left += below(word, n_left)
            left = left if left < n_left else left - n_left
            word, _, _, _ = draw_words(stream, width, left, r + 1)
            right += below(word, n_right)
            right = right if right < n_right else right - n_right
        # ASCII codes: 48 is "0", 55 + 10 is "A".
        code, text = left * n_right + right, 0
        for _ in range(width):  # from the last character to the first, which ends in the lowest byte
            digit = code % BASE
            code //= BASE
            text = (text << 8) | (digit + 48 if digit < LETTERS else digit + 55)
        view[j, 0] = width | ((text & 0xFFFFFFFF) << 32)
        view[j, 1] = text >> 32
