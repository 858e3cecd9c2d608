"""Work in metres around a kitchen: projection, polygons, and cutting segments at polygons."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.units import EARTH_RADIUS_M

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Points = NDArray[np.float64]
    LatLon = Sequence[tuple[float, float]]

METRES_PER_DEGREE = EARTH_RADIUS_M * np.pi / 180


class Frame(NamedTuple):
    """Equirectangular projection around a point; its square of ±r is the bounding box that osmnx takes.

    Attributes
    ----------
    lat, lon
        Centre in decimal degrees.
    """

    lat: float
    lon: float

    def to_xy(self, places: LatLon) -> Points:
        """Project (lat, lon) pairs to metres east and north of the centre, float64 (n, 2)."""
        degrees = np.asarray(places, np.float64).reshape(-1, 2)
        x = (degrees[:, 1] - self.lon) * METRES_PER_DEGREE * np.cos(np.radians(self.lat))
        y = (degrees[:, 0] - self.lat) * METRES_PER_DEGREE
        return np.round(np.column_stack([x, y]), 2)

    def to_e6(self, xy: Points) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Turn metres into whole microdegrees of latitude and longitude."""
        lat = self.lat + xy[:, 1] / METRES_PER_DEGREE
        lon = self.lon + xy[:, 0] / (METRES_PER_DEGREE * np.cos(np.radians(self.lat)))
        return np.rint(lat * 1e6).astype(np.int64), np.rint(lon * 1e6).astype(np.int64)


def rotation(bearing: float) -> Points:
    """Make the matrix that takes local (across, along) rows to (x, y), along pointing to the bearing."""
    angle = np.radians(bearing)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def smooth(xy: Points, step_m: float = 120.0) -> Points:
    """Draw a Catmull-Rom curve through points, with a vertex about every step."""
    if len(xy) < 3:  # noqa: PLR2004
        return xy
    padded = np.vstack([2 * xy[0] - xy[1], xy, 2 * xy[-1] - xy[-2]])
    pieces = [xy[:1]]
    for p0, p1, p2, p3 in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        n = max(1, int(np.hypot(*(p2 - p1)) // step_m))
        t = (np.arange(1, n + 1) / n)[:, None]
        pieces.append(
            0.5
            * (
                2 * p1
                + (p2 - p0) * t
                + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
                + (3 * p1 - p0 - 3 * p2 + p3) * t**3
            )
        )
    return np.asarray(np.round(np.vstack(pieces), 2), np.float64)


def inside(polygon: Points, xy: Points) -> NDArray[np.bool_]:
    """Tell which points lie in a polygon (even-odd rule), bool (n,)."""
    result = np.zeros(len(xy), bool)
    (x_lo, y_lo), (x_hi, y_hi) = polygon.min(axis=0), polygon.max(axis=0)
    near = np.flatnonzero((xy[:, 0] >= x_lo) & (xy[:, 0] <= x_hi) & (xy[:, 1] >= y_lo) & (xy[:, 1] <= y_hi))
    x, y = xy[near, 0, None], xy[near, 1, None]
    p, q = polygon, np.roll(polygon, -1, axis=0)
    rise = np.where(q[:, 1] == p[:, 1], 1.0, q[:, 1] - p[:, 1])
    spans = (p[:, 1] > y) != (q[:, 1] > y)
    at = (q[:, 0] - p[:, 0]) * (y - p[:, 1]) / rise + p[:, 0]
    result[near] = ((spans & (x < at)).sum(axis=1) % 2).astype(bool)
    return result


def corridor(line: Points, half_width_m: float) -> Points:
    """Make the polygon within some distance of a gently bending line."""
    step = np.diff(line, axis=0)
    normal = np.column_stack([-step[:, 1], step[:, 0]]) / np.hypot(step[:, 0], step[:, 1])[:, None]
    joint = np.vstack([normal[:1], normal[:-1] + normal[1:], normal[-1:]])
    joint /= np.maximum(np.hypot(joint[:, 0], joint[:, 1]), 0.3)[:, None]
    return np.vstack([line + joint * half_width_m, (line - joint * half_width_m)[::-1]])


def offset(line: Points, distance_m: float) -> Points:
    """Shift a line to its left by some distance."""
    half = corridor(line, distance_m)
    return np.round(half[: len(line)], 2)


def cut(
    a: Points, b: Points, where: NDArray[np.int64], t: Points
) -> tuple[Points, Points, NDArray[np.int64]]:
    """Cut segments at positions 0 < t < 1; returns the pieces and the segment each came from."""
    n = len(a)
    index = np.concatenate([np.arange(n), where])
    position = np.concatenate([np.zeros(n), t])
    order = np.lexsort((position, index))
    index, position = index[order], position[order]
    last = np.ones(len(index), bool)
    last[:-1] = index[1:] != index[:-1]
    after = np.where(last, 1.0, np.roll(position, -1))
    step = b[index] - a[index]
    start = np.where(position[:, None] == 0, a[index], np.round(a[index] + step * position[:, None], 2))
    end = np.where(after[:, None] == 1, b[index], np.round(a[index] + step * after[:, None], 2))
    real = (start != end).any(axis=1)
    return start[real], end[real], index[real]


def cut_at_polygon(a: Points, b: Points, polygon: Points) -> tuple[Points, Points, NDArray[np.int64]]:
    """Cut segments where they cross a polygon's border."""
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    near = np.flatnonzero(((np.maximum(a, b) >= low) & (np.minimum(a, b) <= high)).all(axis=1))
    p, r = a[near, None], (b - a)[near, None]
    q, s = polygon[None], (np.roll(polygon, -1, axis=0) - polygon)[None]
    cross = r[..., 0] * s[..., 1] - r[..., 1] * s[..., 0]
    gap = q - p
    safe = np.where(cross == 0, 1.0, cross)
    t = (gap[..., 0] * s[..., 1] - gap[..., 1] * s[..., 0]) / safe
    u = (gap[..., 0] * r[..., 1] - gap[..., 1] * r[..., 0]) / safe
    hit = (cross != 0) & (t > 0) & (t < 1) & (u >= 0) & (u < 1)
    which, _ = np.nonzero(hit)
    return cut(a, b, near[which], t[hit])
