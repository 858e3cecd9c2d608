"""Work in metres around a kitchen: projection, polygons, and cutting segments at polygons.

Every machine must lay out the same streets, so nothing here leaves its last bit to libm, BLAS or the
processor: + - * / and the square root, which IEEE 754 fixes, one NumPy operation after the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.units import EARTH_RADIUS_M

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Points = NDArray[np.float64]
    LatLon = Sequence[tuple[float, float]]

SIDES_AT_ONCE = 12  # of a polygon, with which segments are compared in one step
METRES_PER_DEGREE = EARTH_RADIUS_M * np.pi / 180
TURN_HIGH, TURN_LOW = 6.28125, 2 * np.pi - 6.28125  # the former has few bits: products with a count are exact


def sine(angle: Points | float) -> Points:
    """Compute sines of angles in radians (error below 1e-14 for a few hundred turns)."""
    turns = np.rint(np.asarray(angle, np.float64) / (2 * np.pi))
    x = (angle - turns * TURN_HIGH) - turns * TURN_LOW
    x = np.where(x > np.pi / 2, np.pi - x, np.where(x < -np.pi / 2, -np.pi - x, x))
    total = np.zeros_like(x)
    for n in range(20, 1, -2):  # Taylor to degree 21
        total = (1.0 - total) * (x * x) / (n * (n + 1.0))
    return np.asarray(x * (1.0 - total), np.float64)


def cosine(angle: Points | float) -> Points:
    """Compute cosines of angles in radians."""
    return sine(np.pi / 2 - np.abs(angle))


def sizes(vectors: Points) -> Points:
    """Measure vectors (..., 2), float64 (...)."""
    x, y = vectors[..., 0], vectors[..., 1]
    return np.asarray(np.sqrt(x * x + y * y), np.float64)


def apply(matrix: Points, xy: Points) -> Points:
    """Multiply rows (n, 2) by a 2 x 2 matrix, from its left."""
    x, y = xy[:, 0], xy[:, 1]
    return np.column_stack([x * matrix[0, 0] + y * matrix[0, 1], x * matrix[1, 0] + y * matrix[1, 1]])


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
        x = (degrees[:, 1] - self.lon) * METRES_PER_DEGREE * cosine(np.radians(self.lat))
        y = (degrees[:, 0] - self.lat) * METRES_PER_DEGREE
        return np.asarray(np.round(np.column_stack([x, y]), 2), np.float64)

    def to_e6(self, xy: Points) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Turn metres into whole microdegrees of latitude and longitude."""
        lat = self.lat + xy[:, 1] / METRES_PER_DEGREE
        lon = self.lon + xy[:, 0] / (METRES_PER_DEGREE * cosine(np.radians(self.lat)))
        return np.rint(lat * 1e6).astype(np.int64), np.rint(lon * 1e6).astype(np.int64)


def rotation(bearing: float) -> Points:
    """Make the matrix that turns local (across, along) rows into (x, y), anticlockwise by degrees."""
    angle = np.radians(bearing)
    return np.array([[cosine(angle), -sine(angle)], [sine(angle), cosine(angle)]])


def smooth(xy: Points, step_m: float = 120.0) -> Points:
    """Draw a Catmull-Rom curve through points, with a vertex about every step."""
    if len(xy) < 3:  # noqa: PLR2004
        return xy
    padded = np.vstack([2 * xy[0] - xy[1], xy, 2 * xy[-1] - xy[-2]])
    pieces = [xy[:1]]
    for p0, p1, p2, p3 in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        n = max(1, int(sizes(p2 - p1) // step_m))
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
    near = near[np.argsort(xy[near, 1], kind="stable")]
    x, y = xy[near].T
    odd = np.zeros(len(near), bool)
    # Points lie in order of y: those whose ray to the east a side can cross are neighbours.
    for p, q in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if p[1] != q[1]:
            level = slice(*np.searchsorted(y, sorted((p[1], q[1]))))
            odd[level] ^= x[level] < (q[0] - p[0]) * (y[level] - p[1]) / (q[1] - p[1]) + p[0]
    result[near] = odd
    return result


def corridor(line: Points, half_width_m: float) -> Points:
    """Make the polygon within some distance of a gently bending line."""
    step = np.diff(line, axis=0)
    normal = np.column_stack([-step[:, 1], step[:, 0]]) / sizes(step)[:, None]
    joint = np.vstack([normal[:1], normal[:-1] + normal[1:], normal[-1:]])
    joint /= np.maximum(sizes(joint), 0.3)[:, None]
    return np.vstack([line + joint * half_width_m, (line - joint * half_width_m)[::-1]])


def offset(line: Points, distance_m: float) -> Points:
    """Shift a line to its left by some distance."""
    half = corridor(line, distance_m)
    return np.round(half[: len(line)], 2)


def cut(
    a: Points, b: Points, where: NDArray[np.int64], t: Points
) -> tuple[Points, Points, NDArray[np.int64]]:
    """Cut segments at positions 0 < t < 1; returns the pieces and the segment each came from."""
    order = np.lexsort((t, where))
    where, t = where[order], t[order]
    index = np.repeat(np.arange(len(a)), 1 + np.bincount(where, minlength=len(a)))
    start, end = a[index], b[index]
    # The k-th cut lies behind the k pieces that earlier cuts have added, and behind its own segment's first.
    behind = where + np.arange(1, len(where) + 1)
    at = np.round(a[where] + (b - a)[where] * t[:, None], 2)
    start[behind], end[behind - 1] = at, at
    real = (start != end).any(axis=1)
    return start[real], end[real], index[real]


def cut_at_polygon(a: Points, b: Points, polygon: Points) -> tuple[Points, Points, NDArray[np.int64]]:
    """Cut segments where they cross a polygon's border."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    where, at = [], []
    corners = np.vstack([polygon, polygon[:1]])
    # A long border is looked at a stretch at a time, since each stretch has few segments near it.
    for first in range(0, len(polygon), SIDES_AT_ONCE):
        border = corners[first : first + SIDES_AT_ONCE + 1]
        near = np.flatnonzero(((high >= border.min(axis=0)) & (low <= border.max(axis=0))).all(axis=1))
        p, r = a[near, None], (b[near] - a[near])[:, None]
        q, s = border[:-1], np.diff(border, axis=0)
        cross = r[..., 0] * s[..., 1] - r[..., 1] * s[..., 0]
        gap = q - p
        safe = np.where(cross == 0, 1.0, cross)
        t = (gap[..., 0] * s[..., 1] - gap[..., 1] * s[..., 0]) / safe
        u = (gap[..., 0] * r[..., 1] - gap[..., 1] * r[..., 0]) / safe
        hit = (cross != 0) & (t > 0) & (t < 1) & (u >= 0) & (u < 1)
        where.append(near[np.nonzero(hit)[0]])
        at.append(t[hit])
    return cut(a, b, np.concatenate(where), np.concatenate(at))


def close_pairs(xy: Points, radius_m: float) -> NDArray[np.int64]:
    """List the pairs of points within some distance of each other, int64 (n, 2), in order."""
    cell = np.floor(xy / radius_m).astype(np.int64)
    cell -= cell.min(axis=0, initial=0)
    n_columns = int(cell[:, 0].max(initial=0)) + 2
    key = cell[:, 1] * n_columns + cell[:, 0]
    order = np.argsort(key, kind="stable")
    key, found = key[order], []
    # Each point with those behind it in its own cell, and with all of four of the cells around.
    for step in (0, 1, n_columns - 1, n_columns, n_columns + 1):
        first = np.searchsorted(key, key + step) if step else np.arange(1, len(key) + 1)
        count = np.searchsorted(key, key + step, "right") - first
        mine = np.repeat(np.arange(len(key)), count)
        other = np.arange(len(mine)) - np.repeat(np.cumsum(count) - count, count) + first[mine]
        i, j = order[mine], order[other]
        near = sizes(xy[i] - xy[j]) <= radius_m
        found.append(np.column_stack([np.minimum(i, j)[near], np.maximum(i, j)[near]]))
    pairs = np.vstack(found)
    return np.asarray(pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))], np.int64)
