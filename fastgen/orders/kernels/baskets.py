"""Draw the basket of each order: brands by popularity, distinct items, quantities (docs/model.md, 4.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.jit import inline, jit, step
from fastgen.kernels.elementary import powf
from fastgen.kernels.philox import FIRST, TWO_M32, below, draw_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.rng import Stream

# Most items of one brand in an order: the range of items_max in model/order_rules.py.
MAX_ITEMS = 16


class BasketArrays(NamedTuple):
    """Parameters of one location's baskets; n_placed is its number of brand placements.

    Attributes
    ----------
    stream
        Random stream of the baskets.
    single_probability
        Probability that an order is of a single brand.
    brands_min, brands_max
        Bounds, both inclusive, of the number of brands in the other orders.
    items_min, items_max, qty_min, qty_max
        Bounds, both inclusive, of the number of items of a brand, and of the quantity of an item.
    floor
        Lower bound of the popularity.
    period_days
        Days in which popularity grows by `growth` once.
    start_day, end_day
        int64 (n_placed,); a brand is open on start_day <= day < end_day.
    growth
        float64 (n_placed,), relative growth of popularity in a period.
    item_start
        int64 (n_placed + 1,), offsets into `item`: the menu of each brand.
    item
        int32 (n_items,), rows of the items table, grouped by brand.
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
def compute_popularity(
    start_day: NDArray[np.int64],
    end_day: NDArray[np.int64],
    growth: NDArray[np.float64],
    floor: float,
    period_days: float,
    day: int,
    popularity: NDArray[np.float64],
) -> int:
    """Compute the popularity of each brand, (n_placed,), 0 if closed; return the number of open brands."""
    n_open = 0
    for b in range(len(popularity)):
        popularity[b] = 0.0
        start = start_day[b]
        if start <= day < end_day[b]:
            value = powf(1.0 + growth[b], (day - start) / period_days)
            popularity[b] = value if value > floor else floor
            n_open += 1
    return n_open


@step
def _add_up(weight: NDArray[np.float64], first: int, ends: NDArray[np.float64]) -> None:
    """Recompute the running sums of `weight` from brand `first` on; earlier sums are still right."""
    total = ends[first - 1] if first > 0 else 0.0
    for b in range(first, len(weight)):
        total += weight[b]
        ends[b] = total


@step
def _draw_brand(word: np.uint64, ends: NDArray[np.float64]) -> int:
    """Draw an index with probability proportional to its weight; `ends` has the weights' running sums."""
    n_placed = len(ends)
    target = np.float64(word) * TWO_M32 * ends[n_placed - 1]
    chosen = 0
    # Adding up all comparisons, instead of stopping at the first hit, avoids a branch that processors can't
    # predict. A weight of 0 is never chosen: its running sum equals the one before it.
    for b in range(n_placed - 1):
        chosen += ends[b] <= target
    return chosen


@jit
def _draw_baskets(
    single_probability: float,
    brands_min: int,
    brands_max: int,
    items_min: int,
    items_max: int,
    qty_min: int,
    qty_max: int,
    floor: float,
    period_days: float,
    start_day: NDArray[np.int64],
    end_day: NDArray[np.int64],
    growth: NDArray[np.float64],
    item_start: NDArray[np.int64],
    item: NDArray[np.int32],
    day: NDArray[np.int64],
    words: NDArray[np.uint32],
    more_words: NDArray[np.uint32],
    line_start: NDArray[np.int64],
    line_item: NDArray[np.int32],
    line_qty: NDArray[np.int8],
    popularity: NDArray[np.float64],
    left: NDArray[np.float64],
    ends: NDArray[np.float64],
    ends_left: NDArray[np.float64],
    word: NDArray[np.uint64],
    picked: NDArray[np.int64],
) -> None:
    """Draw the lines of each order; see `draw_baskets`. The last six arguments are scratch memory."""
    n_open, n_several = 0, 0
    at = line_start[0]
    for i in range(len(day)):
        if i == 0 or day[i] != day[i - 1]:
            n_open = compute_popularity(start_day, end_day, growth, floor, period_days, day[i], popularity)
            _add_up(popularity, FIRST, ends)
        for k in range(len(words)):
            word[k] = words[k, i]
        n_brands = 1
        if np.float64(word[0]) * TWO_M32 >= single_probability:
            n_brands = brands_min + below(word[1], brands_max - brands_min + 1)
            for k in range(len(more_words)):
                word[len(words) + k] = more_words[k, n_several]
            n_several += 1
        n_brands = n_brands if n_brands < n_open else n_open
        if n_brands > 1:
            for b in range(len(left)):
                left[b], ends_left[b] = popularity[b], ends[b]
        n_used = 2  # words; the first two decided the number of brands
        for k_brand in range(n_brands):
            brand = _draw_brand(word[n_used], ends if k_brand == 0 else ends_left)
            # With weight 0, this brand can't be drawn again.
            if n_brands > 1:
                left[brand] = 0.0
                _add_up(left, brand, ends_left)
            first = item_start[brand]
            n_menu = item_start[brand + 1] - first
            n_items = items_min + below(word[n_used + 1], items_max - items_min + 1)
            n_items = n_items if n_items < n_menu else n_menu
            n_used += 2
            for k in range(n_items):
                # `pick` counts only the n_menu - k items not picked yet: every picked item at or before it,
                # in ascending order, moves it on by one.
                pick = below(word[n_used], n_menu - k)
                slot = 0
                while slot < k and picked[slot] <= pick:
                    pick += 1
                    slot += 1
                for p in range(k, slot, -1):
                    picked[p] = picked[p - 1]
                picked[slot] = pick
                line_item[at] = item[first + pick]
                line_qty[at] = qty_min + below(word[n_used + 1], qty_max - qty_min + 1)
                at += 1
                n_used += 2
        line_start[i + 1] = at


def draw_baskets(
    baskets: BasketArrays,
    day: NDArray[np.int64] | int,
    draw: NDArray[np.int64],
    line_start: NDArray[np.int64],
    line_item: NDArray[np.int32],
    line_qty: NDArray[np.int8],
    address: NDArray[np.int64] | None = None,
) -> None:
    """Draw the lines of each order.

    Parameters
    ----------
    baskets
        Parameters of the location's baskets.
    day
        Day number of each order, int64 (n,), or one day for all.
    draw
        int64 (n,), draw number of each order.
    line_start
        int64 (n + 1,), offsets of the orders' lines: entry 0 is given, the others are output.
    line_item, line_qty
        Output, int32 and int8 (n_lines,): row of the items table and quantity of each line.
    address
        int64 (n,), day by which each order's words are addressed; None: its own.
    """
    # Two words decide the number of brands; each brand takes two, each of its items two. Few orders have
    # several brands, so the words that only those need are drawn for them alone.
    items_most = min(baskets.items_max, int(np.diff(baskets.item_start).max(initial=0)))
    brands_most = max(1, min(baskets.brands_max, len(baskets.growth)))
    n_blocks, n_blocks_most = ((2 + (2 + 2 * items_most) * n + 3) // 4 for n in (1, brands_most))
    days = np.full(len(draw), day, np.int64)
    address = days if address is None else address
    words = draw_blocks(baskets.stream, address, draw, range(n_blocks))
    several = np.flatnonzero(words[0] * TWO_M32 >= baskets.single_probability)
    more = draw_blocks(baskets.stream, address[several], draw[several], range(n_blocks, n_blocks_most))
    popularity, left, ends, ends_left = np.empty((4, len(baskets.growth)))
    _draw_baskets(
        baskets.single_probability,
        baskets.brands_min,
        baskets.brands_max,
        baskets.items_min,
        baskets.items_max,
        baskets.qty_min,
        baskets.qty_max,
        baskets.floor,
        baskets.period_days,
        baskets.start_day,
        baskets.end_day,
        baskets.growth,
        baskets.item_start,
        baskets.item,
        days,
        words,
        more,
        line_start,
        line_item,
        line_qty,
        popularity,
        left,
        ends,
        ends_left,
        np.empty(4 * n_blocks_most, np.uint64),
        np.empty(MAX_ITEMS, np.int64),
    )
