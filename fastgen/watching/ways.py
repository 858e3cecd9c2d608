"""Grow the ways from a kitchen to its customers into one tree, as orders are picked up."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from fastgen.units import E6

if TYPE_CHECKING:
    from collections.abc import Sequence

# Most points of a place that are kept; those of the largest built-in network and all ways in it are fewer.
POINTS_MAX = 100_000
# Length of a microdegree of latitude.
M_PER_E6 = 40_030_173.6 / 360 / E6


class Point(NamedTuple):
    """A point in microdegrees, and the one before it on the way from the kitchen, -1: there is none."""

    lat_e6: int
    lon_e6: int
    parent: int


class Ways:
    """The points of a place; a point never changes, and its parent has a lower number.

    Attributes
    ----------
    points
        The points.
    far_m
        Metres from the kitchen to each, along its way.
    orders
        How many drivers have gone to each.

    Parameters
    ----------
    points
        Points that are known beforehand, each without a way.
    """

    def __init__(self, points: Sequence[tuple[int, int]] = ()) -> None:
        self.points = [Point(lat, lon, -1) for lat, lon in points]
        self.far_m = [0.0] * len(self.points)
        self.orders = [0] * len(self.points)
        # The point to which the last way to a position leads, or the one that stands there.
        self._at = {(lat, lon): i for i, (lat, lon, _) in enumerate(self.points)}
        self._next: dict[Point, int] = {}

    @property
    def has_room(self) -> bool:
        """Whether more points are taken."""
        return len(self.points) < POINTS_MAX

    def find(self, position: tuple[int, int]) -> int:
        """Find the point of a customer, and make it if there is none; -1: there is no room."""
        found = self._at.get(position, -1)
        if found < 0 and self.has_room:
            found = self._add(Point(*position, -1), 0.0)
            self._at[position] = found
        return found

    def add(self, way: Sequence[tuple[int, int]]) -> int:
        """Add a way; two ways share their points as long as all before are the same.

        Returns
        -------
        int
            Its last point; -1: there is no room for it.
        """
        if not way or len(self.points) + len(way) > POINTS_MAX:
            return -1
        at = -1
        for lat, lon in way:
            point = Point(lat, lon, at)
            found = self._next.get(point, -1)
            if found < 0:
                found = self._add(point, 0.0 if at < 0 else self.far_m[at] + self._length_m(at, lat, lon))
                self._next[point] = found
            at = found
        self._at[way[-1]] = at
        self.orders[at] += 1
        return at

    def _add(self, point: Point, far_m: float) -> int:
        self.points.append(point)
        self.far_m.append(far_m)
        self.orders.append(0)
        return len(self.points) - 1

    def _length_m(self, at: int, lat: int, lon: int) -> float:
        """Measure a street in the plane: it is short."""
        here = self.points[at]
        east = (lon - here.lon_e6) * math.cos(math.radians(lat / E6))
        return math.hypot(lat - here.lat_e6, east) * M_PER_E6
