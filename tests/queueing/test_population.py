"""Customers order as often, and as much, as stated; no order depends on the draws of another one."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from fastgen.queueing.kernels.records import NEVER
from fastgen.queueing.population import Population, Surge, draw_homes, draw_wishes
from fastgen.units import US_PER_DAY
from tests.queueing.populations import POPULATION, RECIPES
from tests.queueing.sites import MINUTE

if TYPE_CHECKING:
    from fastgen.queueing.site import Demand

SIGNIFICANCE = 1e-4
RIDES = np.arange(5000) * 1000


@pytest.fixture(scope="module")
def wishes() -> list[Demand]:
    return [draw_wishes(POPULATION, day, RIDES, RIDES + 1) for day in range(40)]


def test_orders_of_a_minute_are_poisson_about_its_share(wishes: list[Demand]) -> None:
    per_minute = np.concatenate(
        [np.bincount((w.created_us % US_PER_DAY) // MINUTE, minlength=1440) for w in wishes]
    )
    mean = np.tile(1500 * POPULATION.minute_weight, 40)
    chi2 = ((per_minute - mean) ** 2 / mean).sum()
    assert SIGNIFICANCE < stats.chi2.cdf(chi2, len(mean)) < 1 - SIGNIFICANCE
    z = (per_minute.sum() - mean.sum()) / np.sqrt(mean.sum())
    assert abs(z) < stats.norm.isf(SIGNIFICANCE / 2)


def test_customers_lines_and_items_are_equally_likely(wishes: list[Demand]) -> None:
    customers = np.bincount(np.concatenate([w.customer for w in wishes]) // 100, minlength=50)
    lines = np.bincount(np.concatenate([np.diff(w.line_start) for w in wishes]), minlength=6)[1:]
    items = np.bincount(np.concatenate([w.line_item for w in wishes]), minlength=3)
    assert items[1] == 0
    for counts in (customers, lines, items[[0, 2]]):
        assert stats.chisquare(counts).pvalue > SIGNIFICANCE


def test_steps_are_those_of_the_recipes_and_take_the_expected_time_on_average(wishes: list[Demand]) -> None:
    for demand in wishes[:3]:
        for line, item in enumerate(demand.line_item[:200]):
            mine = slice(demand.step_start[line], demand.step_start[line + 1])
            of_item = slice(RECIPES.step_start[item], RECIPES.step_start[item + 1])
            np.testing.assert_array_equal(demand.step_type[mine], RECIPES.step_type[of_item])
            np.testing.assert_array_equal(demand.expected_us[mine], RECIPES.expected_us[of_item])
    ratio = np.concatenate([w.duration_us / w.expected_us for w in wishes])
    # (0.7 + u)**2 over its mean: 0.49 to 2.89 over 1.5233. Its squared coefficient of variation is 0.209.
    assert 0.3216 < ratio.min() < 0.323
    assert 1.895 < ratio.max() < 1.8972
    error = np.sqrt(0.2094 / len(ratio))
    assert abs(ratio.mean() - 1) < error * stats.norm.isf(SIGNIFICANCE / 2)
    uniform = np.sqrt(ratio * (0.49 + 0.7 + 1 / 3)) - 0.7
    assert stats.kstest(uniform[:50_000], "uniform").pvalue > SIGNIFICANCE


def test_homes_are_spread_over_all_nodes() -> None:
    homes = draw_homes(POPULATION, 50)
    assert stats.chisquare(np.bincount(homes.node, minlength=50)).pvalue > SIGNIFICANCE
    assert homes.house_number.min() >= 1
    assert homes.house_number.max() <= 9999
    more = draw_homes(replace(POPULATION, n_customers=6000), 50)
    np.testing.assert_array_equal(more.node[:5000], homes.node)


def test_orders_that_are_added_move_no_other_order(wishes: list[Demand]) -> None:
    """More orders a customer: all earlier ones stay, with customer, lines, items and durations."""
    more = draw_wishes(replace(POPULATION, orders_per_day=0.4), 3, RIDES, RIDES + 1)
    few = wishes[3]
    kept = np.flatnonzero(np.isin(more.draw, few.draw))
    assert len(more.draw) > len(kept) == len(few.draw)
    np.testing.assert_array_equal(more.created_us[kept], few.created_us)
    np.testing.assert_array_equal(more.customer[kept], few.customer)
    lines = np.concatenate([np.arange(*more.line_start[i : i + 2]) for i in kept])
    np.testing.assert_array_equal(more.line_item[lines], few.line_item)
    steps = np.concatenate([np.arange(*more.step_start[i : i + 2]) for i in lines])
    np.testing.assert_array_equal(more.duration_us[steps], few.duration_us)


def test_another_location_seed_or_day_has_other_orders() -> None:
    base = draw_wishes(POPULATION, 0, RIDES, RIDES).created_us
    for other in (replace(POPULATION, seed=43), replace(POPULATION, location_id=2)):
        assert not np.array_equal(draw_wishes(other, 0, RIDES, RIDES).created_us[:100], base[:100])
    assert not np.array_equal(
        draw_wishes(POPULATION, 1, RIDES, RIDES).created_us[:100] - US_PER_DAY, base[:100]
    )


def test_a_minute_that_the_clock_skips_has_no_orders_and_the_others_keep_theirs(wishes: list[Demand]) -> None:
    """On a day that begins nine hours before the epoch's, and has no time from 13:20 to 14:20."""
    plain, skipped = wishes[2], range(800, 860)
    minute_start_us = 2 * US_PER_DAY + (np.arange(1440) - 540) * MINUTE
    minute_start_us[860:] -= 60 * MINUTE
    minute_start_us[skipped] = NEVER
    found = draw_wishes(POPULATION, 2, RIDES, RIDES + 1, minute_start_us)
    minute, second = np.divmod(plain.created_us - 2 * US_PER_DAY, MINUTE)
    kept = ~np.isin(minute, skipped)
    assert (~kept).any()
    np.testing.assert_array_equal(found.draw, plain.draw[kept])
    np.testing.assert_array_equal(found.created_us, (minute_start_us[minute] + second)[kept])


@pytest.mark.parametrize(
    ("population", "digest"),
    [
        (POPULATION, "bbadc27be037fc87"),
        (replace(POPULATION, surges=(Surge(600, 2000, 2.5),)), "88e77d0772ca9d0d"),
        (replace(POPULATION, on_sale_min=np.array([0, 2000])), "5b7a16ba5ab94075"),
    ],
    ids=["usual", "surge", "launch"],
)
def test_draws_are_pinned(population: Population, digest: str) -> None:
    """They move only with a new version of the streams: runs are resumed, and compared with older ones."""
    found = hashlib.sha256()
    for day in range(3):
        demand = draw_wishes(population, day, RIDES, RIDES + 1)
        for key in demand._fields:
            if key not in {"packing_us", "ride_out", "ride_back"}:
                found.update(getattr(demand, key).astype("<i8").tobytes())
    assert found.hexdigest()[:16] == digest


def test_brands_that_are_launched_one_after_the_other_are_equally_likely() -> None:
    """Seven items of which six are launched, two at a time: later draws have other words and blocks."""
    recipes = RECIPES._replace(step_start=np.arange(8), step_type=np.zeros(7, np.int64))
    minutes = np.array([0, 300, 300, 600, 900, 1200, 1300])
    one = replace(POPULATION, items=np.arange(7, dtype=np.int32), on_sale_min=minutes, recipes=recipes)
    demand = draw_wishes(one, 0, RIDES, RIDES)
    minute = np.repeat(demand.created_us // MINUTE, np.diff(demand.line_start))
    begins = [*np.unique(minutes).tolist(), 1440]
    for begin, end in pairwise(begins):
        sold = demand.line_item[(minute >= begin) & (minute < end)]
        n_items = int((minutes <= begin).sum())
        assert sold.max() < n_items
        # Of one item that is sold alone, all lines are.
        counts = np.bincount(sold, minlength=n_items)
        assert n_items == 1 or stats.chisquare(counts).pvalue > SIGNIFICANCE
    always = draw_wishes(replace(one, on_sale_min=np.zeros(7, np.int64)), 0, RIDES, RIDES)
    np.testing.assert_array_equal(always.created_us, demand.created_us)
    # Without the last launch, only lines that order from it are others.
    fewer = draw_wishes(replace(one, on_sale_min=np.where(minutes == 1300, NEVER, minutes)), 0, RIDES, RIDES)
    others = demand.line_item != fewer.line_item
    assert others.any()
    assert set(demand.line_item[others].tolist()) == {6}
