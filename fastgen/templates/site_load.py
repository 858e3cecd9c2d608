"""Check the load of a template folder before anyone waits in its queues."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.errors import ScenarioError
from fastgen.model.stations import MAX_STATIONS, STATION_WORDS
from fastgen.queueing.load import COMFORTABLE, MOST, PEAK, WARN, SiteLoad, compute_load, mean_pace
from fastgen.roads.network import check_networks, find_users_file
from fastgen.roads.offline import builtin_codes
from fastgen.templates.arrays import PACES, make_capacity, make_population, make_recipes
from fastgen.templates.rides import load_lengths
from fastgen.units import M_PER_MILE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.model.site_template import Site
    from fastgen.templates.universe import Universe

# The mean distance of a square's points from its middle, in halves of its side.
_MEAN_DISTANCE = (math.sqrt(2) + math.log(1 + math.sqrt(2))) / 3
# Streets are longer than straight lines. With 1.3, a mean ride is about as long as the radius.
_DETOUR = 1.3
# Most that an error lists: a site may have 1,000 kitchens.
_LISTED = 6


class Rides(NamedTuple):
    """Rides to equally likely homes.

    Attributes
    ----------
    out_us, back_us
        float64 (n,), rides from the kitchen to each and back, microseconds, at the couriers' mean pace.
    source
        Where they are from, in words.
    """

    out_us: NDArray[np.float64]
    back_us: NDArray[np.float64]
    source: str


class CheckedSite(NamedTuple):
    """A site with its load and its rides."""

    site: Site
    rides: Rides
    load: SiteLoad


class Busy(NamedTuple):
    """Stations of one type in a kitchen, or the couriers of a site, that are too busy in the busiest hour.

    Attributes
    ----------
    load
        Work over capacity.
    what
        What they are, for a message: "stoves of kitchen-1 of london".
    advice
        What to add.
    """

    load: float
    what: str
    advice: str


def check_load(universe: Universe, roads: Path | None, announce: Callable[[str], None]) -> list[CheckedSite]:
    """Compute the load of each site.

    Parameters
    ----------
    universe
        The templates.
    roads, announce
        As for `load_rides`.

    Raises
    ------
    DataError
        If a network can't be read, or has no road near its site.
    """
    # The folder alone: a site without a network has estimated rides.
    check_networks([], roads)
    recipes, checked = make_recipes(universe), []
    for site in universe.sites.values():
        rides = measure_rides(site, roads, announce)
        # With any seed: a load is expected, not drawn.
        population = make_population(universe, site, recipes, seed=0)
        load = compute_load(population, make_capacity(site), rides.out_us, rides.back_us)
        checked.append(CheckedSite(site, rides, load))
    return checked


def measure_rides(site: Site, roads: Path | None, announce: Callable[[str], None]) -> Rides:
    """Measure the rides to all nodes of a site's road network, or estimate their mean where there is none."""
    code = site.info.name
    # A site without a courier has rides too, whose load is infinite.
    modes = site.couriers.deal_modes(max(site.n_couriers, 1))
    pace = mean_pace(np.array([PACES[mode] for mode in modes]))
    if find_users_file(code, roads) is None and code not in builtin_codes():
        mean_mm = _DETOUR * _MEAN_DISTANCE * site.radius_mi * M_PER_MILE * 1000
        estimate = np.array([mean_mm * pace])
        return Rides(estimate, estimate, "estimated from radius_mi")
    lengths = load_lengths(site, roads, announce)
    return Rides(
        lengths.out_mm.astype(np.float64) * pace,
        lengths.back_mm.astype(np.float64) * pace,
        f"over {lengths.network}",
    )


def find_busy(checked: CheckedSite, above: float) -> list[Busy]:
    """List what has a load above a bound in the busiest hour, and what to add to come to `COMFORTABLE`."""
    site, load, name = checked.site, checked.load, checked.site.info.name
    found = []
    for k, kitchen in enumerate(site.kitchens):
        loads = load.stations[PEAK, k]
        for word, n, busy in zip(STATION_WORDS, kitchen.count_stations(), loads, strict=True):
            if busy > above:
                more = _advise(n, float(busy), len(site.kitchens))
                found.append(Busy(float(busy), f"{word}s of {kitchen.info.name} of {name}", more))
    if load.couriers[PEAK] > above:
        n, busy = site.n_couriers, float(load.couriers[PEAK])
        # Without a courier the load is infinite, and says nothing of how many are needed.
        more = f"add {_missing(n, busy)}, or a faster mode" if n else "add some"
        found.append(Busy(busy, f"couriers of {name}", more))
    return found


def _advise(n: int, load: float, n_kitchens: int) -> str:
    """Say how many stations, of n in each of some kitchens, or how many kitchens to add."""
    stations, kitchens = _missing(n, load), _missing(n_kitchens, load)
    more = f"{kitchens} kitchens" if kitchens > 1 else "a kitchen"
    # More stations than a kitchen may have are no help.
    return f"add {stations}, or {more}" if n + stations <= MAX_STATIONS else f"add {more}"


def _missing(n: int, load: float) -> int:
    return max(math.ceil(n * load / COMFORTABLE) - n, 1)


def warn_of_load(checked: list[CheckedSite]) -> list[str]:
    """Write a line for all that has a load above `WARN` and at most `MOST`."""
    busy = [one for site in checked for one in find_busy(site, WARN) if one.load <= MOST]
    return [
        f"expected a load of at most {WARN} in the busiest hour, got {one.load:.2f} for the {one.what}: "
        f"{one.advice}."
        for one in busy
    ]


def refuse_overload(folder: Path, checked: list[CheckedSite]) -> None:
    """Refuse templates with a load above `MOST`.

    Raises
    ------
    ScenarioError
        It names what has one, the busiest first, and what to add.
    """
    busy = [one for site in checked for one in find_busy(site, MOST)]
    if busy:
        busiest = sorted(busy, key=lambda one: -one.load)[:_LISTED]
        listed = ", ".join(f"{one.load:.2f} for the {one.what} ({one.advice})" for one in busiest)
        more = f" and {len(busy) - _LISTED} more" if len(busy) > _LISTED else ""
        raise ScenarioError(
            f"{folder}: expected a load of at most {MOST:g} in the busiest hour, got {listed}{more}; "
            "--force accepts it."
        )
