"""A generator's mistake comes with digests that agree: each check must find its kind of mistake alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fastgen.dataset.verify.report import CHECKS
from tests.dataset.row_damage import (
    NO_DAMAGE,
    ROW_DAMAGE,
    assert_found_by_its_checks,
    assert_found_by_the_digests,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_a_sealed_copy_passes(dataset: Path, tmp_path: Path) -> None:
    """Else the tests below would prove nothing."""
    assert_found_by_its_checks(NO_DAMAGE, dataset, tmp_path)


@pytest.mark.parametrize("name", ROW_DAMAGE)
def test_damage_is_found_by_its_checks(name: str, dataset: Path, tmp_path: Path) -> None:
    assert_found_by_its_checks(ROW_DAMAGE[name], dataset, tmp_path)


@pytest.mark.parametrize("name", ROW_DAMAGE)
def test_damage_is_found_by_the_digests(name: str, dataset: Path, tmp_path: Path) -> None:
    assert_found_by_the_digests(ROW_DAMAGE[name], dataset, tmp_path)


def test_every_check_of_orders_is_broken_once() -> None:
    of_orders = list(CHECKS)[list(CHECKS).index("lifecycle") :]
    broken = {check for damage in ROW_DAMAGE.values() for check in damage.checks}
    # test_basket_checks.py breaks the first two, test_ending_checks.py the last.
    assert set(of_orders) - {"items", "baskets", "endings"} <= broken
