"""Find the customers of a location, from the roads that its dataset was built with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.errors import DataError
from fastgen.model.route_table import RouteRequest
from fastgen.reporting.customers import make_keys
from fastgen.reporting.expected import Reachable
from fastgen.roads.cache import default_cache_dir, load_route_table
from fastgen.roads.network import find_network
from fastgen.units import US_PER_S

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.model.location import Location
    from fastgen.model.scenario import Scenario


def find_reachable(
    scenario: Scenario, location: Location, network_hash: str, roads: Path | None
) -> Reachable | None:
    """Find the customers of a location.

    Parameters
    ----------
    scenario, location
        The location, and the rules of its drives.
    network_hash
        Content hash of its road network, as the manifest states it.
    roads
        Folder of road networks, or None: the built-in ones.

    Returns
    -------
    Reachable or None
        None where that network is not at hand.
    """
    driver, delivery = scenario.driver_of(location), scenario.delivery_of(location)
    request = RouteRequest(
        lat=location.lat,
        lon=location.lon,
        radius_mi=delivery.radius_mi,
        speed_mph=driver.speed_mph,
        ping_interval_s=driver.ping_interval_s,
        ping_position=driver.ping_position,
        street=delivery.address_street,
    )
    try:
        data, name = find_network(location.code, roads)
        # The build has said what is to be known of the network.
        table = load_route_table(data, name, request, default_cache_dir(), lambda _: None)
    except DataError:
        return None
    if table.network_hash != network_hash:
        return None
    key = make_keys(table.lat, table.lon)
    rank = np.argsort(key, kind="stable")
    return Reachable(key[rank], table.dist_mm[rank] / 1000.0, table.drive_us[rank] / US_PER_S)
