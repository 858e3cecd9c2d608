"""Turn the disturbances of a site into changes of its capacity, weather and labels.

Disturbances may last at the same time. Then sets of stations that are out of order unite, the fewest couriers
of any are on duty, a kitchen is closed if any closes it, and rides are as slow as in the strongest rain.
"""

from __future__ import annotations

import operator
from collections import Counter, defaultdict
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

from fastgen.model.disturbances import (
    BRAND_LAUNCH,
    FEWER_COURIERS,
    KITCHEN_CLOSED,
    RAIN,
    STATION_OUTAGE,
    USUAL,
)
from fastgen.model.stations import STATION_TYPES
from fastgen.model.wall_clock import instant_us
from fastgen.queueing.kernels.records import NEVER
from fastgen.templates.universe import brand_path, kitchen_path, site_path, station_path

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from fastgen.model.disturbances import Disturbance
    from fastgen.model.site_template import Site


class DisturbedPlace(NamedTuple):
    """What disturbances of a site act on.

    Attributes
    ----------
    stations
        Number of stations of each type, in the order of `STATION_TYPES`, by the name of the kitchen; kitchens
        in the order of the engine.
    n_couriers
        Number of couriers.
    zone, start
        Time zone of the site if timestamps are UTC, None if they are its wall clock; date of day 0.
    """

    stations: Mapping[str, Sequence[int]]
    n_couriers: int
    zone: ZoneInfo | None
    start: dt.date


class Period(NamedTuple):
    """A time in which something has a value: from_us <= time < to_us, microseconds, NEVER for no end."""

    from_us: int
    to_us: int
    value: int


def place_of(site: Site, zone: ZoneInfo | None, start: dt.date) -> DisturbedPlace:
    """Describe a site for its disturbances."""
    stations = {kitchen.info.name: kitchen.count_stations() for kitchen in site.kitchens}
    return DisturbedPlace(stations, site.n_couriers, zone, start)


def make_changes(
    disturbances: Sequence[Disturbance], place: DisturbedPlace
) -> tuple[tuple[int, int, int], ...]:
    """Make the changes of a site's capacity.

    Parameters
    ----------
    disturbances
        Those of the site; kinds that change no capacity are left out.
    place
        The site.

    Returns
    -------
    tuple of (int, int, int)
        (time, target, value), microseconds and as in `queueing.kernels.records`, for `make_site`.
    """
    n_types = len(STATION_TYPES)
    n_pools = len(place.stations) * n_types
    changes: list[tuple[int, int, int]] = []

    def add(target: int, usual: int, joined: Callable[[int, int], int], periods: list[Period]) -> None:
        changes.extend((time, target, value) for time, value in _join(periods, usual, joined))

    for number, (kitchen, counts) in enumerate(place.stations.items()):
        here = [one for one in disturbances if one.kitchen in {None, kitchen}]
        for kind, n in enumerate(counts):
            out = [one for one in here if one.kind == STATION_OUTAGE and _type_of(one) == kind]
            # Bit i: station i works. The last ones fail: the engine uses them last, so little else changes.
            working = [_period(one, place, (1 << n - one.count_missing(n)) - 1) for one in out]
            add(number * n_types + kind, (1 << n) - 1, operator.and_, working)
        closed = [_period(one, place, 0) for one in here if one.kind == KITCHEN_CLOSED]
        add(n_pools + 1 + number, 1, min, closed)
    n, fewer = place.n_couriers, [one for one in disturbances if one.kind == FEWER_COURIERS]
    add(n_pools, n, min, [_period(one, place, n - one.count_missing(n)) for one in fewer])
    return tuple(sorted(changes))


def make_weather(disturbances: Sequence[Disturbance], place: DisturbedPlace) -> tuple[tuple[int, int], ...]:
    """Make the weather of a site, as `make_site` takes it; parameters as for `make_changes`.

    Returns
    -------
    tuple of (int, int)
        (time, thousandths of its usual time that a ride takes which begins from then on), sorted by time.
    """
    rains = [_period(one, place, one.permille) for one in disturbances if one.kind == RAIN]
    return tuple(_join(rains, USUAL, max))


def _type_of(outage: Disturbance) -> int:
    return STATION_TYPES.index(outage.station_type or "")


def _period(one: Disturbance, place: DisturbedPlace, value: int) -> Period:
    """Give a value for the time of a disturbance."""
    from_us = instant_us(place.zone, place.start, one.from_min)
    to_us = NEVER if one.to_min is None else instant_us(place.zone, place.start, one.to_min)
    return Period(from_us, to_us, value)


def _join(periods: Sequence[Period], usual: int, joined: Callable[[int, int], int]) -> list[tuple[int, int]]:
    """Join periods, which may overlap, into the times at which a value changes, and its new values."""
    edges: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for period in periods:
        # A period that the clock skips whole begins and ends at one time, and its entries cancel each other.
        edges[period.from_us].append((period.value, 1))
        edges[period.to_us].append((period.value, -1))
    changes, before, active = [], usual, Counter[int]()
    for time in sorted(edges.keys() - {NEVER}):
        for value, n in edges[time]:
            # Counted, because of two periods with the same value the end of one changes nothing.
            active[value] += n
        now = reduce(joined, (value for value, n in active.items() if n > 0), usual)
        if now != before:
            changes.append((time, now))
            before = now
    return changes


class Label(NamedTuple):
    """What a disturbance did to one thing, for a reader who looks for it in the data.

    Attributes
    ----------
    name, kind
        Name and kind of the disturbance.
    from_us, to_us
        Microseconds from the epoch (day 0, 00:00) on; `to_us` is None if it has no end.
    target
        Path of what it hits: a station, a kitchen, a brand or a site.
    size
        Couriers that are missing, times as many orders, or per cent by which rides take longer; else 1.
    """

    name: str
    kind: str
    from_us: int
    to_us: int | None
    target: str
    size: float


def list_labels(site: Site, zone: ZoneInfo | None, start: dt.date) -> list[Label]:
    """List what the disturbances of a site hit, a label for each thing, in the order of the file.

    Parameters
    ----------
    site
        The site.
    zone, start
        As in `DisturbedPlace`.
    """
    place = place_of(site, zone, start)
    labels = []
    for one in site.disturbances:
        period = _period(one, place, 0)
        to_us = None if period.to_us == NEVER else period.to_us
        labels += [
            Label(one.name, one.kind, period.from_us, to_us, target, size)
            for target, size in _list_targets(one, site)
        ]
    return labels


def _list_targets(one: Disturbance, site: Site) -> list[tuple[str, float]]:
    """List the paths of what a disturbance hits, and how much."""
    name = site.info.name
    kitchens = [kitchen for kitchen in site.kitchens if one.kitchen in {None, kitchen.info.name}]
    if one.kind == STATION_OUTAGE:
        paths = []
        for kitchen in kitchens:
            # In the order of the file, as the engine numbers the stations of a type.
            able = [s.name for s in kitchen.stations if s.station_type == one.station_type]
            missing = able[len(able) - one.count_missing(len(able)) :]
            paths += [station_path(name, kitchen.info.name, station) for station in missing]
        return [(path, 1.0) for path in paths]
    if one.kind == KITCHEN_CLOSED:
        return [(kitchen_path(name, kitchen.info.name), 1.0) for kitchen in kitchens]
    if one.kind == BRAND_LAUNCH:
        return [(brand_path(one.brand or ""), 1.0)]
    if one.kind == FEWER_COURIERS:
        return [(site_path(name), float(one.count_missing(site.n_couriers)))]
    return [(site_path(name), one.factor or float(one.slowdown_percent or 0))]
