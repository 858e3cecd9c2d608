"""Check that the brands of launches are sold where they are launched, and something else before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.errors import ScenarioError
from fastgen.model.dimensions import end_days
from fastgen.model.disturbances import BRAND_LAUNCH, time_text
from fastgen.model.fields import did_you_mean
from fastgen.units import MIN_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.model.dimensions import Dimensions
    from fastgen.model.location import Location
    from fastgen.model.scenario import Scenario


def check_launched_brands(scenario: Scenario, dims: Dimensions) -> None:
    """Check the launches of all locations against the placements of their brands.

    Raises
    ------
    ScenarioError
        If a location doesn't sell a brand on the day of its launch, or sells nothing before it.
    """
    for location in scenario.locations:
        _check_location(scenario, dims, location)


def _check_location(scenario: Scenario, dims: Dimensions, location: Location) -> None:
    kitchens = scenario.kitchens_of(location)
    launches = {
        i: one
        for i, one in enumerate(() if kitchens is None else kitchens.disturbances)
        if one.kind == BRAND_LAUNCH
    }
    if not launches:
        return
    names = dict(zip(dims.brands.brand_id.tolist(), dims.brands.name, strict=True))
    rows = np.flatnonzero(dims.brand_locations.location_id == location.location_id)
    brands = np.array([names[brand] for brand in dims.brand_locations.brand_id[rows].tolist()], object)
    start, end = dims.brand_locations.start_day[rows], end_days(dims.brand_locations.end_day[rows])
    is_usual = ~np.isin(brands, [str(one.brand) for one in launches.values()])
    for i, one in launches.items():
        where = f"locations.{location.code}.kitchen.disturbances[{i}]"
        day, is_its = one.from_min // MIN_PER_DAY, brands == one.brand
        if not is_its.any():
            known = sorted(set(brands.tolist()))
            raise ScenarioError(
                f"{where}.brand: expected a brand of the location's brands, got {one.brand!r}: "
                f"{did_you_mean(one.brand or '', known)}"
            )
        if not (is_its & (start <= day) & (day < end)).any():
            raise ScenarioError(
                f"{where}.from: expected a day on which the location's brands have {one.brand!r}, got {day}: "
                "change the start_day or the end_day of the brand there."
            )
        # Days without any brand have no orders, with a launch or without.
        is_empty = (_count_open(start, end, day + 1) > 0) & (
            _count_open(start[is_usual], end[is_usual], day + 1) == 0
        )
        if is_empty.any():
            raise ScenarioError(
                f"{where}.from: expected another brand on sale on day {int(np.argmax(is_empty))}, before the "
                f"launch at {time_text(one.from_min)!r}, got none: there would be nothing to order."
            )


def _count_open(start: NDArray[np.int64], end: NDArray[np.int64], n_days: int) -> NDArray[np.int64]:
    """Count the placements that are open on each of the days 0 to n_days - 1, int64 (n_days,)."""
    # By what opens and closes on each day, since days and placements may be many.
    opens, closes = (np.bincount(np.clip(one, 0, n_days), minlength=n_days + 1) for one in (start, end))
    n_open: NDArray[np.int64] = np.cumsum(opens - closes)[:n_days]
    return n_open
