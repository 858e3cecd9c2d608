"""Compute how many orders a scenario expects (docs/model.md, 4.1 and 4.10).

Plans of files, progress bars and the check for too large scenarios use these numbers.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from fastgen.errors import ScenarioError
from fastgen.orders.demand_curve import active_events, demand_weights, event_factors
from fastgen.orders.surges import cut_surges, find_surges, list_by_day

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.model.location import Location
    from fastgen.model.scenario import Scenario

# An order's draw number is a 32-bit word of a random counter (rng.py); half of its range is left for chance.
MAX_ORDERS_LOCATION_DAY = 2**31 - 1
MAX_EXPECTED_ORDERS = 10**12
# The most that growth alone gives: far above every limit, and low enough that its products stay finite.
_MAX_TARGET = 1e200


def growth_powers(base: float, days: int) -> NDArray[np.float64]:
    """Compute `base` to the powers 0 to days - 1, with the same bits as `kernels.elementary.powi`.

    Returns
    -------
    float64 (days,)
        Infinite where the power overflows.
    """
    # Repeated squaring, all exponents at once.
    exponent = np.arange(days)
    powers, square = np.ones(days), np.float64(base)
    with np.errstate(over="ignore", under="ignore"):
        while exponent.any():
            odd = (exponent & 1).astype(bool)
            powers[odd] *= square
            square, exponent = square * square, exponent >> 1
    return powers


# One for the scenario's days, and one for those that follow them.
@lru_cache(maxsize=2)
def target_orders(scenario: Scenario, days_after: int = 0) -> NDArray[np.float64]:
    """Compute the target of each location-day: orders before noise, events and rounding down.

    The target is base · scale · (1 + growth)^day, or (base + growth_orders_daily · day) · scale where growth
    is linear; at least 0 and at most max_orders_day · scale; times the weekday's factor. It is 0 on a day
    without an open brand.

    Parameters
    ----------
    scenario
        The scenario.
    days_after
        Number of days after the scenario's last one that are computed too.

    Returns
    -------
    float64 (n_locations, days + days_after)
        In the order of `scenario.locations`; read-only, since calls share it.
    """
    n_days = scenario.days + days_after
    targets = np.stack([_location_targets(scenario, location, n_days) for location in scenario.locations])
    targets.flags.writeable = False
    return targets


def _location_targets(scenario: Scenario, location: Location, n_days: int) -> NDArray[np.float64]:
    targets = _grown_orders(scenario, location, n_days)
    if location.max_orders_day is not None:
        targets = np.minimum(targets, location.max_orders_day * scenario.scale)
    factors = np.array(location.weekday_factors or scenario.demand.weekday_factors)
    weekday = (scenario.start.weekday() + np.arange(n_days)) % 7  # 0 is Monday
    return np.where(open_days(location, n_days), targets * factors[weekday], 0.0)


def _grown_orders(scenario: Scenario, location: Location, n_days: int) -> NDArray[np.float64]:
    """Compute the orders that base, growth and scale give, float64 (n_days,), at most `_MAX_TARGET`."""
    base, linear = location.base_orders_day, location.growth_orders_daily
    grown: NDArray[np.float64]
    if linear != 0:
        grown = np.maximum(base + linear * np.arange(n_days), 0.0) * scenario.scale
    elif base == 0:  # 0 times an infinite growth would be NaN
        grown = np.zeros(n_days)
    else:
        # Growth may overflow to infinity, which the minimum turns into the largest target.
        with np.errstate(over="ignore"):
            growth = growth_powers(1.0 + location.growth_rate_daily, n_days)
            grown = np.minimum(base * scenario.scale * growth, _MAX_TARGET)
    return grown


def open_days(location: Location, days: int) -> NDArray[np.bool_]:
    """Compute for each day whether any brand is open at a location, bool (days,)."""
    if location.brands is None:
        return np.ones(days, bool)
    is_open = np.zeros(days, bool)
    for placement in location.brands:
        end = days if placement.end_day is None else max(placement.end_day, 0)
        is_open[max(placement.start_day, 0) : end] = True
    return is_open


@lru_cache(maxsize=1)
def expected_orders(scenario: Scenario) -> NDArray[np.float64]:
    """Compute the mean number of orders of every location-day.

    It is the mean over the noise of the target rounded down, times the mean of the factors of events and
    surges, weighted by each minute's demand.

    Returns
    -------
    float64 (n_locations, days)
        In the order of `scenario.locations`; read-only, since calls share it.
    """
    targets = target_orders(scenario)
    noise_low, noise_high = np.array([scenario.noise_of(one) for one in scenario.locations]).T[:, :, None]
    expected = _mean_of_floor(targets * noise_low, targets * noise_high)
    for row, location in enumerate(scenario.locations):
        expected[row] *= _mean_event_factors(scenario, location)
    expected.flags.writeable = False
    return expected


def _mean_of_floor(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the mean of floor(u) for u uniform on [low, high): the integral of floor, over the length."""
    first, last = np.floor(low), np.floor(high)
    steps, span = last - first, high - low
    per_step = np.divide(steps, span, out=np.zeros_like(span), where=steps > 0)
    mean: NDArray[np.float64] = first + per_step * ((steps - 1.0) / 2.0 + (high - last))
    return mean


def _mean_event_factors(scenario: Scenario, location: Location) -> NDArray[np.float64]:
    """Compute the factor of events and surges on each day's orders, float64 (days,)."""
    weights = demand_weights(location, scenario.demand)
    # Summed exactly: the order of a vectorised sum depends on the processor.
    total = math.fsum(weights)
    means = np.ones(scenario.days)
    periods = cut_surges(find_surges(scenario, location), scenario.days)
    surges = list_by_day(periods, scenario.days)
    # Many days have the same events and surges: each set of them is weighed once.
    known: dict[tuple[object, object], float] = {((), ()): 1.0}
    for day in range(scenario.days) if scenario.events or periods else ():
        events = active_events(scenario.events, location.code, day)
        if (events, surges[day]) not in known:
            factors = event_factors(events, location.code, day)
            for start_min, end_min, factor in surges[day]:
                factors[start_min:end_min] *= factor
            known[events, surges[day]] = math.fsum(weights * factors) / total
        means[day] = known[events, surges[day]]
    return means


def check_expected_orders(scenario: Scenario, expected: NDArray[np.float64]) -> None:
    """Refuse a scenario that is too large to build.

    Parameters
    ----------
    scenario
        The scenario.
    expected
        float64 (n_locations, days), the result of `expected_orders`.

    Raises
    ------
    ScenarioError
        If a location-day expects more than 2^31 - 1 orders, or the whole scenario more than 10^12.
    """
    row, day = np.unravel_index(np.argmax(expected), expected.shape)
    most = float(expected[row, day])
    if not most <= MAX_ORDERS_LOCATION_DAY:  # also refuses NaN
        code = scenario.locations[row].code
        raise ScenarioError(
            f"locations.{code}: expected at most {MAX_ORDERS_LOCATION_DAY} orders a day, "
            f"got about {most:.4g} on day {day}: lower scale, days, base_orders_day, growth_rate_daily or "
            "growth_orders_daily, or set max_orders_day."
        )
    total = math.fsum(expected.ravel())
    if not total <= MAX_EXPECTED_ORDERS:
        raise ScenarioError(
            f"scale, days: expected at most {MAX_EXPECTED_ORDERS:.0e} orders, got about {total:.4g}."
        )
