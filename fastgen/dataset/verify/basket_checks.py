"""Check what customers ordered: items against the tables, baskets against the rules of the scenario."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from fastgen.dataset.kernels.basket_check import (
    BRAND_CLOSED,
    FINE,
    N_BRANDS,
    N_ITEMS,
    NO_ITEMS,
    OTHER_ITEM,
    QTY,
    TWICE,
    BasketRules,
    check_baskets,
)
from fastgen.dataset.reading.lines import read_lines
from fastgen.model.dimensions import end_days

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastgen.dataset.reading.lines import ItemIndex, Lines
    from fastgen.dataset.reading.orders import OrderRows
    from fastgen.dataset.verify.report import Tally
    from fastgen.model.dimensions import Dimensions
    from fastgen.model.order_rules import Baskets

_BROKEN = {
    NO_ITEMS: "expected an array of items",
    OTHER_ITEM: "expected items as the tables have them",
    BRAND_CLOSED: "expected items of brands open there that day",
    QTY: "expected quantities within the scenario's bounds",
    TWICE: "expected each item once",
    N_BRANDS: "expected a number of brands within the scenario's bounds",
    N_ITEMS: "expected a number of items of a brand within the scenario's bounds",
}


def gather_basket_rules(dims: Dimensions, rules: Baskets, *, repeats: bool) -> BasketRules:
    """Put rules and placements of brands into the form that the kernel takes; `repeats` as there."""
    # Ids of brands may be any numbers; the kernel takes rows of the brands table.
    placed, by_id = dims.brand_locations, np.argsort(dims.brands.brand_id, kind="stable")
    brand_ids = dims.brands.brand_id[by_id]
    item_brand = by_id[np.searchsorted(brand_ids, dims.items.brand_id)].astype(np.int64)
    return BasketRules(
        # At a probability of 0 or 1, baskets of one of the two kinds don't occur.
        single=rules.single_brand_probability > 0,
        several=rules.single_brand_probability < 1,
        brands_min=rules.brands_min,
        brands_max=rules.brands_max,
        items_min=rules.items_min,
        items_max=rules.items_max,
        qty_min=rules.qty_min,
        qty_max=rules.qty_max,
        repeats=repeats,
        item_brand=item_brand,
        menu_size=np.bincount(item_brand, minlength=len(brand_ids)).astype(np.int64),
        placed_location=placed.location_id,
        placed_brand=by_id[np.searchsorted(brand_ids, placed.brand_id)].astype(np.int64),
        start_day=placed.start_day,
        end_day=end_days(placed.end_day),
    )


def check_lines(orders: OrderRows, items: ItemIndex, rules: Mapping[int, BasketRules], tally: Tally) -> Lines:
    """Check the baskets of well-formed orders, by the rules of their location; return their lines."""
    lines = read_lines(orders, items)
    # Orders of a location follow each other in a batch, so each location is a slice.
    begins = np.flatnonzero(np.diff(orders.location_id, prepend=-1)).tolist()
    for first, end in pairwise([*begins, len(orders.location_id)]):
        here = slice(first, end)
        check_baskets(
            rules[int(orders.location_id[first])],
            orders.location_id[here],
            orders.day[here],
            lines.start[first : end + 1],
            lines.item,
            lines.qty,
            lines.problem[here],
        )
    unread = (lines.problem == NO_ITEMS) | (lines.problem == OTHER_ITEM)

    def describe(i: int) -> str:
        text = orders.batch.texts["items_json"].get(int(orders.first[i]))
        return orders.describe(i, f"items_json: {_BROKEN[int(lines.problem[i])]}, got {text!r}")

    # Baskets of items that can't be read are counted once, as wrong items.
    tally.count_wrong("items", unread, describe)
    tally.count_wrong("baskets", (lines.problem != FINE) & ~unread, describe)
    return lines
