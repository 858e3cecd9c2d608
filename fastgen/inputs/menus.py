"""Read the built-in brands and menus, and give them their ids."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import numpy as np

from fastgen.model.dimensions import Brands, Categories, Items, Menus


class BrandTables(NamedTuple):
    """The four tables that say what can be ordered; they don't depend on locations."""

    brands: Brands
    menus: Menus
    categories: Categories
    items: Items


@cache
def load_built_in_menus() -> BrandTables:
    """Load the built-in brands, menus, categories and items; ids count from 1 in the order of the source."""
    return number_menus(read_menus())


def read_menus() -> list[dict[str, Any]]:
    """Read the built-in brands as the nested list that `number_menus` takes."""
    source = resources.files("fastgen.inputs") / "presets" / "menus.toml"
    brands: list[dict[str, Any]] = tomllib.loads(source.read_text(encoding="utf-8"))["brands"]
    return brands


def number_menus(brands: list[dict[str, Any]]) -> BrandTables:
    """Make the tables from a nested list of brands, each with its menu, categories and items.

    Parameters
    ----------
    brands
        Each with name, cuisine_type, avg_prep_time_min (minutes), menu (its name) and categories. A category
        has a name and items; an item has a name and a price in dollars.
    """
    # Flat lists: categories with the id of their brand, items with those of brand and category; ids from 1.
    categories = [(b, c) for b, brand in enumerate(brands, 1) for c in brand["categories"]]
    items = [(b, k, i) for k, (b, category) in enumerate(categories, 1) for i in category["items"]]
    item_brands = np.array([b for b, _, _ in items], np.int64)
    category_brands = np.array([b for b, _ in categories], np.int64)
    return BrandTables(
        brands=Brands(
            brand_id=_count(brands),
            name=tuple(b["name"] for b in brands),
            cuisine_type=tuple(b["cuisine_type"] for b in brands),
            avg_prep_time_min=np.array([b["avg_prep_time_min"] for b in brands], np.int64),
        ),
        # Every brand has one menu, so a menu has the id of its brand.
        menus=Menus(id=_count(brands), brand_id=_count(brands), name=tuple(b["menu"] for b in brands)),
        categories=Categories(
            id=_count(categories),
            menu_id=category_brands,
            brand_id=category_brands,
            name=tuple(c["name"] for _, c in categories),
        ),
        items=Items(
            id=_count(items),
            category_id=np.array([k for _, k, _ in items], np.int64),
            menu_id=item_brands,
            brand_id=item_brands,
            name=tuple(i["name"] for _, _, i in items),
            price=np.array([i["price"] for _, _, i in items], np.float64),
        ),
    )


def _count(rows: list[Any]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.arange(1, len(rows) + 1, dtype=np.int64)
