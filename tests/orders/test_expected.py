"""Plans, file names and refusals go by the expected orders: right, and the same on every machine."""

import dataclasses
import datetime as dt
from typing import Any

import numpy as np
import pytest

from fastgen.errors import ScenarioError
from fastgen.inputs.scenario_file import load_scenario
from fastgen.model.demand import DemandEvent
from fastgen.model.location import Location, Placement
from fastgen.model.scenario import Scenario
from fastgen.orders.demand_curve import demand_weights
from fastgen.orders.expected import (
    check_expected_orders,
    expected_orders,
    growth_powers,
    open_days,
    target_orders,
)
from tests.kernels.scalars import powi

CANONICAL = load_scenario(None)


def alone(**changes: Any) -> Scenario:
    """One city with 1000 orders every day, changed."""
    place = dataclasses.replace(
        CANONICAL.locations[0],
        base_orders_day=1000,
        growth_rate_daily=0.0,
        weekday_factors=(1.0,) * 7,
        brands=None,
    )
    own = {f.name for f in dataclasses.fields(Location)}
    place = dataclasses.replace(place, **{k: v for k, v in changes.items() if k in own})
    others = {k: v for k, v in changes.items() if k not in own}
    return dataclasses.replace(CANONICAL, **{"days": 14, "locations": (place,), **others})


def noisy(low: float, high: float) -> Any:
    return dataclasses.replace(CANONICAL.demand, noise_low=low, noise_high=high)


@pytest.mark.parametrize("base", [1.0065, 0.996, 1.0, 0.0, 3.7])
def test_powers_are_those_of_the_kernels_to_the_last_bit(base: float) -> None:
    assert growth_powers(base, 400).tolist() == [powi(base, n) for n in range(400)]


def test_growth_is_right_and_ends_in_infinity() -> None:
    powers = growth_powers(1.0135, 900)
    np.testing.assert_allclose(powers, 1.0135 ** np.arange(900), rtol=1e-12)
    assert np.isinf(growth_powers(11.0, 1000)[-1])


def test_canonical_total_is_that_of_the_model() -> None:
    expected = expected_orders(CANONICAL)
    assert expected.shape == (4, 90)
    assert expected.sum() == pytest.approx(75_000, rel=0.02)


def test_targets_are_base_growth_and_weekday() -> None:
    targets = target_orders(CANONICAL)
    assert targets[0, 0] == 150.0
    assert targets[0, 12] == pytest.approx(150 * 1.0065**12 * 1.35)
    assert targets[1, 12] == pytest.approx(50 * 1.0135**12)
    assert targets[3, 13] == pytest.approx(300 * 0.996**13 * 1.15)


def test_weekdays_move_with_the_start() -> None:
    week = CANONICAL.demand.weekday_factors
    moved = alone(weekday_factors=None, start=dt.date(2024, 1, 6), days=7)
    np.testing.assert_allclose(target_orders(moved)[0], 1000 * np.array([*week[5:], *week[:5]]))


def test_expected_is_the_mean_after_the_cut() -> None:
    targets = 7.3 * np.random.default_rng(5).uniform(0.9, 1.1, 200_000)
    scenario = alone(scale=0.0073)
    assert expected_orders(scenario)[0, 0] == pytest.approx(np.floor(targets).mean(), abs=0.005)


@pytest.mark.parametrize(
    ("scale", "low", "high", "mean"),
    [(1.0, 1.0, 1.0, 1000.0), (0.0015, 1.0, 1.0, 1.0), (0.0001, 0.0, 2.0, 0.0), (0.001, 0.0, 4.0, 1.5)],
)
def test_cut_at_its_edges(scale: float, low: float, high: float, mean: float) -> None:
    assert expected_orders(alone(scale=scale, demand=noisy(low, high)))[0, 0] == pytest.approx(mean)


def test_cap_ends_growth_and_is_scaled() -> None:
    scenario = alone(growth_rate_daily=0.1, max_orders_day=1500.0, scale=2.0)
    targets = target_orders(scenario)[0]
    assert targets[:5].tolist() == pytest.approx([2000 * 1.1**n for n in range(5)])
    assert targets[5:].tolist() == [3000.0] * 9


@pytest.mark.parametrize(("daily", "cap"), [(12.5, None), (-150.0, None), (200.0, 1500.0), (0.25, None)])
def test_linear_growth_adds_its_orders_each_day(daily: float, cap: float | None) -> None:
    """Never below 0, scaled like the base, and up to the cap."""
    scenario = alone(growth_orders_daily=daily, max_orders_day=cap, scale=2.0)
    wanted = [2.0 * min(max(0.0, 1000 + daily * day), cap or 1e9) for day in range(14)]
    assert target_orders(scenario)[0].tolist() == wanted


def test_linear_growth_begins_from_nothing() -> None:
    scenario = alone(base_orders_day=0, growth_orders_daily=1.5, weekday_factors=(2.0,) * 7)
    assert target_orders(scenario)[0].tolist() == [3.0 * day for day in range(14)]


def test_too_much_linear_growth_is_refused() -> None:
    scenario = alone(growth_orders_daily=1e9, days=20)
    with pytest.raises(ScenarioError, match=r"got about 1\.9e\+10 on day 19: lower .* growth_orders_daily"):
        check_expected_orders(scenario, expected_orders(scenario))


def test_noise_of_a_location_alone_moves_its_mean() -> None:
    place = dataclasses.replace(CANONICAL.locations[3], noise_low=1.5, noise_high=2.5)
    changed = dataclasses.replace(CANONICAL, locations=(*CANONICAL.locations[:3], place))
    ratio = expected_orders(changed) / expected_orders(CANONICAL)
    assert ratio[:3].tolist() == np.ones((3, 90)).tolist()
    np.testing.assert_allclose(ratio[3], 2.0, rtol=0.01)  # each side is cut to whole orders


def test_no_brand_no_orders() -> None:
    brands = (Placement(1, 2, 4), Placement(2, 3, 6), Placement(3, 9, None), Placement(4, -5, 1))
    wanted = [True, False, True, True, True, True, False, False, False, True, True, True, True, True]
    scenario = alone(brands=brands)
    assert open_days(scenario.locations[0], 14).tolist() == wanted
    assert (target_orders(scenario)[0] > 0).tolist() == wanted
    assert (expected_orders(alone(brands=())) == 0).all()


def test_events_count_by_the_demand_that_they_cover() -> None:
    rush = DemandEvent("rush", (), 3, 4, 3.0, 600, 720)
    plain, busy = expected_orders(alone())[0], expected_orders(alone(events=(rush,)))[0]
    weights = demand_weights(alone().locations[0], CANONICAL.demand)
    share = weights[600:720].sum() / weights.sum()
    np.testing.assert_allclose(busy / plain, [1 + 2 * share if d in {3, 4} else 1.0 for d in range(14)])


def test_friday_of_day_40_is_doubled_in_chicago_only() -> None:
    rush = DemandEvent("friday_rush", ("chicago",), 40, 40, 2.0)
    ratio = expected_orders(dataclasses.replace(CANONICAL, events=(rush,))) / expected_orders(CANONICAL)
    assert ratio[3, 40] == pytest.approx(2.0)
    ratio[3, 40] = 1.0
    assert (ratio == 1.0).all()


def test_growth_that_overflows_is_refused_with_the_count() -> None:
    scenario = alone(growth_rate_daily=10.0, days=1000, weekday_factors=(0.0, *(1.0,) * 6))
    expected = expected_orders(scenario)
    assert not np.isnan(expected).any()
    with pytest.raises(
        ScenarioError, match=r"locations\.sf: expected at most 2147483647 orders a day, got about"
    ):
        check_expected_orders(scenario, expected)


def test_too_large_a_day_is_named() -> None:
    scenario = alone(growth_rate_daily=1.0, days=30)
    with pytest.raises(ScenarioError, match=r"got about 5\.369e\+11 on day 29: lower scale"):
        check_expected_orders(scenario, expected_orders(scenario))


def test_too_large_a_build_is_refused() -> None:
    scenario = alone(base_orders_day=10**9, days=2000)
    with pytest.raises(
        ScenarioError, match=r"^scale, days: expected at most 1e\+12 orders, got about 2e\+12\.$"
    ):
        check_expected_orders(scenario, expected_orders(scenario))


def test_large_builds_within_the_bounds_pass() -> None:
    scenario = alone(base_orders_day=10**9, days=900)
    check_expected_orders(scenario, expected_orders(scenario))


def test_city_without_orders_stays_without_whatever_its_growth() -> None:
    scenario = alone(base_orders_day=0, growth_rate_daily=10.0, days=1000)
    assert (expected_orders(scenario) == 0).all()
