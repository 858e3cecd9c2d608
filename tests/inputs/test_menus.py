"""The shipped menus fix every id of four tables, so a slip in this file would shift the whole dataset."""

import re
import statistics
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from importlib import resources
from typing import Any

import pytest

CUISINES_AND_PREP_MIN = [
    ("fast food", 8),
    ("Mexican", 10),
    ("burgers", 12),
    ("healthy bowls", 9),
    ("Chinese-American", 15),
    ("Mediterranean", 11),
    ("Japanese noodles", 13),
    ("ramen", 14),
    ("Vietnamese", 12),
    ("sushi", 10),
    ("Mexican fast food", 8),
    ("coffee", 5),
    ("pizza", 18),
    ("burgers", 11),
    ("poke", 9),
    ("juices and smoothies", 5),
    ("Asian fusion", 10),
    ("vegan", 12),
    ("nootropic cafe", 6),
    ("ice cream", 4),
    ("Chicago pizza", 25),
    ("Italian beef", 10),
    ("hot dogs", 7),
    ("Italian", 16),
]
ITEMS = [15, 13, 12, 12, 10, 9, 9, 9, 7, 10, 8, 8, 9, 7, 6, 5, 5, 5, 4, 4, 4, 3, 3, 4]
CATEGORIES = [6, 6, 6, 6, 5, 6, 5, 5, 5, 6, 7, 7, 7, 6, 5, 3, 3, 3, 3, 3, 2, 2, 2, 3]
PLACEHOLDER = re.compile(
    r"\b(?:(?:brand|item|menu|category|dish) ?\d+|test|foo|todo|lorem|placeholder)\b", re.IGNORECASE
)

Brand = dict[str, Any]


@pytest.fixture(scope="module")
def brands() -> list[Brand]:
    # Prices as Decimal, so that a third decimal shows instead of drowning in binary rounding.
    text = resources.files("fastgen.inputs").joinpath("presets", "menus.toml").read_text("utf-8")
    parsed: list[Brand] = tomllib.loads(text, parse_float=Decimal)["brands"]
    return parsed


def items_of(brand: Brand) -> list[dict[str, Any]]:
    return [item for category in brand["categories"] for item in category["items"]]


def prices_of(brands: list[Brand]) -> list[Decimal]:
    return [item["price"] for brand in brands for item in items_of(brand)]


def names_of(brands: list[Brand]) -> list[str]:
    names = []
    for brand in brands:
        names += [brand["name"], brand["cuisine_type"], brand["menu"]]
        names += [category["name"] for category in brand["categories"]]
        names += [item["name"] for item in items_of(brand)]
    return names


def repeated(names: Iterable[str]) -> list[str]:
    """Names that occur twice for a reader, who sees no difference of case."""
    return [name for name, count in Counter(name.casefold() for name in names).items() if count > 1]


def test_cuisine_and_prep_minutes_follow_the_model(brands: list[Brand]) -> None:
    found = [(brand["cuisine_type"], brand["avg_prep_time_min"]) for brand in brands]
    assert found == CUISINES_AND_PREP_MIN


def test_items_of_each_brand(brands: list[Brand]) -> None:
    found = [len(items_of(brand)) for brand in brands]
    assert found == ITEMS
    assert sum(found) == 181


def test_categories_of_each_brand(brands: list[Brand]) -> None:
    found = [len(brand["categories"]) for brand in brands]
    assert found == CATEGORIES
    assert sum(found) == 112


def test_no_category_is_empty(brands: list[Brand]) -> None:
    empty = [
        (brand["name"], category["name"])
        for brand in brands
        for category in brand["categories"]
        if not category["items"]
    ]
    assert empty == []


def test_only_known_keys(brands: list[Brand]) -> None:
    # A misspelt or misplaced key, such as an item outside a category, would be lost without a word.
    for brand in brands:
        assert brand.keys() == {"name", "cuisine_type", "avg_prep_time_min", "menu", "categories"}
        for category in brand["categories"]:
            assert category.keys() == {"name", "items"}
        for item in items_of(brand):
            assert item.keys() == {"name", "price"}


def test_prices_have_two_decimals_and_reach_both_ends(brands: list[Brand]) -> None:
    prices = prices_of(brands)
    assert {price.as_tuple().exponent for price in prices} == {-2}
    assert (min(prices), max(prices)) == (Decimal("2.02"), Decimal("21.99"))


def test_median_price(brands: list[Brand]) -> None:
    assert Decimal("7.4") <= statistics.median(prices_of(brands)) <= Decimal("7.8")


def test_deep_dish_is_dear_and_coffee_is_cheap(brands: list[Brand]) -> None:
    median = {brand["cuisine_type"]: statistics.median(prices_of([brand])) for brand in brands}
    assert max(median, key=lambda cuisine: median[cuisine]) == "Chicago pizza"
    assert median["coffee"] < median["juices and smoothies"] < median["ramen"]


def test_items_are_unique_within_a_brand(brands: list[Brand]) -> None:
    assert {brand["name"]: repeated(item["name"] for item in items_of(brand)) for brand in brands} == {
        brand["name"]: [] for brand in brands
    }


def test_brands_menus_and_categories_are_unique(brands: list[Brand]) -> None:
    assert repeated(brand["name"] for brand in brands) == []
    assert repeated(brand["menu"] for brand in brands) == []
    assert repeated(category["name"] for brand in brands for category in brand["categories"]) == []


def test_names_are_trimmed_and_printable(brands: list[Brand]) -> None:
    for name in names_of(brands):
        assert name, "a name is empty"
        assert name == " ".join(name.split()), f"stray white space in {name!r}"
        assert name.isprintable(), f"control character in {name!r}"


def test_names_are_composed_unicode(brands: list[Brand]) -> None:
    # Two spellings of one letter look alike and compare unequal; NFC leaves one.
    assert [name for name in names_of(brands) if not unicodedata.is_normalized("NFC", name)] == []


def test_no_placeholder_names(brands: list[Brand]) -> None:
    assert [name for name in names_of(brands) if PLACEHOLDER.search(name)] == []


@pytest.mark.parametrize("awkward", ['"', "&", "'", ",", "è", "ç", "ñ", "ở", "ō"])
def test_item_names_carry_what_breaks_naive_json(brands: list[Brand], awkward: str) -> None:
    assert any(awkward in item["name"] for brand in brands for item in items_of(brand))


@pytest.mark.parametrize("awkward", ["&", "'", "é"])
def test_brand_names_carry_what_breaks_naive_text(brands: list[Brand], awkward: str) -> None:
    assert any(awkward in brand["name"] for brand in brands)
