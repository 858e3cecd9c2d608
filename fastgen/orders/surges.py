"""Cut the surges of demand at a location into periods of one factor, each the same minutes of some days."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from fastgen.model.disturbances import DEMAND_SURGE
from fastgen.units import MIN_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastgen.model.disturbances import Disturbance
    from fastgen.model.location import Location
    from fastgen.model.scenario import Scenario


class SurgePeriod(NamedTuple):
    """Minutes of some days in which as many times as many orders are expected.

    Attributes
    ----------
    first_day, last_day
        The days, both included.
    start_min, end_min
        The minutes of each of them, the end excluded.
    factor
        Product of the factors of all surges that last then; 1 without one.
    """

    first_day: int
    last_day: int
    start_min: int
    end_min: int
    factor: float


def find_surges(scenario: Scenario, location: Location) -> tuple[Disturbance, ...]:
    """Find the surges of demand at a location."""
    kitchens = scenario.kitchens_of(location)
    disturbances = () if kitchens is None else kitchens.disturbances
    return tuple(one for one in disturbances if one.kind == DEMAND_SURGE)


def cut_surges(surges: Sequence[Disturbance], n_days: int) -> list[SurgePeriod]:
    """Cut the days 0 to n_days - 1 into periods of one factor; none without a surge."""
    end = n_days * MIN_PER_DAY
    edges = {min(one.from_min, end) for one in surges} | {min(one.to_min or end, end) for one in surges}
    periods = list[SurgePeriod]()
    for begins, ends in pairwise(sorted({0, end, *edges}) if surges else ()):
        factor = math.prod(one.factor or 1.0 for one in surges if one.lasts_at(begins))
        first, start_min = divmod(begins, MIN_PER_DAY)
        last, end_min = divmod(ends, MIN_PER_DAY)
        if first == last:
            periods.append(SurgePeriod(first, first, start_min, end_min, factor))
            continue
        # Whole days in the middle are one period, so that a surge of years is no more than three.
        if start_min > 0:
            periods.append(SurgePeriod(first, first, start_min, MIN_PER_DAY, factor))
            first += 1
        if first < last:
            periods.append(SurgePeriod(first, last - 1, 0, MIN_PER_DAY, factor))
        if end_min > 0:
            periods.append(SurgePeriod(last, last, 0, end_min, factor))
    return periods


def list_by_day(periods: Sequence[SurgePeriod], n_days: int) -> list[tuple[tuple[int, int, float], ...]]:
    """List what surges with a factor above 1 do on each day: (first minute, end minute, factor)."""
    found: list[list[tuple[int, int, float]]] = [[] for _ in range(n_days)]
    for period in periods:
        for day in range(period.first_day, period.last_day + 1) if period.factor > 1 else ():
            found[day].append((period.start_min, period.end_min, period.factor))
    return [tuple(one) for one in found]
