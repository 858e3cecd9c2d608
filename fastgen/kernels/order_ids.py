"""Encipher an order's index as its id: A-Z0-9, unique by construction, unordered to the eye (SPEC 2.9).

A keyed bijection of 0..36^w-1 for each width w of 6, 7 and 8: a Feistel network of four rounds (Luby and
Rackoff 1988) over pairs (left, right) below 36^(w // 2) and 36^(w - w // 2), each round adding a Philox word
of the other half modulo its range, which is a bijection whatever the ranges.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from fastgen.kernels.philox import below_each, draw_blocks

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
# Width in characters, index of the first id, and the ranges of the left and the right half.
DOMAINS = ((6, 0, BASE_3, BASE_3), (7, IDS_6, BASE_3, BASE_4), (8, IDS_6 + IDS_7, BASE_4, BASE_4))
N_ROUNDS = 4
CHARACTERS = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", np.uint8).astype(np.uint64)
VIEW_HEAD = np.uint64(32)  # bits of a view before the text: its length


@cache
def _triples() -> NDArray[np.uint64]:
    """Text of 0..36^3-1 in three characters, the first one in the lowest byte."""
    first, second, third = (CHARACTERS << np.uint64(8 * k) for k in range(3))
    return (first[:, None, None] | second[:, None] | third).reshape(-1)


def _encipher(
    stream: Stream, place: NDArray[np.int64], width: int, n_left: int, n_right: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Map places below n_left * n_right, (n,), to other ones, as their left and right halves."""
    left, right = np.divmod(place, n_right)
    for r in range(N_ROUNDS):
        keyed, changed, span = (right, left, n_left) if r % 2 == 0 else (left, right, n_right)
        changed += below_each(draw_blocks(stream, width, keyed, range(r, r + 1))[0], span)
        changed -= span * (changed >= span)
    return left, right


def _spell(half: NDArray[np.int64], n_characters: int) -> NDArray[np.uint64]:
    """Text of halves of three or four characters, the first one in the lowest byte."""
    if n_characters == 3:
        return _triples()[half]
    start, last = np.divmod(half, BASE)
    return _triples()[start] | CHARACTERS[last] << np.uint64(24)


def write_order_ids(stream: Stream, index: NDArray[np.int64], view: NDArray[np.int64]) -> None:
    """Write the ids of orders, by their index in the dataset, (n,), as Arrow string views, int64 (n, 2)."""
    for width, first, n_left, n_right in DOMAINS:
        of_width = (index >= first) & (index < first + n_left * n_right)
        if of_width.any():
            left, right = _encipher(stream, index[of_width] - first, width, n_left, n_right)
            n_characters = width // 2
            text = _spell(left, n_characters)
            text |= _spell(right, width - n_characters) << np.uint64(8 * n_characters)
            views = np.stack([text << VIEW_HEAD | np.uint64(width), text >> VIEW_HEAD], axis=1)
            view[of_width] = views.view(np.int64)
