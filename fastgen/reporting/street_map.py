"""Make the streets of a location's map: the ways to its customers as a tree, and the other streets."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.reporting.customers import make_keys
from fastgen.reporting.kernels.grow_ways import grow_ways
from fastgen.units import E6

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.model.road_graph import RoadGraph
    from fastgen.reporting.customers import Customers, Routes

# Makes one number of a latitude and a longitude in microdegrees.
_SPAN = 2**32


class StreetMap(NamedTuple):
    """The n points of a location, and its streets.

    A crossing to which two ways lead, one of which ignores one-way rules, is two points at one position.

    Attributes
    ----------
    lat_e6, lon_e6
        int64 (n,), microdegrees.
    parent
        int64 (n,), the point before on the way from the kitchen, always a lower number; -1: it begins here,
        or no driver comes here.
    streets
        int64 (n,), how many streets lead from the point to others of a higher number, but for those that are
        on a way.
    street_ends
        int64, the other ends of those streets, ordered by both ends.
    customer_at
        int64, the point of each customer.
    """

    lat_e6: NDArray[np.int64]
    lon_e6: NDArray[np.int64]
    parent: NDArray[np.int64]
    streets: NDArray[np.int64]
    street_ends: NDArray[np.int64]
    customer_at: NDArray[np.int64]


def make_street_map(customers: Customers, graph: RoadGraph | None) -> StreetMap:
    """Make the streets of a location.

    Parameters
    ----------
    customers
        Its customers, and the ways to them.
    graph
        Its road network; None: only the streets on which drivers have been are known.
    """
    lat, lon, parent, at = _join_ways(customers.routes)
    if graph is not None:
        lat, lon = _add_places(lat, lon, graph.lat_e6.astype(np.int64), graph.lon_e6.astype(np.int64))
    at = _place_others(customers, lat, lon, at)
    new = np.flatnonzero(at < 0)
    at[new] = len(lat) + np.arange(len(new))
    lat = np.concatenate([lat, np.round(customers.lat[new].astype(np.float64) * E6).astype(np.int64)])
    lon = np.concatenate([lon, np.round(customers.lon[new].astype(np.float64) * E6).astype(np.int64)])
    parent = np.concatenate([parent, np.full(len(lat) - len(parent), -1)])
    tail, head = _other_streets(lat, lon, parent, graph)
    return StreetMap(lat, lon, parent, np.bincount(tail, minlength=len(lat)), head, at)


def _join_ways(routes: Routes) -> tuple[NDArray[np.int64], ...]:
    """Join the ways into a tree: latitude, longitude and parent of its points, and the end of each way."""
    n_points, n_ways = int(routes.start[-1]), len(routes.start) - 1
    first_child, next_child, parent, source = np.empty((4, n_points + 1), np.int64)
    end = np.empty(n_ways, np.int64)
    # Vertex 0 stands before all ways, and is no point.
    n = grow_ways(routes.start, routes.lat_e6, routes.lon_e6, first_child, next_child, parent, source, end)
    lat, lon = (values[source[1:n]].astype(np.int64) for values in (routes.lat_e6, routes.lon_e6))
    return lat, lon, parent[1:n] - 1, end - 1


def _places(lat: NDArray[np.int64], lon: NDArray[np.int64]) -> NDArray[np.int64]:
    return lat * _SPAN + lon


def _add_places(
    lat: NDArray[np.int64], lon: NDArray[np.int64], more_lat: NDArray[np.int64], more_lon: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Append the positions that aren't there yet."""
    _, first = np.unique(_places(more_lat, more_lon), return_index=True)
    new = first[~np.isin(_places(more_lat[first], more_lon[first]), _places(lat, lon))]
    return np.concatenate([lat, more_lat[new]]), np.concatenate([lon, more_lon[new]])


def _place_others(
    customers: Customers, lat: NDArray[np.int64], lon: NDArray[np.int64], at: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Find the customers to whom no driver has gone among the points, by their position in the events."""
    key = make_keys((lat / E6).astype(np.float32), (lon / E6).astype(np.float32))
    known, first = np.unique(key, return_index=True)
    if len(known):
        row = np.minimum(np.searchsorted(known, customers.key), len(known) - 1)
        found = (at < 0) & (known[row] == customers.key)
        at[found] = first[row[found]]
    return at


def _other_streets(
    lat: NDArray[np.int64], lon: NDArray[np.int64], parent: NDArray[np.int64], graph: RoadGraph | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List the two ends of the streets on which no driver has been, ordered by both."""
    none = np.zeros(0, np.int64)
    if graph is None:
        return none, none
    place, first, which = np.unique(_places(lat, lon), return_index=True, return_inverse=True)
    of_point = first[which]
    of_node = first[
        np.searchsorted(place, _places(graph.lat_e6.astype(np.int64), graph.lon_e6.astype(np.int64)))
    ]
    on_way = np.flatnonzero(parent >= 0)
    ways = _streets(of_point[on_way], of_point[parent[on_way]], len(lat))
    streets = _streets(of_node[graph.edge_from()], of_node[graph.edge_to], len(lat))
    others = np.setdiff1d(streets, ways)
    return others // len(lat), others % len(lat)


def _streets(tail: NDArray[np.int64], head: NDArray[np.int64], n_points: int) -> NDArray[np.int64]:
    """Make one number of the two ends of each street, the lower end first, for those with a length."""
    streets: NDArray[np.int64] = (np.minimum(tail, head) * n_points + np.maximum(tail, head))[tail != head]
    return streets
