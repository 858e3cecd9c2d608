"""Gather all that the run of a site depends on."""

from __future__ import annotations

import hashlib
import shlex
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from fastgen.errors import ScenarioError
from fastgen.inputs.timezones import load_zone
from fastgen.model.wall_clock import day_start_s, minute_starts_s, skipped_minutes
from fastgen.queueing.kernels.records import NEVER
from fastgen.queueing.population import draw_homes
from fastgen.queueing.site import clock_end_us
from fastgen.roads.area import Area
from fastgen.roads.coverage import find_misplaced
from fastgen.roads.network import check_networks
from fastgen.templates.arrays import make_capacity, make_population, make_recipes
from fastgen.templates.disturbances import make_changes, make_weather, place_of
from fastgen.templates.rides import load_rides, make_row_finder
from fastgen.templates.universe import site_path
from fastgen.units import US_PER_DAY, US_PER_S

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from zoneinfo import ZoneInfo

    import numpy as np
    from numpy.typing import NDArray

    from fastgen.model.site_template import Site
    from fastgen.queueing.population import Homes, Population
    from fastgen.queueing.site import Capacity
    from fastgen.templates.rides import RowFinder, SiteRides
    from fastgen.templates.universe import Universe


# A run goes through one more day than it writes, and orders that are open then end within days.
_DAYS_BEYOND = 31


@dataclass(frozen=True, eq=False)
class SitePlan:
    """All that the run of a site depends on, whatever other sites there are.

    Attributes
    ----------
    site
        Its template.
    population, capacity
        Who orders, and what the site works with.
    homes
        Where each customer lives, as nodes of the rides.
    rides
        The rides to all nodes.
    start, zone
        Date of day 0, and the time zone of the site, whose days are calendar days there.
    changes, weather
        As `queueing.site.make_site` takes them.
    """

    site: Site
    population: Population
    capacity: Capacity
    homes: Homes
    rides: SiteRides
    start: dt.date
    zone: ZoneInfo
    changes: tuple[tuple[int, int, int], ...] = ()
    weather: tuple[tuple[int, int], ...] = ()

    @cached_property
    def row_finder(self) -> RowFinder:
        """What decides the row of an order in the table of the rides."""
        return make_row_finder(self.site, self.rides, self.weather)

    def day_start_us(self, day: int) -> int:
        """Compute the first microsecond of a day; before the epoch for day 0 of places east of Greenwich."""
        return day_start_s(self.zone, self.start, day) * US_PER_S

    def minute_starts_us(self, day: int) -> NDArray[np.int64]:
        """Compute when each minute of a day begins, int64 (1440,), NEVER where the clock skips it."""
        starts = minute_starts_s(self.zone, self.start, day) * US_PER_S
        gap = skipped_minutes(self.zone, self.start, day)
        if gap is not None:
            starts[slice(*gap)] = NEVER
        return starts


def plan_sites(
    universe: Universe,
    seed: int,
    start: dt.date,
    roads: Path | None,
    announce: Callable[[str], None],
    advice: str = "",
) -> list[SitePlan]:
    """Plan the run of every site of a template folder, in the order of the folder.

    Parameters
    ----------
    universe
        The templates.
    seed
        Seed of the run, 0 <= seed < 2**64.
    start
        Date of day 0.
    roads, announce
        As for `load_rides`.
    advice
        What a user should do about missing networks, other than make them.

    Raises
    ------
    DataError
        If a site has no road network, or one can't be used.
    """
    areas = {
        site.info.name: Area(site.info.latitude, site.info.longitude, site.radius_mi)
        for site in universe.sites.values()
    }
    # A site that is called like a built-in network may lie elsewhere.
    inputs = f" --universe {shlex.quote(str(universe.folder))}"
    misplaced = find_misplaced(areas)
    check_networks([*areas], roads, inputs, can_select=False, misplaced=misplaced, advice=advice)
    return [plan_site(universe, site, seed, start, roads, announce) for site in universe.sites.values()]


def plan_site(
    universe: Universe,
    site: Site,
    seed: int,
    start: dt.date,
    roads: Path | None,
    announce: Callable[[str], None],
) -> SitePlan:
    """Plan the run of one site; parameters and errors are those of `plan_sites`."""
    rides = load_rides(site, roads, announce)
    # Seeds differ by the sites' names, so that a site is the same in any company.
    population = make_population(universe, site, make_recipes(universe), site_seed(seed, site.info.name))
    zone = load_zone(site.timezone)
    place = place_of(site, zone, start)
    return SitePlan(
        site=site,
        population=population,
        capacity=make_capacity(site),
        homes=draw_homes(population, len(rides.out_mm)),
        rides=rides,
        start=start,
        zone=zone,
        changes=make_changes(site.disturbances, place),
        weather=make_weather(site.disturbances, place),
    )


def check_days(plans: Sequence[SitePlan], days: int) -> None:
    """Check that the clock of every site reaches to the end of a run.

    Raises
    ------
    ScenarioError
        If a site has too many stations and couriers for so many days.
    """
    for plan in plans:
        most = clock_end_us(plan.capacity) // US_PER_DAY - _DAYS_BEYOND
        if days > most:
            n = int(plan.capacity.stations.sum()) + len(plan.capacity.paces)
            raise ScenarioError(
                f"days: expected at most {most} for the {n} stations and couriers of {plan.site.info.name}, "
                f"got {days}."
            )


def site_seed(seed: int, name: str) -> int:
    """Derive the seed of a site's draws, 0 <= seed < 2**64, from that of the run and the site's name."""
    # SHA-256 gives unrelated seeds for near ones, the same everywhere.
    return int.from_bytes(hashlib.sha256(f"{seed} {site_path(name)}".encode()).digest()[:8], "big")


def reseed(plan: SitePlan, seed: int) -> SitePlan:
    """Plan the same site for a run with another seed."""
    population = replace(plan.population, seed=site_seed(seed, plan.site.info.name))
    return replace(plan, population=population, homes=draw_homes(population, len(plan.rides.out_mm)))
