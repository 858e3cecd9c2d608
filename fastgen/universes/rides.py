"""Load the rides of a site: lengths for the engine, and routes for the events."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fastgen.inputs.scenario_file import load_scenario
from fastgen.model.route_table import RouteRequest, RouteTable
from fastgen.roads.cache import default_cache_dir, load_route_table
from fastgen.roads.network import find_network
from fastgen.templates.arrays import PACES
from fastgen.units import M_PER_MILE, US_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from fastgen.model.site_template import Site

_S_PER_H = 3600


class SiteRides(NamedTuple):
    """The rides of a site.

    Attributes
    ----------
    out_mm, back_mm
        int64 (n_nodes,), length of the rides from the kitchen to every node and back, millimetres.
    table
        Routes, a row a node.
    """

    out_mm: NDArray[np.int64]
    back_mm: NDArray[np.int64]
    table: RouteTable


def load_rides(site: Site, roads: Path | None, announce: Callable[[str], None]) -> SiteRides:
    """Load the rides of a site; routes come from the cache, or are computed once.

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
        If the network is missing or can't be read, or has no road near the site.
    """
    data, name = find_network(site.info.name, roads)
    usual = load_scenario(None)
    request = RouteRequest(
        lat=site.info.latitude,
        lon=site.info.longitude,
        radius_mi=site.radius_mi,
        speed_mph=speed_mph(site),
        ping_interval_s=usual.driver.ping_interval_s,
        ping_position=usual.driver.ping_position,
        street=usual.delivery.address_street,
    )
    table = load_route_table(data, name, request, default_cache_dir(), announce)
    return SiteRides(table.dist_mm, table.dist_mm, table)


def speed_mph(site: Site) -> float:
    """Return the speed of a site's couriers, miles an hour."""
    return _S_PER_H * US_PER_S / (PACES[site.couriers.mode] * M_PER_MILE * 1000)
