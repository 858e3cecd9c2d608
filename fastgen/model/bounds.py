"""Bound what the statistical source can draw from a scenario, for readers that don't import that source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.model.disturbances import find_highest_surge
from fastgen.units import S_PER_MIN

if TYPE_CHECKING:
    from fastgen.model.location import Location
    from fastgen.model.order_rules import ServiceTimes
    from fastgen.model.scenario import Scenario

# A service time comes from one 32-bit word, so it lies at most 6.3 standard deviations from the mean: that is
# the normal quantile of the smallest uniform number, 2**-33.
SD_MAX = 7.0
# Far above all limits of orders, and low enough that products with the other factors stay finite.
_MAX_FACTOR = 1e100


def bound_preparation_s(scenario: Scenario) -> int:
    """Compute an upper bound of the seconds from an order's creation to its pick-up.

    Windows of time are widened by it, so that no event of an earlier order is missed.

    Parameters
    ----------
    scenario
        Its service times, and those of its locations, are in minutes.
    """
    return max(_bound_preparation_s(scenario.service_times_of(one)) for one in scenario.locations)


def _bound_preparation_s(service: ServiceTimes) -> int:
    steps = (
        service.created_to_started,
        service.started_to_finished,
        service.finished_to_ready,
        service.ready_to_picked_up,
    )
    minutes = sum(max(service.minimum_min, step.mean_min + SD_MAX * step.sd_min) for step in steps)
    return int(minutes * S_PER_MIN) + 1


def bound_expected_orders(scenario: Scenario) -> float:
    """Compute an upper bound of the orders that the statistical source expects of all location-days.

    It takes every factor at its largest: no weekday, minute or open brand is looked at.
    """
    return sum(_bound_expected_orders(scenario, one) for one in scenario.locations)


def _bound_expected_orders(scenario: Scenario, location: Location) -> float:
    days = np.arange(scenario.days)
    # A location grows by its rate or by a number of orders a day: one of the two is 0.
    rate_power = days * np.log1p(max(location.growth_rate_daily, 0.0))
    growth = np.exp(np.minimum(rate_power, np.log(_MAX_FACTOR)))
    most = location.base_orders_day * growth + max(location.growth_orders_daily, 0.0) * days
    if location.max_orders_day is not None:
        most = np.minimum(most, location.max_orders_day)
    factors = np.ones(scenario.days)
    for event in scenario.events:
        if not event.locations or location.code in event.locations:
            some = slice(event.first_day, event.last_day + 1)
            factors[some] = np.minimum(factors[some] * max(event.factor, 1.0), _MAX_FACTOR)
    kitchens = scenario.kitchens_of(location)
    surge = 1.0 if kitchens is None else find_highest_surge(kitchens.disturbances)
    weekday_factor = max(location.weekday_factors or scenario.demand.weekday_factors)
    _, noise_high = scenario.noise_of(location)
    return float((most * factors).sum()) * scenario.scale * weekday_factor * noise_high * surge
