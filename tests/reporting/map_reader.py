"""Read the data of a map as `assets/map.js` does, by other means."""

from __future__ import annotations

import base64
import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

if TYPE_CHECKING:
    from fastgen.reporting.packing import Packed


def unpack(packed: Packed) -> list[int]:
    """Return the numbers: all bits as one integer, cut into equal pieces."""
    bits, whole = packed["bits"], int.from_bytes(base64.b64decode(packed["data"]), "little")
    return [packed["low"] + (whole >> i * bits) % 2**bits for i in range(packed["n"])]


class Trip(NamedTuple):
    """An order, in seconds of its day; -1: not known."""

    point: int
    day: int
    created: int
    picked_up: int
    ended: int
    is_cancelled: bool


class Place:
    """A location of the map."""

    def __init__(self, made: dict[str, Any]) -> None:
        self.made = made
        packed = {
            key: unpack(cast("Packed", value)) for key, value in made.items() if isinstance(value, dict)
        }
        self.x, self.y, self.parent = packed["x"], packed["y"], packed["parent"]
        self.trips_at, self.others = packed["trips"], packed["orders"]
        ends = iter(packed["street_ends"])
        self.quiet = [(a, next(ends)) for a, n in enumerate(packed["streets"]) for _ in range(n)]
        self.trips = [
            self._trip(packed, point, i)
            for i, point in enumerate(np.repeat(np.arange(len(self.x)), self.trips_at).tolist())
        ]

    @staticmethod
    def _trip(packed: dict[str, list[int]], point: int, i: int) -> Trip:
        created, waited, moved = (packed[key][i] for key in ("created", "waited", "moved"))
        is_cancelled = bool(packed["cancelled"][i])
        more = packed["shortest"][point] if waited >= 0 and not is_cancelled else 0
        picked_up = created + waited if waited >= 0 else -1
        ended = created + max(waited, 0) + moved + more if moved >= 0 else -1
        return Trip(point, packed["day"][i], created, picked_up, ended, is_cancelled)

    def way(self, point: int) -> list[int]:
        """Return the points from the kitchen to one of them."""
        back = [point]
        while self.parent[back[-1]] >= 0:
            back.append(self.parent[back[-1]])
        return back[::-1]

    def length(self, point: int) -> float:
        """Return the length of the way to a point, in steps."""
        way = [(self.x[i], self.y[i]) for i in self.way(point)]
        return sum(math.dist(*leg) for leg in pairwise(way))
