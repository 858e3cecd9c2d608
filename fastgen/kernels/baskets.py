"""Draw what is in each order: brands by popularity, different items of each, quantities (SPEC 2.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.kernels.elementary import powf
from fastgen.kernels.jit import inline, jit
from fastgen.kernels.philox import TWO_M32, below, draw_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.rng import Stream

MAX_ITEMS = 16


class BasketArrays(NamedTuple):
    """Baskets of one location.

    Attributes
    ----------
    stream
        Stream of the baskets.
    single_probability
        Probability of one brand.
    brands_min, brands_max, items_min, items_max, qty_min, qty_max
        Bounds, both inclusive.
    floor, period_days
        Least popularity, and the days over which a growth rate counts once.
    start_day, end_day
        int64 (n_placed,), open on start_day <= day < end_day.
    growth
        float64 (n_placed,), growth of popularity a period.
    item_start
        int64 (n_placed + 1,), offsets into `item`.
    item
        int32, rows of the items table, brand after brand.
    """

    stream: Stream
    single_probability: float
    brands_min: int
    brands_max: int
    items_min: int
    items_max: int
    qty_min: int
    qty_max: int
    floor: float
    period_days: float
    start_day: NDArray[np.int64]
    end_day: NDArray[np.int64]
    growth: NDArray[np.float64]
    item_start: NDArray[np.int64]
    item: NDArray[np.int32]


@inline
def _next_word(stream: Stream, day: int, index: int, words: NDArray[np.uint64], n_used: int) -> np.uint64:
    """Word number `n_used` of an order's basket; `words`, (4,), holds the current block."""
    if n_used & 3 == 0:
        words[0], words[1], words[2], words[3] = draw_words(stream, day, index, n_used >> 2)
    return words[n_used & 3]


@inline
def compute_popularity(baskets: BasketArrays, day: int, popularity: NDArray[np.float64]) -> int:
    """Fill the popularity of every placed brand, (n_placed,), 0 where it is closed; return how many are open."""
    n_open = 0
    for b in range(len(popularity)):
        popularity[b] = 0.0
        if baskets.start_day[b] <= day < baskets.end_day[b]:
            periods = (day - baskets.start_day[b]) / baskets.period_days
            popularity[b] = max(baskets.floor, powf(1.0 + baskets.growth[b], periods))
            n_open += 1
    return n_open


@inline
def _draw_brand(word: np.uint64, weight: NDArray[np.float64], total: float) -> int:
    """Draw one index in proportion to `weight`, whose sum is `total`."""
    rest = np.float64(word) * TWO_M32 * total
    chosen = 0
    for b in range(len(weight)):
        if weight[b] > 0.0:
            chosen = b  # the last open one also takes what rounding leaves over
            if rest < weight[b]:
                break
            rest -= weight[b]
    return chosen


@jit
def draw_baskets(
    baskets: BasketArrays,
    day: int,
    draw: NDArray[np.int64],
    line_start: NDArray[np.int64],
    line_item: NDArray[np.int32],
    line_qty: NDArray[np.int8],
) -> None:
    """Draw the lines of each order.

    Parameters
    ----------
    baskets
        Baskets of the location.
    day
        Day number.
    draw
        int64 (n,), draw number of each order.
    line_start
        int64 (n + 1,), its first entry given, the others output: offsets of the orders' lines.
    line_item, line_qty
        Output: row of the items table and quantity of each line.
    """
    n_placed = len(baskets.growth)
    popularity = np.empty(n_placed, np.float64)
    left = np.empty(n_placed, np.float64)
    n_open = compute_popularity(baskets, day, popularity)
    words = np.empty(4, np.uint64)
    picked = np.empty(MAX_ITEMS, np.int64)
    at = line_start[0]
    for i in range(len(draw)):
        left[:] = popularity
        n_used = 2
        word = _next_word(baskets.stream, day, draw[i], words, 0)
        n_brands = 1
        if np.float64(word) * TWO_M32 >= baskets.single_probability:
            n_brands = baskets.brands_min + below(words[1], baskets.brands_max - baskets.brands_min + 1)
        for _ in range(min(n_brands, n_open)):
            total = 0.0
            for b in range(n_placed):
                total += left[b]
            brand = _draw_brand(_next_word(baskets.stream, day, draw[i], words, n_used), left, total)
            left[brand] = 0.0
            first = baskets.item_start[brand]
            n_menu = baskets.item_start[brand + 1] - first
            word = _next_word(baskets.stream, day, draw[i], words, n_used + 1)
            n_items = baskets.items_min + below(word, baskets.items_max - baskets.items_min + 1)
            n_items = min(n_items, n_menu)
            n_used += 2
            for k in range(n_items):
                # One of the n_menu - k items not yet picked: step over the picked ones, kept in ascending order.
                pick = below(_next_word(baskets.stream, day, draw[i], words, n_used), n_menu - k)
                place = 0
                while place < k and picked[place] <= pick:
                    pick += 1
                    place += 1
                for j in range(k, place, -1):
                    picked[j] = picked[j - 1]
                picked[place] = pick
                word = _next_word(baskets.stream, day, draw[i], words, n_used + 1)
                line_item[at] = baskets.item[first + pick]
                line_qty[at] = baskets.qty_min + below(word, baskets.qty_max - baskets.qty_min + 1)
                at += 1
                n_used += 2
        line_start[i + 1] = at
