"""Cut a road network to the delivery square of a kitchen, and to the part that the kitchen can reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.errors import DataError
from fastgen.model.road_graph import RoadGraph
from fastgen.units import EARTH_RADIUS_M, M_PER_MILE

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_KITCHEN_M = 1000.0


class Area(NamedTuple):
    """The delivery square of a kitchen.

    Attributes
    ----------
    lat, lon
        The kitchen, decimal degrees.
    radius_mi
        Half the side of the square, miles.
    """

    lat: float
    lon: float
    radius_mi: float

    @property
    def radius_m(self) -> float:
        """Half the side of the square, metres."""
        return self.radius_mi * M_PER_MILE

    def contains(
        self, lat: NDArray[np.float64], lon: NDArray[np.float64], margin_m: float = 0.0
    ) -> NDArray[np.bool_]:
        """Say which points lie in the square, its border included.

        The square is osmnx's (`utils_geo.bbox_from_point`): degrees of longitude as long as they are at the
        kitchen's latitude.

        Parameters
        ----------
        lat, lon
            (n,), decimal degrees.
        margin_m
            How much farther out, metres.
        """
        half_lat = np.degrees((self.radius_m + margin_m) / EARTH_RADIUS_M)
        half_lon = half_lat / np.cos(np.radians(self.lat))
        south, north = self.lat - half_lat, self.lat + half_lat
        west, east = self.lon - half_lon, self.lon + half_lon
        inside: NDArray[np.bool_] = (lat >= south) & (lat <= north) & (lon >= west) & (lon <= east)
        return inside

    def check_reach(self, dist_m: float, name: str) -> None:
        """Refuse a network whose nearest road is too far from the kitchen.

        Parameters
        ----------
        dist_m
            Distance of the nearest node, metres; infinite where there is none.
        name
            What to call the network in the error.

        Raises
        ------
        DataError
            If it is more than 1 km away.
        """
        kitchen = f"the kitchen at {self.lat:.6f}, {self.lon:.6f}"
        if not np.isfinite(dist_m):
            raise DataError(f"{name}: expected drivable roads around {kitchen}, got none.")
        if dist_m > MAX_KITCHEN_M:
            raise DataError(
                f"{name}: expected a road within 1 km of {kitchen}, got the nearest {dist_m / 1000:.1f} km."
            )


def compute_distances_m(
    lat_1: NDArray[np.float64],
    lon_1: NDArray[np.float64],
    lat_2: NDArray[np.float64] | float,
    lon_2: NDArray[np.float64] | float,
) -> NDArray[np.float64]:
    """Compute great-circle distances in metres between points in degrees (haversine, osmnx's sphere)."""
    y_1, y_2 = np.radians(lat_1), np.radians(lat_2)
    half_y, half_x = (y_2 - y_1) / 2, np.radians(lon_2 - lon_1) / 2
    h = np.sin(half_y) ** 2 + np.cos(y_1) * np.cos(y_2) * np.sin(half_x) ** 2
    distances: NDArray[np.float64] = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(h, 1)))
    return distances


def keep_component(graph: RoadGraph, area: Area, name: str) -> RoadGraph:
    """Keep the part of a network that is connected, one-way rules aside, with the kitchen's nearest node.

    Parameters
    ----------
    graph
        The network inside the square.
    area
        The kitchen and its square.
    name
        What to call the network in an error.

    Raises
    ------
    DataError
        If the network has no roads, or none within 1 km of the kitchen.
    """
    node, dist_m = graph.nearest_node(area.lat, area.lon) if graph.n_nodes else (-1, float("inf"))
    area.check_reach(dist_m, name)
    tail, head = graph.edge_from(), graph.edge_to
    reached = np.zeros(graph.n_nodes, bool)
    reached[node] = True
    n_before = 0
    while (n_reached := int(reached.sum())) > n_before:
        n_before = n_reached
        reached[head[reached[tail]]] = True
        reached[tail[reached[head]]] = True
    kept = reached[tail]
    return RoadGraph.from_edges(
        graph.lat_e6,
        graph.lon_e6,
        tail[kept],
        head[kept],
        graph.edge_length_mm[kept],
        graph.edge_street[kept],
        graph.street_names,
        graph.provenance,
    )
