"""Bounds of what a scenario can give are never below what the statistical source expects of it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from fastgen.inputs.scenario_file import load_scenario
from fastgen.model.bounds import bound_expected_orders
from fastgen.model.demand import DemandEvent
from fastgen.orders.expected import expected_orders
from tests.any_scenario import scenarios
from tests.effort import repeats

if TYPE_CHECKING:
    from fastgen.model.scenario import Scenario

CANONICAL = load_scenario(None)
PARADES = (DemandEvent("parade", (), 2, 4, 3.0), DemandEvent("match", ("sf",), 4, 30, 2.0))


@settings(max_examples=repeats(30, 1000))
@given(scenarios())
def test_no_scenario_expects_more_than_its_bound(scenario: Scenario) -> None:
    assert expected_orders(scenario).sum() <= bound_expected_orders(scenario) * (1 + 1e-9)


@pytest.mark.parametrize(
    ("changes", "of_location"),
    [
        ({}, {}),
        ({"scale": 1000.0, "days": 700}, {}),
        ({"events": PARADES}, {}),
        ({}, {"growth_rate_daily": 0.0, "growth_orders_daily": 50.0}),
        ({"days": 2000}, {"growth_rate_daily": 0.05, "max_orders_day": 5000.0}),
        ({}, {"weekday_factors": (3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), "noise_high": 4.0}),
    ],
)
def test_every_factor_counts_and_the_bound_stays_near(
    changes: dict[str, Any], of_location: dict[str, Any]
) -> None:
    places = tuple(dataclasses.replace(one, **of_location) for one in CANONICAL.locations)
    scenario = dataclasses.replace(CANONICAL, **{"locations": places, **changes})
    expected, bound = expected_orders(scenario).sum(), bound_expected_orders(scenario)
    assert expected <= bound <= 20 * expected


def test_growth_and_factors_without_end_stay_finite() -> None:
    """A product of factors that overflowed would meet a 0, and the bound would be no number."""
    events = tuple(DemandEvent(f"e{n}", (), 0, 9, 1000.0) for n in range(200))
    places = tuple(
        dataclasses.replace(one, growth_rate_daily=10.0, max_orders_day=None) for one in CANONICAL.locations
    )
    scenario = dataclasses.replace(CANONICAL, days=5000, locations=places, events=events, scale=1e9)
    assert 1e100 < bound_expected_orders(scenario) < float("inf")
