"""Find the orders with equal baskets: their items_json is the same text and is stored once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.jit import jit

if TYPE_CHECKING:
    from numpy.typing import NDArray

FREE = -1  # a slot without a basket
QTY_BITS = 7
# 2^32 over the golden ratio, the multiplier of Fibonacci hashing (Knuth, TAOCP 3, 6.4). A product of it and
# 31 bits stays below 2^63.
GOLDEN, BITS_31, FOLD = 0x9E3779B1, 2**31 - 1, 29


@jit
def number_baskets(
    line_start: NDArray[np.int64],
    line_item: NDArray[np.int32],
    line_qty: NDArray[np.int8],
    slots: NDArray[np.int32],
    number: NDArray[np.int32],
    first: NDArray[np.int32],
) -> int:
    """Give numbers to the distinct baskets of some orders in the order of first appearance.

    A hash table with open addressing finds candidates, which are then compared line by line.

    Parameters
    ----------
    line_start
        (n_orders + 1,), offsets into the lines.
    line_item, line_qty
        Items and quantities.
    slots
        Scratch, all `FREE`: a power of two of entries, more than n_orders.
    number
        Output, (n_orders,): number of an order's basket.
    first
        Output, (n_orders,): the first order of each basket.

    Returns
    -------
    int
        Number of distinct baskets.
    """
    n_distinct, mask = 0, len(slots) - 1
    for order in range(len(number)):
        begin, end = line_start[order], line_start[order + 1]
        mixed = 0
        for k in range(begin, end):
            line = np.int64(line_item[k]) << QTY_BITS ^ np.int64(line_qty[k])
            mixed = ((mixed ^ line) & BITS_31) * GOLDEN
            mixed ^= mixed >> FOLD
        slot = mixed & mask
        while True:
            basket = slots[slot]
            # A basket that is not in the table yet.
            if basket == FREE:
                slots[slot] = n_distinct
                first[n_distinct] = order
                number[order] = n_distinct
                n_distinct += 1
                break
            other = line_start[first[basket]]
            same = line_start[first[basket] + 1] - other == end - begin
            for k in range(begin, end):
                if not same:
                    break
                step = k - begin
                same = line_item[k] == line_item[other + step] and line_qty[k] == line_qty[other + step]
            if same:
                number[order] = basket
                break
            # Another basket has this slot: try the next one.
            slot = (slot + 1) & mask
    return n_distinct
