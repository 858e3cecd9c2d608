"""Customers order as often, and as much, as stated; no order depends on the draws of another one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from fastgen.queueing.kernels.records import NEVER
from fastgen.queueing.population import US_PER_DAY, draw_homes, draw_wishes
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
