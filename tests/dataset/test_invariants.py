"""A generator's mistake comes with digests that agree: each invariant must find its kind of mistake alone."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from fastgen.dataset.verify.run import verify_dataset
from fastgen.inputs.menus import load_built_in_menus
from tests.dataset.row_damage import ROW_DAMAGE, with_everything
from tests.helpers import copy_of, first_part, reseal, rewrite

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.verify.report import VerifyReport


def failed(report: VerifyReport) -> set[str]:
    return {check.name for check in report.checks if not check.passed}


def test_a_sealed_copy_passes(dataset: Path, tmp_path: Path) -> None:
    """Else the tests below would prove nothing."""
    copy = copy_of(dataset, tmp_path)
    rewrite(first_part(copy), lambda frame: frame)
    reseal(copy)
    assert failed(verify_dataset(copy)) == set()


@pytest.mark.parametrize("name", ROW_DAMAGE)
def test_damage_is_found_by_its_checks(name: str, dataset: Path, tmp_path: Path) -> None:
    copy, damage = copy_of(dataset, tmp_path), ROW_DAMAGE[name]
    rewrite(first_part(copy), damage.change)
    reseal(copy, damage.more_orders)
    report = verify_dataset(copy)
    assert failed(report) == damage.checks
    for check in report.checks:
        assert check.passed == (check.first == "")
        assert "\n" not in check.to_line()


@pytest.mark.parametrize("name", ROW_DAMAGE)
def test_damage_is_found_by_the_digests(name: str, dataset: Path, tmp_path: Path) -> None:
    copy = copy_of(dataset, tmp_path)
    rewrite(first_part(copy), ROW_DAMAGE[name].change)
    assert failed(verify_dataset(copy)) >= {"files", "digests", "dataset"}


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


def test_messages_name_the_order_and_the_distance(dataset: Path, tmp_path: Path) -> None:
    copy = copy_of(dataset, tmp_path)
    rewrite(first_part(copy), ROW_DAMAGE["a ping 10 m off"].change)
    reseal(copy)
    check = next(check for check in verify_dataset(copy).checks if check.name == "pings")
    assert check.wrong == 1
    assert check.first.startswith("location 1, day 0, order ")
    found = re.search(r"ping 1 lies (\d+\.\d) m off its route, at most 2 m expected\.", check.first)
    assert found is not None
    assert 4 < float(found[1]) < 10.2
