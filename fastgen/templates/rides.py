"""Give a site the rides of its couriers: lengths for the engine, and routes for the events.

Couriers of several modes, and weather that slows them, ride at several speeds. A ride class is one speed: a
mode with a slowdown. The routes of a site are one table with a row for each class and node: row = number of
the class * number of nodes + node. The drives of that table are, to the microsecond, the rides of the engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.inputs.scenario_file import load_scenario
from fastgen.model.disturbances import RAIN, USUAL
from fastgen.model.route_table import RouteRequest, RouteTable
from fastgen.queueing.kernels.records import NEVER, NOT_YET
from fastgen.roads.cache import default_cache_dir, load_route_table
from fastgen.roads.concatenation import concatenate_tables
from fastgen.roads.network import find_network
from fastgen.roads.roads_file import decode_roads
from fastgen.roads.routes import compute_ride_back
from fastgen.templates.arrays import PACES
from fastgen.units import M_PER_MILE, US_PER_H

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.model.site_template import Site


class RideClass(NamedTuple):
    """A speed of couriers: their mode, and how many thousandths of its usual time a ride takes."""

    mode: str
    permille: int

    @property
    def pace(self) -> int:
        """Microseconds a millimetre, which slowdowns of whole 5 per cent leave whole for every mode."""
        return PACES[self.mode] * self.permille // 1000

    @property
    def speed_mph(self) -> float:
        """Miles an hour, as route tables have it."""
        return US_PER_H / (self.pace * M_PER_MILE * 1000.0)


class RideLengths(NamedTuple):
    """Lengths of the rides from the kitchen to every node and back.

    Attributes
    ----------
    out_mm, back_mm
        int64 (n_nodes,), millimetres.
    network
        What to call the road network.
    """

    out_mm: NDArray[np.int64]
    back_mm: NDArray[np.int64]
    network: str


class SiteRides(NamedTuple):
    """The rides of a site.

    Attributes
    ----------
    classes
        The ride classes in use: modes in the order of `PACES`, for each of them its slowdowns from none on.
    out_mm, back_mm
        int64 (n_nodes,), lengths of the rides from the kitchen to every node and back, millimetres.
    table
        Routes of every class: row = number of the class * n_nodes + node.
    """

    classes: tuple[RideClass, ...]
    out_mm: NDArray[np.int64]
    back_mm: NDArray[np.int64]
    table: RouteTable


def list_classes(site: Site) -> tuple[RideClass, ...]:
    """List the ride classes that the couriers of a site can have."""
    # Without a courier nobody rides, but customers still have an address: rows of one class.
    modes = set(site.couriers.deal_modes(max(site.n_couriers, 1)))
    # All that the templates name, so that rows don't depend on the length of a run.
    slowdowns = sorted({USUAL, *(rain.permille for rain in site.disturbances_of(RAIN))})
    return tuple(RideClass(mode, slowdown) for mode in PACES if mode in modes for slowdown in slowdowns)


def load_rides(site: Site, roads: Path | None, announce: Callable[[str], None]) -> SiteRides:
    """Load all rides of a site; routes come from the cache, or are computed once.

    Parameters
    ----------
    site
        The site.
    roads
        Folder of NAME.roads files for sites without a built-in network, or None.
    announce
        Called with a line before routes are computed.

    Raises
    ------
    DataError
        If the network is missing or can't be read, has no road near the site, or the text of its routes
        exceeds 2 GiB.
    """
    data, name = find_network(site.info.name, roads)
    classes = list_classes(site)
    tables = [_load_table(site, one, data, name, announce) for one in classes]
    lengths = _measure(site, data, name, tables[0])
    return SiteRides(classes, lengths.out_mm, lengths.back_mm, concatenate_tables(tables, name))


def load_lengths(site: Site, roads: Path | None, announce: Callable[[str], None]) -> RideLengths:
    """Load the lengths of a site's rides alone; parameters and errors are those of `load_rides`."""
    data, name = find_network(site.info.name, roads)
    return _measure(site, data, name, _load_table(site, list_classes(site)[0], data, name, announce))


def _load_table(
    site: Site, ride_class: RideClass, data: bytes, name: str, announce: Callable[[str], None]
) -> RouteTable:
    return load_route_table(data, name, _request(site, ride_class), default_cache_dir(), announce)


def _measure(site: Site, data: bytes, name: str, table: RouteTable) -> RideLengths:
    # Some 50 ms for a city of 10,000 nodes, most of them to decode the roads: no cache of its own.
    request = _request(site, list_classes(site)[0])
    back_mm = compute_ride_back(decode_roads(data, name), request, name, table.dist_mm)
    return RideLengths(table.dist_mm, back_mm, name)


def _request(site: Site, ride_class: RideClass) -> RouteRequest:
    usual = load_scenario(None)
    return RouteRequest(
        lat=site.info.latitude,
        lon=site.info.longitude,
        radius_mi=site.radius_mi,
        speed_mph=ride_class.speed_mph,
        ping_interval_s=usual.driver.ping_interval_s,
        ping_position=usual.driver.ping_position,
        street=usual.delivery.address_street,
    )


class RowFinder(NamedTuple):
    """What decides the row of an order in the table of its site.

    Attributes
    ----------
    n_nodes
        Number of nodes of a class.
    weather_us
        int64 (n_weathers,), when each weather begins, ascending; the first at -NEVER.
    slowdown
        int64 (n_weathers,), place of each weather's slowdown among those of a mode.
    first_class
        int64 (n_couriers + 1,), number of each courier's first class, which has no slowdown. The last entry
        is for orders that nobody delivers: they have an address, and never a ride.
    """

    n_nodes: int
    weather_us: NDArray[np.int64]
    slowdown: NDArray[np.int64]
    first_class: NDArray[np.int64]


def make_row_finder(site: Site, rides: SiteRides, weather: Sequence[tuple[int, int]]) -> RowFinder:
    """Prepare `find_rows`; `weather` is that of `queueing.site.make_site`."""
    modes = site.couriers.deal_modes(site.n_couriers)
    slowdowns = [one.permille for one in rides.classes if one.mode == rides.classes[0].mode]
    first_class = {mode: rides.classes.index(RideClass(mode, USUAL)) for mode in set(modes)}
    return RowFinder(
        n_nodes=len(rides.out_mm),
        weather_us=np.array([-NEVER, *(time for time, _ in weather)], np.int64),
        slowdown=np.array([slowdowns.index(one) for one in (USUAL, *(one for _, one in weather))]),
        first_class=np.array([*(first_class[mode] for mode in modes), 0]),
    )


def find_rows(
    finder: RowFinder,
    courier: NDArray[np.int64],
    picked_up_us: NDArray[np.int64],
    node: NDArray[np.int64],
) -> NDArray[np.int32]:
    """Find the rows of orders in the table of their site.

    Parameters
    ----------
    finder
        That of the site.
    courier, picked_up_us
        int64 (n_orders,), of the orders' records: NONE and NOT_YET where there is none yet.
    node
        int64 (n_orders,), where the customer lives.

    Returns
    -------
    int32 (n_orders,)
        Index into all arrays of the table.
    """
    # Any slowdown would do for those that nobody picks up; that of -1 keeps the bytes of older files.
    ridden_us = np.where(picked_up_us == NOT_YET, -1, picked_up_us)
    weather = np.searchsorted(finder.weather_us, ridden_us, side="right") - 1
    # A courier of NONE is -1, the last entry.
    number = finder.first_class[courier] + finder.slowdown[weather]
    rows: NDArray[np.int64] = number * finder.n_nodes + node
    return rows.astype(np.int32)
