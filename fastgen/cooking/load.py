"""Compute beforehand how busy stations and couriers will be in the busiest hour of a location's busiest day.

Loads are means of what the scenario expects: the day's noise at its mean, brands by their popularity. That
the brands of an order differ is left out, which shifts the work between them by a few per cent.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.errors import ScenarioError
from fastgen.model.field_kinds import clock_text
from fastgen.model.stations import MAX_STATIONS, STATION_WORDS
from fastgen.queueing.load import COMFORTABLE, MOST, WARN, find_busiest_hour, measure_work
from fastgen.units import MIN_PER_H, US_PER_MIN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from fastgen.cooking.asked import Place
    from fastgen.cooking.source import StationsSource
    from fastgen.model.route_table import RouteTable
    from fastgen.orders.kernels.baskets import BasketArrays
    from fastgen.orders.kernels.demand import DemandArrays

# Days whose popularities are computed together: of 1,000 brands they take 8 MB.
_DAYS_AT_ONCE = 1000
# Most of them that an error lists; a scenario may have 127 locations.
_LISTED = 6


class Load(NamedTuple):
    """How busy the stations of a type, or the couriers, of a location are in their busiest hour.

    Attributes
    ----------
    code
        The location.
    what
        "workstations", "stoves", "ovens" or "couriers": a key of its kitchens.
    number
        How many each of its kitchens has, or how many couriers there are.
    day, minute
        Day number, and first minute of the hour.
    load
        Work over capacity.
    advice
        Key and value that bring the load to `COMFORTABLE`.
    """

    code: str
    what: str
    number: int
    day: int
    minute: int
    load: float
    advice: str

    def to_dict(self) -> dict[str, str | int | float]:
        """Return the load as a dict for JSON, the minute as HH:MM."""
        return {**self._asdict(), "minute": clock_text(self.minute), "load": round(self.load, 3)}


def measure_loads(source: StationsSource, location_id: int, routes: RouteTable) -> list[Load]:
    """Compute the loads of a location: of each type of station, then of the couriers."""
    place, parameters = source.places[location_id], source.orders.parameters[location_id]
    n_days = len(source.n_orders[location_id])
    orders_per_h, minutes = _busiest_hours(parameters.demand, n_days)
    work_min = work_of_orders(parameters.all_baskets, place, n_days)
    kitchens = place.kitchens
    usual_us = routes.drive_us[: routes.n_customers // len(kitchens.slowdowns)]
    trip_min = 2 * float(usual_us.mean()) / US_PER_MIN
    found = []
    for kind, number in enumerate(kitchens.count_stations()):
        if number > 0:
            busy = orders_per_h * work_min[:, kind] / (MIN_PER_H * number * kitchens.kitchens)
            found.append((f"{STATION_WORDS[kind]}s", number, busy))
    found.append(("couriers", kitchens.couriers, orders_per_h * trip_min / (MIN_PER_H * kitchens.couriers)))
    loads = []
    for what, number, busy in found:
        day = int(np.argmax(busy))
        load = float(busy[day])
        advice = _advise(place, what, number, load)
        loads.append(Load(place.code, what, number, day, int(minutes[day]), load, advice))
    return loads


def check_loads(loads: Iterable[Load], *, accepted: bool) -> list[str]:
    """Refuse loads above `MOST`, and write a line of warning for those above `WARN`.

    Parameters
    ----------
    loads
        Loads of some locations.
    accepted
        Whether loads above `MOST` are accepted, and give a line too.

    Raises
    ------
    ScenarioError
        It names what has a load above `MOST`, and what to change.
    """
    busy = [one for one in loads if one.load > WARN]
    too_busy = [one for one in busy if one.load > MOST]
    if too_busy and not accepted:
        more = f" and {len(too_busy) - _LISTED} more" if len(too_busy) > _LISTED else ""
        raise ScenarioError(
            f"kitchen: expected a load of at most {MOST:g} in the busiest hour, got "
            f"{', '.join(map(_describe, too_busy[:_LISTED]))}{more}; accept_overload = true accepts it."
        )
    return [
        f"kitchen: expected a load of at most {WARN} in the busiest hour, got {_describe(one)}."
        for one in busy
    ]


def _describe(one: Load) -> str:
    return f"{one.load:.2f} for the {one.what} of {one.code} on day {one.day} (set {one.advice})"


def _advise(place: Place, what: str, number: int, load: float) -> str:
    needed = max(math.ceil(number * load / COMFORTABLE), 1)
    if what == "couriers" or needed <= MAX_STATIONS:
        return f"{what} = {needed}"
    # More stations than a kitchen may have.
    return f"kitchens = {math.ceil(place.kitchens.kitchens * load / COMFORTABLE)}"


def _busiest_hours(demand: DemandArrays, n_days: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Find the busiest hour of each day: its expected orders, and its first minute."""
    known: dict[tuple[int, ...], tuple[float, int]] = {}
    shares, minutes = np.empty(n_days), np.empty(n_days, np.int64)
    for day in range(n_days):
        active = find_active_events(demand, day)
        # Most days have the same events, or none.
        if active not in known:
            known[active] = find_busiest_hour(weigh_minutes(demand, active))
        shares[day], minutes[day] = known[active]
    return demand.expected[:n_days] * demand.mean_noise * shares, minutes


def find_active_events(demand: DemandArrays, day: int) -> tuple[int, ...]:
    """List the numbers of the demand events of a day."""
    if len(demand.event_days) == 0:
        return ()
    first, last = demand.event_days[:, 0], demand.event_days[:, 1]
    return tuple(np.flatnonzero((first <= day) & (day <= last)).tolist())


def weigh_minutes(demand: DemandArrays, active: tuple[int, ...]) -> NDArray[np.float64]:
    """Compute the share of each minute in a day's orders, float64 (1440,), times the factors of events."""
    weight = demand.weight.copy()
    for event in active:
        _, _, begin, end = demand.event_days[event]
        weight[begin:end] *= demand.event_factor[event]
    return weight


def work_of_orders(baskets: BasketArrays, place: Place, n_days: int) -> NDArray[np.float64]:
    """Compute the mean minutes that an order of each day asks of each type, float64 (n_days, n_types)."""
    n_brands, n_types = len(baskets.growth), len(STATION_WORDS)
    of_brand = np.zeros((n_brands, n_types))
    wanted = np.arange(baskets.items_min, baskets.items_max + 1)
    for brand in range(n_brands):
        items = baskets.item[baskets.item_start[brand] : baskets.item_start[brand + 1]]
        n_lines = float(np.minimum(wanted, len(items)).mean())
        of_brand[brand] = n_lines * measure_work(place.recipes, items, n_types).work_min
    work = np.zeros((n_days, n_types))
    for begin in range(0, n_days, _DAYS_AT_ONCE):
        days = np.arange(begin, min(begin + _DAYS_AT_ONCE, n_days))
        popularity = _popularity(baskets, days)
        total = popularity.sum(axis=1, keepdims=True)
        share = np.divide(popularity, total, out=np.zeros_like(popularity), where=total > 0)
        work[days] = _brands_of_orders(baskets, np.count_nonzero(popularity, axis=1))[:, None] * (
            share @ of_brand
        )
    return work


def _popularity(baskets: BasketArrays, days: NDArray[np.int64]) -> NDArray[np.float64]:
    """Compute the popularity of each brand on some days, float64 (n_days, n_brands), 0 where it is closed."""
    since = (days[:, None] - baskets.start_day) / baskets.period_days
    is_open = (baskets.start_day <= days[:, None]) & (days[:, None] < baskets.end_day)
    # Of brands that aren't open yet, growth may have a power too small for a float.
    grown = np.maximum((1 + baskets.growth) ** np.where(is_open, since, 0.0), baskets.floor)
    popularity: NDArray[np.float64] = np.where(is_open, grown, 0.0)
    return popularity


def _brands_of_orders(baskets: BasketArrays, n_open: NDArray[np.int64]) -> NDArray[np.float64]:
    """Compute the mean number of brands in an order where so many are open."""
    several = np.arange(baskets.brands_min, baskets.brands_max + 1)
    of_several = np.minimum(several, n_open[:, None]).mean(axis=1)
    single = baskets.single_probability
    brands: NDArray[np.float64] = single * np.minimum(n_open, 1) + (1 - single) * of_several
    return brands
