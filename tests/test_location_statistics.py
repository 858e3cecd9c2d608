"""Linear growth, momentum and noise of a location follow docs/model.md, 4 in distribution.

Each comparison fails at p < 1e-4 (see `tests.significance`), with fixed seeds.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import stats

from fastgen.inputs.brand_momentum import deal_growth
from fastgen.inputs.loading import load_inputs
from fastgen.inputs.location_tables import make_dimensions
from fastgen.inputs.menus import load_built_in_menus
from fastgen.model.location import Placement
from fastgen.model.momentum import Momentum
from tests.orders.parameters import count_days, model_of, simulate_all
from tests.significance import ALPHA, check_counts, check_distribution

if TYPE_CHECKING:
    from fastgen.model.scenario import Scenario

CANONICAL = load_inputs(None, None)[0]
OLDER = Momentum(0.1, 0.2, 0.7, 0.8, 0.2)
STILL: dict[str, Any] = {"noise_low": 1.0, "noise_high": 1.0}


def bellevue(days: int, seed: int = 42, scale: float = 1.0, **changes: Any) -> Scenario:
    """Make a scenario of bellevue alone, whose orders don't grow by themselves."""
    place = dataclasses.replace(CANONICAL.locations[2], **changes)
    return dataclasses.replace(CANONICAL, locations=(place,), days=days, seed=seed, scale=scale)


@pytest.mark.parametrize("daily", [8.0, -1.5])
def test_totals_are_poisson_about_linear_growth(daily: float) -> None:
    """The older simulator's 50 to 1,000 orders, and a decline to nothing: dispersion 1, mean and slope."""
    excess, totals, targets = 0.0, np.zeros(120), np.zeros(120)
    for seed in range(20):
        scenario = bellevue(120, seed, 1.0, base_orders_day=100, growth_orders_daily=daily, **STILL)
        week = np.array(scenario.demand.weekday_factors)[np.arange(120) % 7]
        target = np.floor(np.maximum(0.0, 100 + daily * np.arange(120)) * week)
        counts = count_days(model_of(scenario, "bellevue"))
        assert (counts[target == 0] == 0).all()
        open_days = target > 0
        excess += float(((counts - target)[open_days] ** 2 / target[open_days]).sum())
        totals += counts
        targets += target
    freedom = 20 * int((targets > 0).sum())
    assert ALPHA < stats.chi2.sf(excess, freedom) < 1 - ALPHA
    check_counts(totals, targets)
    # The mean is known too, which check_counts takes from the data.
    assert abs(totals.sum() - targets.sum()) < 4 * math.sqrt(targets.sum())


@pytest.mark.parametrize("day", [0, 30, 89])
def test_brands_are_ordered_by_their_momentum(day: int) -> None:
    """Single-brand orders choose by (1 + rate)^(day / 30), as the older simulator's did."""
    baskets = dataclasses.replace(
        CANONICAL.baskets, single_brand_probability=1.0, popularity_floor=1e-12, items_max=1
    )
    scenario = bellevue(90, 42, 100.0, brands=None, momentum=OLDER, baskets=baskets)
    dims = make_dimensions(scenario, load_built_in_menus())
    orders = simulate_all(model_of(scenario, "bellevue", dims), day)
    chosen = np.bincount(dims.items.brand_id[orders.line_item[: orders.line_start[-1]]], minlength=25)[1:]
    rates = [
        one.growth_rate_monthly for one in deal_growth(OLDER, [Placement(b) for b in range(1, 25)], 42, 3)
    ]
    assert sorted(set(rates)) == [-0.2, 0.0, 0.8]
    check_counts(chosen, [(1 + rate) ** (day / 30) for rate in rates])


def test_noise_of_a_location_is_uniform_between_its_own_bounds() -> None:
    scenario = bellevue(400, 42, 1e5, noise_low=0.5, noise_high=2.5)
    model = model_of(scenario, "bellevue")
    # By the volume, the chance of counting hardly shows.
    factors = count_days(model) / model.demand.expected
    check_distribution(np.clip((factors - 0.5) / 2.0, 0, 1), "uniform")
