"""Keep the places of a stream: their streets, the ways of their drivers, and how long orders take there."""

from __future__ import annotations

import statistics
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.reporting.packing import pack
from fastgen.watching.ways import Ways

if TYPE_CHECKING:
    from collections.abc import Sequence

# Of the usual drivers, until a delivery has shown how fast they are here.
SPEED_MPS = 8.0
# Weight of a delivery in the mean of the speed; the median of a place is over so many orders.
_LEARNED, _N_RECENT = 0.1, 200


@dataclass(frozen=True)
class Known:
    """What is known of a place before the stream says anything.

    Attributes
    ----------
    name
        Its name.
    kitchen
        Where its kitchen is, microdegrees; None: where the first driver leaves.
    attribution
        Whom its streets are from.
    points
        Crossings, microdegrees.
    streets
        The two ends of each street, places in `points`.
    """

    name: str
    kitchen: tuple[int, int] | None = None
    attribution: str = "streets as far as drivers have been there"
    points: Sequence[tuple[int, int]] = ()
    streets: Sequence[tuple[int, int]] = ()


@dataclass
class Place:
    """A place of the stream.

    Attributes
    ----------
    known
        What was known beforehand.
    kitchen
        Where its kitchen is, microdegrees.
    ways
        Its points.
    n_told
        How many points the last message has told of.
    picked_up
        Points to which drivers have left since the last message.
    created, delivered, cancelled
        Number of orders.
    waited_s
        How long the last orders took from their creation to their delivery.
    speed_mps
        How fast drivers are.
    """

    known: Known
    kitchen: tuple[int, int] | None = None
    ways: Ways = field(default_factory=Ways)
    n_told: int = 0
    picked_up: list[int] = field(default_factory=list)
    created: int = 0
    delivered: int = 0
    cancelled: int = 0
    waited_s: deque[float] = field(default_factory=lambda: deque(maxlen=_N_RECENT))
    speed_mps: float = SPEED_MPS

    @classmethod
    def of(cls, known: Known) -> Place:
        """Make a place that no event has come from."""
        return cls(known, known.kitchen, Ways(known.points), len(known.points))

    def leave(self, way: Sequence[tuple[int, int]]) -> int:
        """Add the way of a driver who leaves; return its end, -1 if it isn't kept."""
        end = self.ways.add(way)
        if end >= 0:
            self.picked_up.append(end)
            self.kitchen = self.kitchen or way[0]
        return end

    def learn_speed(self, point: int, drive_s: float) -> None:
        """Take the time of a drive into account."""
        far_m = self.ways.far_m[point]
        if far_m > 0 and drive_s > 0:
            self.speed_mps += _LEARNED * (far_m / drive_s - self.speed_mps)

    def drive_s(self, point: int) -> float:
        """Estimate how long a drive takes."""
        return self.ways.far_m[point] / self.speed_mps

    def median_s(self) -> float | None:
        """Median of the last orders' times; None: there are none."""
        return statistics.median(self.waited_s) if self.waited_s else None

    def describe(self) -> dict[str, Any]:
        """Tell all that doesn't change, and all that a reader who comes later has missed."""
        ends = np.array(self.known.streets, np.int64).reshape(-1, 2)
        return {
            "name": self.known.name,
            "streets": [pack(ends[:, 0]), pack(ends[:, 1])],
            "orders": pack(np.array(self.ways.orders[: self.n_told], np.int64)),
            **self.tell(0),
        }

    def tell(self, first: int) -> dict[str, Any]:
        """Tell the points from `first` to the last one of which a message has told."""
        points = np.array(self.ways.points[first : self.n_told], np.int64).reshape(-1, 3)
        names = ("lat", "lon", "parent")
        return {
            "attribution": self.known.attribution,
            "kitchen": self.kitchen,
            **{name: pack(points[:, k]) for k, name in enumerate(names)},
        }
