"""Lay freeways: two carriageways, and ramps to the arterials they pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.roads.synthetic.plane import offset, sizes, smooth
from fastgen.roads.synthetic.streets import ARTERIAL, FREEWAY, MAIN, RAMP, Street, Streets, along

if TYPE_CHECKING:
    from fastgen.roads.synthetic.plan import Freeway
    from fastgen.roads.synthetic.plane import Frame, Points

HALF_WIDTH_M = 16.0  # from the freeway's middle to each carriageway's
RAMP_M = 260.0  # along the carriageway, from where a ramp leaves it to the junction beside it
SIDE_M = (30.0, 170.0)  # how near, and how far, beside a carriageway a ramp's junction may lie
MAX_AWAY_M = 420.0  # from a planned exit to the junction that stands for it


def carriageways(freeway: Freeway, frame: Frame) -> list[Points]:
    """Lay out the two carriageways, each in the direction of driving (on the right)."""
    centre = smooth(frame.to_xy(freeway.points))
    return [offset(centre, -HALF_WIDTH_M), offset(centre, HALF_WIDTH_M)[::-1]]


def lay_freeway(freeway: Freeway, frame: Frame) -> Streets:
    """Lay a freeway without its ramps."""
    street = Street(freeway.name, FREEWAY, one_way=True, over=True)
    return Streets.of([along(street, line) for line in carriageways(freeway, frame)])


def _left_of(line: Points, points: Points) -> tuple[Points, Points]:
    """Signed distance of points to the left of a line, and how far along it their feet lie."""
    step = np.diff(line, axis=0)
    size = sizes(step)
    unit = step / size[:, None]
    gap = points[:, None] - line[None, :-1]
    t = np.clip((gap * unit).sum(axis=2), 0, size)
    away = sizes(gap - t[..., None] * unit)
    k = np.argmin(away, axis=1)
    rows = np.arange(len(points))
    side = np.sign(unit[k, 0] * gap[rows, k, 1] - unit[k, 1] * gap[rows, k, 0])
    start = np.concatenate([[0.0], np.cumsum(size)[:-1]])
    return side * away[rows, k], start[k] + t[rows, k]


def add_ramps(streets: Streets, freeway: Freeway, frame: Frame) -> None:
    """Connect a freeway's carriageways with an arterial at each exit.

    Both ends of a ramp are vertices that are there already, so this comes after all that moves vertices.
    """
    exits = frame.to_xy(freeway.exits)
    arterial = np.isin(streets.column("rank"), (MAIN, ARTERIAL)) & (streets.column("over") == 0)
    ground = np.unique(np.vstack([streets.a[arterial], streets.b[arterial]]), axis=0)
    for line in carriageways(freeway, frame):
        mine = np.array([s.name == freeway.name and s.rank == FREEWAY for s in streets.table])[streets.street]
        vertices = np.unique(np.vstack([streets.a[mine], streets.b[mine]]), axis=0)
        left, reach = _left_of(line, vertices)
        on_line = np.abs(left) < 1
        vertices, reach = vertices[on_line], reach[on_line]
        for place in exits:
            near = ground[sizes(ground - place) < MAX_AWAY_M]
            if not len(near) or not len(vertices):
                continue
            left, at = _left_of(line, near)
            beside = np.flatnonzero((np.abs(left) > SIDE_M[0]) & (np.abs(left) < SIDE_M[1]))
            if not len(beside):
                continue
            # Rather on the right; a ramp from the left passes under the freeway.
            cost = sizes(near - place) + np.where(left > 0, 200.0, 0.0)
            best = beside[np.argmin(cost[beside])]
            _ramps(streets, near[best], float(at[best]), vertices=vertices, along_m=reach, name=freeway.name)


def _ramps(
    streets: Streets, ground: Points, at_m: float, *, vertices: Points, along_m: Points, name: str
) -> None:
    for ahead in (-1, 1):
        wanted = at_m + ahead * RAMP_M
        k = int(np.argmin(np.abs(along_m - wanted)))
        if abs(along_m[k] - wanted) > RAMP_M / 2:
            continue
        ends = (vertices[k], ground) if ahead < 0 else (ground, vertices[k])
        ramp = Street(f"{name} Ramp", RAMP, one_way=True, over=True)
        streets.extend(Streets.of([along(ramp, np.vstack(ends))]))
