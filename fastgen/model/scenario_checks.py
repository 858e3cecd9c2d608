"""Check what holds between the parts of a scenario."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fastgen.errors import ScenarioError
from fastgen.model.field_kinds import clock_text
from fastgen.units import MIN_PER_DAY

if TYPE_CHECKING:
    from fastgen.model.scenario import Demand, Location, Scenario

# Popularity stays so far from overflow that sums and ratios of it are safe.
MAX_POPULARITY = 1e100
MIN_TOTAL_WEIGHT = 1e-3
# Of windows that cancel the base weight exactly.
ROUNDING = 1e-9


def check_locations(scenario: Scenario) -> None:
    """Check: there is a location, and ids differ."""
    if not scenario.locations:
        raise ScenarioError("locations: expected at least one location, got none.")
    ids: dict[int, str] = {}
    for place in scenario.locations:
        if place.location_id in ids:
            raise ScenarioError(
                f"locations.{place.code}.location_id: expected a number of its own, "
                f"got {place.location_id}, which is {ids[place.location_id]}'s."
            )
        ids[place.location_id] = place.code


def check_events(scenario: Scenario) -> None:
    """Check: the locations named exist."""
    codes = [place.code for place in scenario.locations]
    for event in scenario.events:
        for code in event.locations:
            if code not in codes:
                raise ScenarioError(
                    f"events.{event.name}.locations: expected codes among {', '.join(codes)}, got {code!r}."
                )


def check_weights(demand: Demand, place: Location) -> None:
    """Check: no minute has a negative demand, and some minute has any."""
    weights = [1.0] * MIN_PER_DAY
    for window in demand.windows + place.windows:
        span = window.end_min - window.start_min
        for m in range(window.start_min, window.end_min):
            height = math.sin(math.pi * (m - window.start_min) / span) ** 2 if window.shape == "bell" else 1.0
            weights[m] += (window.peak - 1) * height
    lowest, total = min(weights), math.fsum(weights)
    if lowest < -ROUNDING or total < MIN_TOTAL_WEIGHT:
        at = clock_text(weights.index(lowest))
        got = f"{lowest:.6g} at {at}" if lowest < -ROUNDING else "0 all day"
        raise ScenarioError(
            f"demand.windows, locations.{place.code}.windows: expected a demand weight >= 0 at every "
            f"minute and > 0 somewhere, got {got}."
        )


def check_popularity(scenario: Scenario, place: Location) -> None:
    """Check: no brand grows beyond what a float can hold."""
    for placement in place.brands or ():
        last = scenario.days if placement.end_day is None else min(scenario.days, placement.end_day)
        periods = (last - placement.start_day) / scenario.baskets.popularity_period_days
        log_popularity = periods * math.log1p(placement.growth_rate_monthly)
        if log_popularity > math.log(MAX_POPULARITY):
            raise ScenarioError(
                f"locations.{place.code}.brands: expected a popularity below {MAX_POPULARITY:g}, got "
                f"10^{log_popularity / math.log(10):.0f} by growth_rate_monthly "
                f"{placement.growth_rate_monthly} of brand_id {placement.brand_id} on day {last}."
            )
