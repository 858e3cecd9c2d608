"""Compute beforehand what disturbances do to the loads of a location, and refuse work that can't be done."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.cooking.load import find_active_events, weigh_minutes, work_of_orders
from fastgen.errors import ScenarioError
from fastgen.model.disturbances import (
    DEMAND_SURGE,
    FEWER_COURIERS,
    KITCHEN_CLOSED,
    RAIN,
    STATION_OUTAGE,
    USUAL,
    time_text,
)
from fastgen.model.stations import STATION_TYPES, STATION_WORDS
from fastgen.queueing.load import MOST
from fastgen.units import MIN_PER_DAY, US_PER_MIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastgen.cooking.source import StationsSource
    from fastgen.model.disturbances import Disturbance
    from fastgen.model.route_table import RouteTable
    from fastgen.model.station_kitchens import StationKitchens
    from fastgen.orders.parameters import LocationParameters

# So many orders are expected in vain before an outage with an end is refused; of fewer, there may be none.
_CERTAIN_ORDERS = 10.0
_N_TYPES = len(STATION_TYPES)
_WHAT = (*(f"{word}s" for word in STATION_WORDS), "couriers")


class DisturbedLoad(NamedTuple):
    """The highest load of the stations of a type, or of the couriers, in an hour of a disturbance.

    Attributes
    ----------
    code, what
        The location; "workstations", "stoves", "ovens" or "couriers".
    day, hour
        The hour, by the clock of the location.
    load
        Work over capacity, in the kitchen that is hit most; infinite where there is none.
    names
        Labels of the disturbances of that hour.
    """

    code: str
    what: str
    day: int
    hour: int
    load: float
    names: tuple[str, ...]

    def describe(self) -> str:
        """Write a line of warning that says what is above 1, when, and why."""
        names = ", ".join(map(repr, self.names))
        got = "no capacity" if math.isinf(self.load) else f"{self.load:.2f}"
        return (
            f"kitchen: expected a load of at most {MOST:g} in every hour, got {got} for the {self.what} of "
            f"{self.code} on day {self.day} from {self.hour:02}:00, during {names}."
        )


class _Span(NamedTuple):
    """Minutes of a day in which a disturbance lasts: its number, its first minute, its end."""

    number: int
    begin: int
    end: int


def measure_disturbed_loads(
    source: StationsSource, location_id: int, routes: RouteTable
) -> list[DisturbedLoad]:
    """Find the highest loads above `MOST` that the disturbances of a location cause, one for each type."""
    place, parameters = source.places[location_id], source.orders.parameters[location_id]
    kitchens, n_days = place.kitchens, len(source.n_orders[location_id])
    if not kitchens.disturbances:
        return []
    trip_min = 2 * float(routes.drive_us[: routes.n_customers // len(kitchens.slowdowns)].mean()) / US_PER_MIN
    work = work_of_orders(parameters.all_baskets, place, n_days)
    work = np.column_stack((work, np.full(n_days, trip_min)))
    known: dict[object, NDArray[np.float64]] = {}
    highest: dict[int, DisturbedLoad] = {}
    for day in range(n_days):
        spans = _list_spans(kitchens.disturbances, day)
        if not spans:
            continue
        events = find_active_events(parameters.demand, day)
        # Days of the same disturbances differ by their number of orders, and by what is ordered, alone.
        if (spans, events) not in known:
            known[spans, events] = _caused_loads(kitchens, spans, weigh_minutes(parameters.demand, events))
        asked = work[day] * parameters.demand.expected[day] * parameters.demand.mean_noise
        for what in np.flatnonzero(asked > 0).tolist():
            loads = known[spans, events][what] * asked[what]
            hour = int(np.argmax(loads))
            if loads[hour] > (highest[what].load if what in highest else MOST):
                names = (
                    kitchens.disturbances[one.number].name
                    for one in spans
                    if one.begin < 60 * hour + 60 and 60 * hour < one.end
                )
                highest[what] = DisturbedLoad(
                    place.code, _WHAT[what], day, hour, float(loads[hour]), tuple(names)
                )
    return [highest[what] for what in sorted(highest)]


def _list_spans(disturbances: Sequence[Disturbance], day: int) -> tuple[_Span, ...]:
    """List when disturbances last on a day; a launch changes only what is ordered."""
    first, spans = day * MIN_PER_DAY, []
    for number, one in enumerate(disturbances):
        end = MIN_PER_DAY if one.to_min is None else min(one.to_min - first, MIN_PER_DAY)
        begin = max(one.from_min - first, 0)
        if begin < end and one.brand is None:
            spans.append(_Span(number, begin, end))
    return tuple(spans)


def _caused_loads(
    kitchens: StationKitchens, spans: Sequence[_Span], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Compute the loads of hours that are higher with disturbances, float64 (n_types + 1, 24); else 0.

    They are those of a minute of work for an order, where the orders of a minute are `weight`.
    """
    loads, usual = _hourly_loads(kitchens, spans, weight), _hourly_loads(kitchens, (), weight)
    higher: NDArray[np.float64] = np.where(loads > usual, loads, 0.0)
    return higher


def _hourly_loads(
    kitchens: StationKitchens, spans: Sequence[_Span], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    # Kitchens that no disturbance names are alike, so one of them stands for all.
    named = list(dict.fromkeys(one.kitchen for one in kitchens.disturbances if one.kitchen is not None))
    n_like = np.array([*(1 for _ in named), kitchens.kitchens - len(named)])
    orders, slow, counts = weight.copy(), np.ones(MIN_PER_DAY), kitchens.count_stations()
    is_open = np.ones((len(n_like), MIN_PER_DAY), bool) & (n_like > 0)[:, None]
    able = np.tile(np.array(counts)[None, :, None], (len(n_like), 1, MIN_PER_DAY))
    couriers = np.full(MIN_PER_DAY, kitchens.couriers)
    for number, begin, end in spans:
        one, some = kitchens.disturbances[number], slice(begin, end)
        hit = [row for row, name in enumerate((*named, None)) if one.kitchen in {None, name}]
        if one.kind == DEMAND_SURGE:
            orders[some] *= one.factor or 1.0
        elif one.kind == RAIN:
            slow[some] = np.maximum(slow[some], one.permille / USUAL)
        elif one.kind == FEWER_COURIERS:
            left = kitchens.couriers - one.count_missing(kitchens.couriers)
            couriers[some] = np.minimum(couriers[some], left)
        elif one.kind == KITCHEN_CLOSED:
            is_open[hit, some] = False
        elif one.kind == STATION_OUTAGE:
            kind = STATION_TYPES.index(one.station_type or "")
            left = counts[kind] - one.count_missing(counts[kind])
            able[hit, kind, some] = np.minimum(able[hit, kind, some], left)
    n_open = n_like @ is_open
    orders = np.where(n_open > 0, orders, 0.0)
    asked = _by_hour(orders / np.maximum(n_open, 1) * is_open)
    loads = [_divide(asked, _by_hour(able[:, kind] * is_open)).max(axis=0) for kind in range(_N_TYPES)]
    return np.stack([*loads, _divide(_by_hour(orders * slow), _by_hour(couriers))])


def _by_hour(minutes: NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.float64]:
    hours: NDArray[np.float64] = minutes.reshape(*minutes.shape[:-1], 24, 60).sum(axis=-1, dtype=np.float64)
    return hours


def _divide(asked: NDArray[np.float64], able: NDArray[np.float64]) -> NDArray[np.float64]:
    loads: NDArray[np.float64] = np.divide(asked, able, out=np.where(asked > 0, np.inf, 0.0), where=able > 0)
    return loads


def check_possible(source: StationsSource, location_id: int) -> None:
    """Refuse disturbances that leave orders waiting longer than `longest_min` for what nobody has.

    Raises
    ------
    ScenarioError
        It names what is missing, and when.
    """
    place, parameters = source.places[location_id], source.orders.parameters[location_id]
    kitchens, n_days = place.kitchens, len(source.n_orders[location_id])
    work = work_of_orders(parameters.all_baskets, place, n_days)
    is_needed = np.append((work > 0).any(axis=0), values=True)
    named = dict.fromkeys(one.kitchen for one in kitchens.disturbances)
    for what, n in enumerate((*kitchens.count_stations(), kitchens.couriers)):
        for name in named if is_needed[what] else ():
            for begins, ends in _list_gaps(kitchens, what, n, name):
                if _loses_orders(kitchens, parameters, n_days, (begins, ends), name):
                    to = "for ever" if ends is None else f"to {time_text(ends)!r}"
                    raise ScenarioError(
                        f"locations.{place.code}.kitchen.disturbances: expected {_WHAT[what]} again within "
                        f"longest_min, {kitchens.longest_min} minutes, "
                        f"got none from {time_text(begins)!r} {to}."
                    )


def _list_gaps(
    kitchens: StationKitchens, what: int, n: int, kitchen: str | None
) -> list[tuple[int, int | None]]:
    """List the minutes, from and to, in which a kitchen has no station of a type, or nobody rides."""
    gaps: list[tuple[int, int | None]] = []
    for one in sorted(kitchens.disturbances, key=lambda disturbance: disturbance.from_min):
        is_it = one.kind == (FEWER_COURIERS if what == _N_TYPES else STATION_OUTAGE)
        is_it &= one.station_type in {None, STATION_TYPES[what] if what < _N_TYPES else None}
        if not is_it or one.kitchen not in {None, kitchen} or n == 0 or one.count_missing(n) < n:
            continue
        if gaps and (gaps[-1][1] is None or one.from_min <= gaps[-1][1]):
            before, ends = gaps.pop()
            longer = None if ends is None or one.to_min is None else max(ends, one.to_min)
            gaps.append((before, longer))
        else:
            gaps.append((one.from_min, one.to_min))
    return gaps


def _loses_orders(
    kitchens: StationKitchens,
    parameters: LocationParameters,
    n_days: int,
    gap: tuple[int, int | None],
    kitchen: str | None,
) -> bool:
    """Say whether orders are expected that wait through the rest of a gap longer than they may."""
    begins, ends = gap
    last = n_days * MIN_PER_DAY
    last = last if ends is None else min(last, ends - kitchens.longest_min)
    closings = [one for one in kitchens.disturbances if one.kind == KITCHEN_CLOSED]
    if any(
        one.kitchen in {None, kitchen} and one.from_min <= begins and (one.to_min or last) >= last
        for one in closings
    ):
        return False
    expected = 0.0
    for day in range(begins // MIN_PER_DAY, math.ceil(last / MIN_PER_DAY)):
        weight = weigh_minutes(parameters.demand, find_active_events(parameters.demand, day))
        some = weight[max(begins - day * MIN_PER_DAY, 0) : last - day * MIN_PER_DAY]
        expected += float(some.sum() * parameters.demand.expected[day])
        if expected >= _CERTAIN_ORDERS:
            return True
    return ends is None and expected > 0
