"""Collect streets as segments that remember their street."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from fastgen.roads.synthetic.plane import cut, cut_at_polygon, inside, sizes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.roads.synthetic.plane import Points

# Ranks: of two streets at one place the higher stays.
ALLEY, LOCAL, MAIN, ARTERIAL, RAMP, FREEWAY = range(6)


def along(street: Street, xy: Points) -> tuple[Street, Points, Points]:
    """Let a street run along points, for `Streets.of`."""
    return street, xy[:-1], xy[1:]


class Street(NamedTuple):
    """What a street's segments share.

    Attributes
    ----------
    name
        Its name, the same over the whole run.
    rank
        ALLEY to FREEWAY; of two streets at one place the higher stays.
    one_way
        Whether one drives only as the points run.
    over
        Whether it runs above or below the others: it crosses water, and meets other streets only where they
        share a vertex.
    bridge
        Whether it crosses water but meets other streets.
    district
        Streets of one district are laid to fit each other; -1 for the city's own.
    """

    name: str
    rank: int = LOCAL
    one_way: bool = False
    over: bool = False
    bridge: bool = False
    district: int = -1


@dataclass
class Streets:
    """Segments of streets.

    Attributes
    ----------
    table
        Streets.
    a, b
        float64 (n, 2), the segments' ends, metres.
    street
        int64 (n,), index into `table`.
    """

    table: list[Street] = field(default_factory=list)
    a: Points = field(default_factory=lambda: np.zeros((0, 2)))
    b: Points = field(default_factory=lambda: np.zeros((0, 2)))
    street: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    @classmethod
    def of(cls, parts: list[tuple[Street, Points, Points]]) -> Self:
        """Collect streets, each given with its segments' ends."""
        streets = cls([street for street, _, _ in parts])
        if parts:
            count = [len(a) for _, a, _ in parts]
            streets.a = np.asarray(np.vstack([a for _, a, _ in parts]).round(2), np.float64)
            streets.b = np.asarray(np.vstack([b for _, _, b in parts]).round(2), np.float64)
            streets.street = np.repeat(np.arange(len(parts)), count)
            # After rounding to centimetres, a shorter segment than a metre has no direction to rely on.
            streets.keep(sizes(streets.b - streets.a) > 1)
        return streets

    def extend(self, other: Self) -> None:
        """Add all streets of another collection."""
        self.a, self.b = np.vstack([self.a, other.a]), np.vstack([self.b, other.b])
        self.street = np.concatenate([self.street, other.street + len(self.table)])
        self.table.extend(other.table)

    def column(self, name: str) -> NDArray[np.int64]:
        """Look up an attribute of every segment's street, as integers (n,)."""
        return np.array([int(getattr(s, name)) for s in self.table], np.int64)[self.street]

    def keep(self, mask: NDArray[np.bool_]) -> None:
        """Drop the segments outside a mask."""
        self.a, self.b, self.street = self.a[mask], self.b[mask], self.street[mask]

    def clip(self, polygon: Points, *, to_inside: bool, exempt: NDArray[np.bool_] | None = None) -> None:
        """Keep what lies inside (or outside) a polygon; exempt streets (by table) stay whole."""
        far = self._is_far(polygon)
        if far.all() and not to_inside:
            return
        free, far = self._exempt_first(exempt, far)
        near = np.flatnonzero(~(far | free))
        a, b, parent = cut_at_polygon(self.a[near], self.b[near], polygon)
        good = inside(polygon, (a + b) / 2) == to_inside
        # Segments far away stay or go as they are: only those near the polygon are cut, into as many pieces.
        n_pieces = (free | (far & (not to_inside))).astype(np.int64)
        n_pieces[near] = np.bincount(parent[good], minlength=len(near))
        index = np.repeat(np.arange(len(free)), n_pieces)
        self.a, self.b, self.street = self.a[index], self.b[index], self.street[index]
        pieces = ~(far | free)[index]
        self.a[pieces], self.b[pieces] = a[good], b[good]

    def clip_out(self, polygons: list[Points], exempt: NDArray[np.bool_]) -> None:
        """Keep what lies outside several polygons; exempt streets (by table) stay whole."""
        near = np.zeros(len(self.a), bool)
        for polygon in polygons:
            near |= ~self._is_far(polygon)
        if not near.any():
            return
        free, near = self._exempt_first(exempt, near)
        # Only the segments near a polygon are copied for each of them, not all of the city's.
        chosen = np.flatnonzero(near & ~free)
        part = Streets([], self.a[chosen], self.b[chosen], np.arange(len(chosen)))
        for polygon in polygons:
            part.clip(polygon, to_inside=False)
        n_pieces = np.ones(len(near), np.int64)
        n_pieces[chosen] = np.bincount(part.street, minlength=len(chosen))
        index = np.repeat(np.arange(len(near)), n_pieces)
        self.a, self.b, self.street = self.a[index], self.b[index], self.street[index]
        pieces = (near & ~free)[index]
        self.a[pieces], self.b[pieces] = part.a, part.b

    def _is_far(self, polygon: Points) -> NDArray[np.bool_]:
        """Find the segments on one side of a polygon's bounding box, bool (n,)."""
        far = np.zeros(len(self.a), bool)
        # Axis by axis: comparing rows takes seven times as long, and a large grid has a thousand parks.
        for a, b, border in zip(self.a.T, self.b.T, polygon.T, strict=True):
            low, high = border.min(), border.max()
            far |= ((a < low) & (b < low)) | ((a > high) & (b > high))
        return far

    def _exempt_first(
        self, exempt: NDArray[np.bool_] | None, mask: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Put exempt segments first, as the built-in networks need it; return which, and a mask in order."""
        free = np.zeros(len(self.a), bool) if exempt is None else exempt[self.street]
        if (free[1:] > free[:-1]).any():
            order = np.argsort(~free, kind="stable")
            self.a, self.b, self.street = self.a[order], self.b[order], self.street[order]
            free, mask = free[order], mask[order]
        return free, mask

    def clip_to_any(self, polygons: list[Points], exempt: NDArray[np.bool_]) -> None:
        """Keep what lies inside one of several polygons; exempt streets (by table) stay whole."""
        for polygon in polygons:
            self.a, self.b, parent = cut_at_polygon(self.a, self.b, polygon)
            self.street = self.street[parent]
        middle = (self.a + self.b) / 2
        self.keep(exempt[self.street] | np.any([inside(p, middle) for p in polygons], axis=0))

    def chop(self, max_m: float) -> None:
        """Divide segments longer than a limit into equal pieces."""
        n = np.ceil(sizes(self.b - self.a) / max_m).astype(np.int64)
        n = np.maximum(n, 1)
        where = np.repeat(np.arange(len(n)), n - 1)
        first = np.repeat(np.cumsum(n - 1) - (n - 1), n - 1)
        t = (np.arange(len(where)) - first + 1) / n[where]
        self.a, self.b, parent = cut(self.a, self.b, where, t)
        self.street = self.street[parent]
