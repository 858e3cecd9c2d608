"""Tell which points lie in the delivery square of a kitchen, and how far roads are from the kitchen."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.errors import DataError
from fastgen.model.great_circle import compute_distances_m
from fastgen.units import E6, EARTH_RADIUS_M, M_PER_MILE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.model.road_graph import RoadGraph

# A kitchen farther than this from any road has a wrong position, or the network is of another place.
MAX_KITCHEN_M = 1000.0
NEARLY_M = 1050.0  # up to here, one decimal would read as 1.0 km
HALF_TURN = 180.0  # degrees


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
        # Longitudes are unwrapped around the kitchen, so west and east may lie beyond the 180th degree.
        half_lat = np.degrees((self.radius_m + margin_m) / EARTH_RADIUS_M)
        half_lon = half_lat / np.cos(np.radians(self.lat))
        south, north = self.lat - half_lat, self.lat + half_lat
        west, east = self.lon - half_lon, self.lon + half_lon
        lon = self._unwrap(lon)
        inside: NDArray[np.bool_] = (lat >= south) & (lat <= north) & (lon >= west) & (lon <= east)
        return inside

    def _unwrap(self, lon: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add or subtract a turn, so that longitudes beyond the 180th degree go on from the kitchen's."""
        turn = 2 * HALF_TURN
        unwrapped: NDArray[np.float64] = (
            lon - turn * (lon - self.lon > HALF_TURN) + turn * (lon - self.lon < -HALF_TURN)
        )
        return unwrapped

    def measure_segments_m(
        self,
        lat_1: NDArray[np.float64],
        lon_1: NDArray[np.float64],
        lat_2: NDArray[np.float64],
        lon_2: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Measure how far straight segments are from the kitchen, metres.

        Parameters
        ----------
        lat_1, lon_1, lat_2, lon_2
            (n,), the segments' ends, decimal degrees.
        """
        # The nearest point is found on the plane that touches the kitchen: within some kilometres, where
        # alone the distance decides anything, that is as good as the sphere.
        squeeze = np.cos(np.radians(self.lat))
        lon_1, lon_2 = self._unwrap(lon_1), self._unwrap(lon_2)
        x, y = (lon_1 - self.lon) * squeeze, lat_1 - self.lat
        dx, dy = (lon_2 - lon_1) * squeeze, lat_2 - lat_1
        length2 = dx * dx + dy * dy
        share = np.clip(-(x * dx + y * dy) / np.where(length2 > 0, length2, 1.0), 0.0, 1.0)
        lat, lon = lat_1 + share * (lat_2 - lat_1), lon_1 + share * (lon_2 - lon_1)
        # Far away the plane errs; but a segment is never farther than its nearer end.
        ends_m = [compute_distances_m(*end, self.lat, self.lon) for end in ((lat_1, lon_1), (lat_2, lon_2))]
        return np.minimum(compute_distances_m(lat, lon, self.lat, self.lon), np.minimum(*ends_m))

    def measure_roads_m(self, graph: RoadGraph) -> NDArray[np.float64]:
        """Measure how far the roads of a stored network are from the kitchen at least, metres, (n_edges,).

        The network knows a road's ends and length. A bent one comes nearer than the straight line, by at most
        as much as a line of that length can be pulled aside: half of sqrt(length^2 - straight line^2).
        """
        lat, lon = graph.lat_e6 / E6, graph.lon_e6 / E6
        tail, head = graph.edge_from(), graph.edge_to
        ends = lat[tail], lon[tail], lat[head], lon[head]
        bend_m2 = (graph.edge_length_mm / 1000.0) ** 2 - compute_distances_m(*ends) ** 2
        aside_m = np.sqrt(np.maximum(bend_m2, 0.0)) / 2
        reach_m: NDArray[np.float64] = np.maximum(self.measure_segments_m(*ends) - aside_m, 0.0)
        return np.round(reach_m, 3)  # so that a libm's last bit decides nothing

    def check_reach(self, dist_m: float, name: str) -> None:
        """Refuse a network whose nearest road is too far from the kitchen.

        Parameters
        ----------
        dist_m
            Distance of the nearest road, metres; infinite where there is none.
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
            digits = 1 if dist_m > NEARLY_M else 3
            raise DataError(
                f"{name}: expected a road within 1 km of {kitchen}, "
                f"got the nearest {dist_m / 1000:.{digits}f} km."
            )
