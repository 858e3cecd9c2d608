"""Parse items_json, and check baskets against the rules of the scenario.

Dimensions: n orders, n_items rows of the items table, n_placed placements of brands. The texts may be damaged
in any way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.jit import jit, step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.events.kernels.expand import ItemTexts

# The bytes [ ] , 0 }.
OPEN, CLOSE, COMMA, ZERO, ITEM_END = 91, 93, 44, 48, 125
ID_PREFIX = 6  # bytes of {"id":
ID_DIGITS_MAX = 19
LINE_BYTES_MIN = 40  # every line of items_json is longer

# What is wrong with an order: with its text, then with its basket.
FINE, NO_ITEMS, OTHER_ITEM = 0, 1, 2
BRAND_CLOSED, QTY, TWICE, N_BRANDS, N_ITEMS = 3, 4, 5, 6, 7


class BasketRules(NamedTuple):
    """The rules of baskets.

    Attributes
    ----------
    single, several
        Whether the scenario has orders of one brand, and orders of brands_min to brands_max brands.
    brands_min, brands_max, items_min, items_max, qty_min, qty_max
        Inclusive bounds, lower where fewer brands are open or a menu is shorter.
    repeats
        Whether an item may be on several lines of an order.
    item_brand
        int64 (n_items,), row of the brands table.
    menu_size
        int64 (n_brands,), items of each brand.
    placed_location, placed_brand, start_day, end_day
        int64 (n_placed,), location_id, row of the brands table, and days: open on start_day <= day < end_day.
    """

    single: bool
    several: bool
    brands_min: int
    brands_max: int
    items_min: int
    items_max: int
    qty_min: int
    qty_max: int
    repeats: bool
    item_brand: NDArray[np.int64]
    menu_size: NDArray[np.int64]
    placed_location: NDArray[np.int64]
    placed_brand: NDArray[np.int64]
    start_day: NDArray[np.int64]
    end_day: NDArray[np.int64]


@step
def _parse_id(text: NDArray[np.uint8], at: int, end: int) -> int:
    """Parse the number that starts at `at`; return -1 if there is none."""
    value, n_digits = 0, 0
    while at + n_digits < end and n_digits < ID_DIGITS_MAX and ZERO <= text[at + n_digits] <= ZERO + 9:
        value = value * 10 + (np.int64(text[at + n_digits]) - ZERO)
        n_digits += 1
    return value if n_digits else -1


@step
def _find_item(
    text: NDArray[np.uint8],
    at: int,
    end: int,
    ids: NDArray[np.int64],
    row: NDArray[np.int64],
    items: ItemTexts,
) -> int:
    """Find the row of the items table whose JSON starts at `at`; return -1 if none does."""
    item_id = _parse_id(text, at + ID_PREFIX, end)
    place = np.searchsorted(ids, item_id)
    if place == len(ids) or ids[place] != item_id:
        return -1
    item = row[place]
    first, length = items.start[item], items.start[item + 1] - items.start[item]
    if at + length > end:
        return -1
    for j in range(length):
        if text[at + j] != items.text[first + j]:
            return -1
    return item


@jit
def parse_items(
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    text: NDArray[np.uint8],
    ids: NDArray[np.int64],
    row: NDArray[np.int64],
    items: ItemTexts,
    problem: NDArray[np.int8],
    line_start: NDArray[np.int64],
    line_item: NDArray[np.int64],
    line_qty: NDArray[np.int64],
) -> None:
    """Parse the lines of each order.

    Parameters
    ----------
    first, last
        int64 (n,), begin and end of each order's items_json in `text`.
    text
        The texts.
    ids, row
        int64 (n_items,), ids of the items table in ascending order, and their rows.
    items
        JSON of every item up to its quantity.
    problem
        Output, int8 (n,): `FINE`, `NO_ITEMS` (no array of items), or `OTHER_ITEM` (an item that differs from
        the tables); an order that isn't fine gets no lines.
    line_start
        Output, int64 (n + 1,): offsets of the orders' lines.
    line_item, line_qty
        Output, with room for a line in every `LINE_BYTES_MIN` bytes of text: row of the items table, and
        quantity.
    """
    n_lines = 0
    for i in range(len(first)):
        at, end = first[i], last[i]
        line_start[i] = n_lines
        problem[i] = NO_ITEMS
        n = n_lines
        if end - at < LINE_BYTES_MIN or text[at] != OPEN:
            continue
        while True:
            item = _find_item(text, at + 1, end, ids, row, items)
            if item < 0:
                problem[i] = OTHER_ITEM
                break
            at += 1 + items.start[item + 1] - items.start[item]
            if at + 2 >= end or not ZERO <= text[at] <= ZERO + 9 or text[at + 1] != ITEM_END:
                break
            line_item[n], line_qty[n] = item, np.int64(text[at]) - ZERO
            n += 1
            at += 2
            if text[at] == CLOSE and at + 1 == end:
                problem[i] = FINE
                n_lines = n
                break
            if text[at] != COMMA:
                break
    line_start[len(first)] = n_lines


@step
def _find_open(rules: BasketRules, location_id: int, day: int, brand_open: NDArray[np.bool_]) -> int:
    """Mark the brands that are open at a location on a day, (n_brands,); return their number."""
    brand_open[:] = False
    n_open = 0
    for p in range(len(rules.placed_brand)):
        here = rules.placed_location[p] == location_id
        if here and rules.start_day[p] <= day < rules.end_day[p]:
            brand_open[rules.placed_brand[p]] = True
            n_open += 1
    return n_open


@step
def _check_basket(
    rules: BasketRules,
    items: NDArray[np.int64],
    qty: NDArray[np.int64],
    brand_open: NDArray[np.bool_],
    n_open: int,
) -> int:
    """Return what is wrong with one order's basket, `FINE` if nothing is."""
    n_brands = 0
    for k in range(len(items)):
        brand = rules.item_brand[items[k]]
        if not brand_open[brand]:
            return BRAND_CLOSED
        if not rules.qty_min <= qty[k] <= rules.qty_max:
            return QTY
        n_before, n_of_brand = 0, 0
        for other in range(len(items)):
            if other < k and items[other] == items[k] and not rules.repeats:
                return TWICE
            if rules.item_brand[items[other]] == brand:
                n_of_brand += 1
                n_before += other < k
        low, high = min(rules.items_min, rules.menu_size[brand]), rules.items_max
        if not rules.repeats:
            high = min(high, rules.menu_size[brand])
        if not low <= n_of_brand <= high:
            return N_ITEMS
        n_brands += n_before == 0
    low, high = min(rules.brands_min, n_open), min(rules.brands_max, n_open)
    allowed = (rules.single and n_brands == 1) or (rules.several and low <= n_brands <= high)
    return FINE if allowed else N_BRANDS


@jit
def check_baskets(
    rules: BasketRules,
    location_id: NDArray[np.int64],
    day: NDArray[np.int64],
    line_start: NDArray[np.int64],
    line_item: NDArray[np.int64],
    line_qty: NDArray[np.int64],
    problem: NDArray[np.int8],
) -> None:
    """Check each order's lines against the rules.

    Parameters
    ----------
    rules
        The rules.
    location_id, day
        int64 (n,), of each order.
    line_start, line_item, line_qty
        Lines, from `parse_items`.
    problem
        Input and output, int8 (n,): an order that is `FINE` but breaks a rule gets `BRAND_CLOSED`, `QTY`,
        `TWICE` (an item on two lines), `N_BRANDS` or `N_ITEMS`.
    """
    brand_open = np.zeros(len(rules.menu_size), np.bool_)
    n_open = 0
    for i in range(len(day)):
        if i == 0 or day[i] != day[i - 1] or location_id[i] != location_id[i - 1]:
            n_open = _find_open(rules, location_id[i], day[i], brand_open)
        if problem[i] == FINE:
            first, last = line_start[i], line_start[i + 1]
            problem[i] = _check_basket(rules, line_item[first:last], line_qty[first:last], brand_open, n_open)
