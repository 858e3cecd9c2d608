"""Items that no table has, and baskets that the scenario does not allow, are found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from fastgen.dataset.verify.run import verify_dataset
from fastgen.inputs.menus import load_built_in_menus
from tests.dataset.row_damage import (
    BASKET_DAMAGE,
    assert_found_by_its_checks,
    assert_found_by_the_digests,
    failed,
    with_everything,
)
from tests.helpers import copy_of, first_part, reseal, rewrite

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", BASKET_DAMAGE)
def test_damage_is_found_by_its_checks(name: str, dataset: Path, tmp_path: Path) -> None:
    assert_found_by_its_checks(BASKET_DAMAGE[name], dataset, tmp_path)


@pytest.mark.parametrize("name", BASKET_DAMAGE)
def test_damage_is_found_by_the_digests(name: str, dataset: Path, tmp_path: Path) -> None:
    assert_found_by_the_digests(BASKET_DAMAGE[name], dataset, tmp_path)


@pytest.mark.parametrize(
    ("brands", "n_items", "problem"),
    [
        ((4, 10, 15, 16), 1, "a number of brands within"),
        ((4,), 4, "a number of items of a brand within"),
        ((21,), 1, "items of brands open there that day"),
    ],
)
def test_baskets_keep_the_rules(
    brands: tuple[int, ...], n_items: int, problem: str, dataset: Path, tmp_path: Path
) -> None:
    """Brands 4, 10, 15 and 16 are open in San Francisco, brand 21 is not."""
    items = load_built_in_menus().items
    texts = []
    for brand in brands:
        rows = [row for row in range(len(items.id)) if items.brand_id[row] == brand][:n_items]
        for row in rows:
            keys = ("id", "category_id", "menu_id", "brand_id")
            numbers = "".join(f'"{key}":{getattr(items, key)[row]},' for key in keys)
            name = json.dumps(items.name[row], ensure_ascii=False)
            texts.append(f'{{{numbers}"name":{name},"price":{items.price[row]:.2f},"qty":1}}')
    copy = copy_of(dataset, tmp_path)
    rewrite(first_part(copy), with_everything(texts))
    reseal(copy)
    report = verify_dataset(copy)
    assert failed(report) == {"baskets"}
    assert problem in next(check.first for check in report.checks if check.name == "baskets")
