"""Make what the map of a page is drawn from: streets, kitchens, and the orders of the days it can play."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastgen.errors import DataError
from fastgen.paths import check_input
from fastgen.reporting.courier_modes import MODES, find_modes
from fastgen.reporting.packing import pack
from fastgen.reporting.street_map import make_street_map
from fastgen.reporting.trips import Trips, choose_played
from fastgen.roads.network import find_network
from fastgen.roads.roads_file import decode_roads
from fastgen.units import E6

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.dataset.manifest_entries import Network
    from fastgen.model.location import Location
    from fastgen.model.road_graph import RoadGraph
    from fastgen.reporting.street_map import StreetMap
    from fastgen.reporting.survey import Survey

# A page stays small: most points of all locations, about 6 bytes each; the busiest locations come first.
POINTS_MAX = 200_000
# Positions are whole steps of this part of the longer side: about 0.8 m of the usual square.
STEPS = 2**14 - 1
# Length of a microdegree of latitude.
M_PER_E6 = 40_030_173.6 / 360 / E6
TURN_E6 = 360 * E6


def make_map(survey: Survey, roads: str | Path | None = None) -> dict[str, Any]:
    """Make the data of the map, as `assets/map.js` reads them.

    Parameters
    ----------
    survey
        The dataset.
    roads
        Folder of the road networks that it was built with, if not the built-in ones. Where a network of that
        hash isn't found, the streets are those that drivers have used.

    Returns
    -------
    dict
        Ready for JSON, and the same for the same dataset: `days`, ISO dates of the days that can be played;
        `share` of their orders that is there; `left_out`, number of locations without a map; `modes`, how
        couriers move ("": not known); `locations`, each of `make_location`, in the manifest's order.
    """
    folder = None if roads is None else check_input(roads, "roads")
    tally, axes = survey.tally, survey.tally.axes
    played = choose_played(tally.orders.sum(axis=0))
    days = np.flatnonzero(played.days)
    by_id = {location.location_id: location for location in survey.scenario.locations}
    found, modes = np.unique(find_modes(survey), return_inverse=True)
    made: dict[int, dict[str, Any]] = {}
    n_points = 0
    for row in np.argsort(-tally.orders.sum(axis=1), kind="stable").tolist():
        network = survey.manifest.networks[row]
        streets = make_street_map(tally.customers[row], load_graph(network, folder))
        n_points += len(streets.lat_e6)
        if made and n_points > POINTS_MAX:
            break
        mine = tally.trips.location == row
        trips = Trips._make(column[mine] for column in tally.trips.columns())
        here = OrdersHere(tally.customers[row].orders, trips, modes[mine], days)
        made[row] = make_location(by_id[axes.location_ids[row]], network, streets, here)
    return {
        "days": [(axes.start + dt.timedelta(days=day)).isoformat() for day in days.tolist()],
        "share": played.share,
        "left_out": axes.n_locations - len(made),
        "modes": [MODES[mode] for mode in found.tolist()],
        "locations": [made[row] for row in sorted(made)],
    }


def attribute(network: Network) -> str:
    """Name whom the streets are from, as their licence asks for."""
    if network.synthetic:
        return "synthetic streets"
    if "OpenStreetMap" in f"{network.source} {network.licence}":
        return "© OpenStreetMap contributors"
    return network.licence or network.source


class OrdersHere(NamedTuple):
    """The orders of a location.

    Attributes
    ----------
    of_customer
        int64, orders of each customer.
    trips
        Those that can be played.
    modes
        int64, how the courier of each moves: place in `modes`.
    days
        int64, the days that can be played.
    """

    of_customer: NDArray[np.int64]
    trips: Trips
    modes: NDArray[np.int64]
    days: NDArray[np.int64]


def make_location(
    location: Location, network: Network, streets: StreetMap, orders: OrdersHere
) -> dict[str, Any]:
    """Make the map of one location.

    Returns
    -------
    dict
        `code`, `name`, `attribution`; `unit_m`, metres of a step; `width` and `height` in steps; `kitchen`,
        (x, y). Packed, a number a point: `x` (east), `y` (south), `parent`, `streets`, and `orders` that
        aren't among those that can be played; `trips`, how many of these go there; `shortest`, the seconds of
        the fastest drive. Packed otherwise: `street_ends`; and a number a trip, in the order of their points:
        `day` (place in `days`), `created`, `waited` until the driver left, `moved` from then to the end (for
        deliveries: seconds more than the fastest), each -1 if that isn't known; `cancelled`; and `mode`,
        place in `modes`.
    """
    lat_e6 = np.append(streets.lat_e6, round(location.lat * E6))
    # Around the kitchen, so that a square across the 180th degree stays whole.
    kitchen_e6 = round(location.lon * E6)
    east_e6 = (np.append(streets.lon_e6, kitchen_e6) - kitchen_e6 + TURN_E6 // 2) % TURN_E6
    # Rounded, so that the last bit of a machine's cosine decides nothing.
    squeeze = round(float(np.cos(np.radians(location.lat))), 9)
    east_m, south_m = east_e6 * squeeze * M_PER_E6, -lat_e6 * M_PER_E6
    east_m, south_m = east_m - east_m.min(), south_m - south_m.min()
    unit_m = round(max(float(east_m.max()), float(south_m.max()), 1.0) / STEPS, 6)
    x, y = np.round(east_m / unit_m).astype(np.int64), np.round(south_m / unit_m).astype(np.int64)
    return {
        "code": location.code,
        "name": location.name,
        "attribution": attribute(network),
        "unit_m": unit_m,
        "width": int(x.max()),
        "height": int(y.max()),
        "kitchen": [int(x[-1]), int(y[-1])],
        "x": pack(x[:-1]),
        "y": pack(y[:-1]),
        "parent": pack(streets.parent),
        "streets": pack(streets.streets),
        "street_ends": pack(streets.street_ends),
        **_pack_orders(streets, orders),
    }


def _pack_orders(streets: StreetMap, here: OrdersHere) -> dict[str, Any]:
    n_points, trips = len(streets.lat_e6), here.trips
    point = streets.customer_at[trips.customer]
    rank = np.lexsort((trips.created_s, trips.day, point))
    picked_up, ended = trips.picked_up_s.astype(np.int64), trips.ended_s.astype(np.int64)
    moved = np.where(ended >= 0, ended - np.maximum(picked_up, 0), -1)
    # A drive to the same door takes as long each time, give or take a second: its difference is short.
    delivered = (picked_up >= 0) & (ended >= 0) & ~trips.is_cancelled
    shortest = np.full(n_points, np.iinfo(np.int64).max)
    np.minimum.at(shortest, point[delivered], moved[delivered])
    shortest[shortest == np.iinfo(np.int64).max] = 0
    moved[delivered] -= shortest[point[delivered]]
    n_trips = np.bincount(point, minlength=n_points)
    orders = np.bincount(streets.customer_at, here.of_customer, n_points).astype(np.int64)
    return {
        "orders": pack(orders - n_trips),
        "trips": pack(n_trips),
        "shortest": pack(shortest),
        "day": pack(np.searchsorted(here.days, trips.day)[rank]),
        "created": pack(trips.created_s[rank]),
        "waited": pack(picked_up[rank]),
        "moved": pack(moved[rank]),
        "cancelled": pack(trips.is_cancelled[rank].astype(np.int64)),
        "mode": pack(here.modes[rank]),
    }


def load_graph(network: Network, folder: Path | None) -> RoadGraph | None:
    """Load the network that a dataset was built with; None where it isn't at hand."""
    try:
        graph = decode_roads(*find_network(network.code, folder))
    except DataError:
        return None
    return graph if graph.content_hash() == network.hash else None
