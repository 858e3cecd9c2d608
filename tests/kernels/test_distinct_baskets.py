"""Two orders share a stored text only if their baskets are the same, whatever the hash says."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastgen.events.kernels.distinct_baskets import FREE, number_baskets

Basket = list[tuple[int, int]]
# Few items and quantities, so that baskets repeat, are the beginning of one another, or differ in one number.
LINES = st.tuples(st.one_of(st.integers(0, 2), st.integers(2**31 - 3, 2**31 - 1)), st.integers(1, 3))
BASKETS = st.lists(st.lists(LINES, max_size=4), max_size=40)


def numbered(baskets: list[Basket], n_slots: int, skipped: int = 0) -> tuple[list[int], list[int]]:
    """Give numbers to all baskets but the first `skipped`, whose lines still count."""
    lines = [line for basket in baskets for line in basket]
    items, quantities = np.array(lines, np.int64).reshape(-1, 2).T
    starts = np.cumsum([0, *map(len, baskets)])
    number, first = np.full((2, len(baskets) - skipped), -7, np.int32)
    slots = np.full(n_slots, FREE, np.int32)
    n = number_baskets(
        starts[skipped:], items.astype(np.int32), quantities.astype(np.int8), slots, number, first
    )
    return number.tolist(), first[:n].tolist()


@settings(deadline=None)  # the first call compiles
@given(BASKETS, st.integers(0, 3))
@example([[(0, 1)], [(0, 1), (0, 1)], []], 0)
def test_equal_baskets_and_no_others_share_a_number(baskets: list[Basket], skipped: int) -> None:
    skipped = min(skipped, len(baskets))
    distinct = list(dict.fromkeys(map(tuple, baskets[skipped:])))
    number, first = numbered(baskets, 128, skipped)
    assert number == [distinct.index(tuple(basket)) for basket in baskets[skipped:]]
    assert [tuple(baskets[skipped:][order]) for order in first] == distinct


def test_full_table_still_finds_every_basket() -> None:
    """All slots but one are taken: most baskets are met on the way to others."""
    baskets = [[(item, 1)] for item in range(63)] * 2
    number, first = numbered(baskets, 64)
    assert number == [*range(63), *range(63)]
    assert first == list(range(63))
