"""Verify holds a dataset of kitchens with stations to causality, not to the laws of the draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

import fastgen
from fastgen.dataset.verify.run import verify_dataset
from tests.cooking.kitchens import BUSY
from tests.dataset.row_damage import Damage, assert_found_by_its_checks, orders_of
from tests.helpers import copy_of, first_part, reseal, rewrite
from tests.small_town import write_towns

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Rows of an order, as `sequence` counts them.
STARTED, READY, PICKED_UP = 1, 3, 5


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verified")
    (folder / "it.toml").write_text(BUSY, encoding="utf-8")
    roads = write_towns(folder / "towns")
    return fastgen.build(folder / "data", scenario=folder / "it.toml", roads=roads, days=2, workers=1).path


def later(row: int, seconds: int) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Move the rows of an order from one row on."""

    def apply(frame: pl.DataFrame) -> pl.DataFrame:
        first, last = orders_of(frame)[3]
        here = pl.int_range(pl.len()).is_between(first + row, last)
        return frame.with_columns(pl.col("ts_seconds") + pl.when(here).then(seconds).otherwise(0))

    return apply


def test_a_dataset_as_built_passes(dataset: Path) -> None:
    report = verify_dataset(dataset)
    assert report.passed, report.to_lines()


@pytest.mark.parametrize(
    ("row", "seconds"),
    [
        pytest.param(PICKED_UP, 5, id="picked up later than both were there"),
        pytest.param(PICKED_UP, -1, id="picked up before"),
        pytest.param(STARTED, -7200, id="started before it was ordered"),
        pytest.param(READY, 13 * 3600, id="longer than readers look back"),
    ],
)
def test_times_without_a_cause_are_found(dataset: Path, tmp_path: Path, row: int, seconds: int) -> None:
    assert_found_by_its_checks(Damage(later(row, seconds), {"times"}), dataset, tmp_path)


def test_steps_may_be_shorter_than_those_of_the_draws(dataset: Path, tmp_path: Path) -> None:
    """The least time of [service_times], 6 s, doesn't bind kitchens with stations."""

    def at_once(frame: pl.DataFrame) -> pl.DataFrame:
        first, _ = orders_of(frame)[3]
        values = frame["ts_seconds"].to_list()
        values[first + STARTED] = values[first]
        return frame.with_columns(pl.Series("ts_seconds", values, frame.schema["ts_seconds"]))

    copy = copy_of(dataset, tmp_path)
    rewrite(first_part(copy), at_once)
    reseal(copy)
    assert verify_dataset(copy).passed
