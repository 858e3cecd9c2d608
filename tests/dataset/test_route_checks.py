"""Routes that lead elsewhere, and pings off the route or off their time, are found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from fastgen.dataset.verify.run import verify_dataset
from tests.dataset.row_damage import ROUTE_DAMAGE, assert_found_by_its_checks, assert_found_by_the_digests
from tests.helpers import copy_of, first_part, reseal, rewrite

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ROUTE_DAMAGE)
def test_damage_is_found_by_its_checks(name: str, dataset: Path, tmp_path: Path) -> None:
    assert_found_by_its_checks(ROUTE_DAMAGE[name], dataset, tmp_path)


@pytest.mark.parametrize("name", ROUTE_DAMAGE)
def test_damage_is_found_by_the_digests(name: str, dataset: Path, tmp_path: Path) -> None:
    assert_found_by_the_digests(ROUTE_DAMAGE[name], dataset, tmp_path)


def test_messages_name_the_order_and_the_distance(dataset: Path, tmp_path: Path) -> None:
    copy = copy_of(dataset, tmp_path)
    rewrite(first_part(copy), ROUTE_DAMAGE["a ping 10 m off"].change)
    reseal(copy)
    check = next(check for check in verify_dataset(copy).checks if check.name == "pings")
    assert check.wrong == 1
    assert check.first.startswith("location 1, day 0, order ")
    found = re.search(r"ping 1 lies (\d+\.\d) m off its route, at most 2 m expected\.", check.first)
    assert found is not None
    assert 4 < float(found[1]) < 10.2
