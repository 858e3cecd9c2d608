"""Plat a district as a grid of named streets, with gaps, lanes and dead ends."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from fastgen.roads.synthetic.naming import fresh, line_name
from fastgen.roads.synthetic.plane import apply, cosine, rotation, sine, sizes
from fastgen.roads.synthetic.streets import ALLEY, LOCAL, MAIN, Street, Streets

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastgen.roads.synthetic.draws import Draws
    from fastgen.roads.synthetic.plan import Grid
    from fastgen.roads.synthetic.plane import Frame, Points

    Bend = Callable[[Points], Points]

# Half of the main streets are two-way even where others alternate.
MAIN_TWO_WAY = 0.5
# By which part of a block a staggered street goes on beside its line: far enough to be two junctions.
JOG = (0.15, 0.35)


def bends(rng: Draws, amplitude_m: float, wavelength_m: float) -> Bend:
    """Make a smooth displacement of the plane: three waves each way, of different directions and lengths."""
    if amplitude_m == 0:
        return lambda xy: xy
    angle = rng.uniform(0, 2 * np.pi, (2, 3))
    east, north = cosine(angle), sine(angle)
    wave = 2 * np.pi / (wavelength_m * rng.uniform(0.7, 1.5, (2, 3)))
    phase = rng.uniform(0, 2 * np.pi, (2, 3))

    def bend(xy: Points) -> Points:
        shift = np.zeros_like(xy)
        for axis in (0, 1):
            for k in range(3):
                ahead = xy[:, 0] * east[axis, k] + xy[:, 1] * north[axis, k]
                shift[:, axis] += sine(ahead * wave[axis, k] + phase[axis, k])
        return np.asarray(np.round(xy + amplitude_m / np.sqrt(3) * shift, 2), np.float64)

    return bend


def _positions(rng: Draws, low: float, high: float, pitch: float, spread: float) -> tuple[Points, int]:
    """Place parallel lines, one at 0; returns their positions and the index of the first."""
    first, last = int(np.floor(low / pitch)), int(np.ceil(high / pitch))
    index = np.arange(first, last + 1)
    jitter = np.where(index == 0, 0.0, rng.normal(0, spread, len(index)))
    return np.asarray(pitch * (index + jitter), np.float64), first


@cache
def _shares(n: int) -> Points:
    """Divide 0 to 1 into n equal steps, float64 (n + 1, 1, 1)."""
    return np.linspace(0, 1, n + 1)[:, None, None]


def _subdivide(a: Points, b: Points, step_m: float) -> tuple[Points, Points]:
    n = max(1, int(np.ceil(sizes(b - a).max() / step_m))) if len(a) else 1
    knots = a + (b - a) * _shares(n)
    return knots[:-1].reshape(-1, 2), knots[1:].reshape(-1, 2)


def _lines(
    grid: Grid, us: Points, vs: Points, *, first: int, axis: int, rng: Draws
) -> list[tuple[int, bool, bool, Points, Points]]:
    """Draw lines at us that run across vs: (index, main, one-way, a, b) in local coordinates."""
    lines = []
    for k, u in enumerate(us):
        index = first + k
        main = bool(grid.main[axis]) and index % grid.main[axis] == 0
        two_way = main and rng.random() < MAIN_TWO_WAY
        one_way = bool(rng.random() < grid.one_way[axis]) and not two_way
        there = main | (rng.random(len(vs) - 1) >= grid.gap)
        at = np.full(len(vs) - 1, u)
        if grid.stagger and axis == 1 and not main:
            at += _jogs(grid, len(at), rng)
        a, b = np.column_stack([at, vs[:-1]])[there], np.column_stack([at, vs[1:]])[there]
        # One-way streets alternate, and main ones among themselves.
        if (index // grid.main[axis] if main else index) % 2:
            a, b = b[::-1], a[::-1]
        lines.append((index, main, one_way, a, b))
    return lines


def _jogs(grid: Grid, n: int, rng: Draws) -> Points:
    """Choose how far the n blocks of a cross street lie to one side of its line, metres."""
    jog = rng.choice((-1.0, 1.0), n) * rng.uniform(*JOG, n) * grid.pitch[1]
    return np.where(rng.random(n) < grid.stagger, jog, 0.0)


def _lanes(grid: Grid, us: Points, vs: Points, rng: Draws) -> list[tuple[Points, Points]]:
    """Draw lanes inside blocks, grouped by the line they follow: a lane keeps its name over blocks."""
    lanes = []
    through, dead = grid.alleys
    for k in range(len(us) - 1):
        # One draw decides both: below `through` a lane halves the block, below the sum it ends in it.
        draw, at = rng.random(len(vs) - 1), rng.uniform(0.38, 0.62)
        depth = np.where(draw < through, 1.0, rng.uniform(0.45, 0.7, len(vs) - 1))
        there = np.flatnonzero(draw < through + dead)
        u = us[k] + at * (us[k + 1] - us[k])
        up = rng.random(len(there)) < 0.5  # noqa: PLR2004
        start = np.where(up, vs[there], vs[there + 1])
        far = np.where(up, vs[there + 1], vs[there])
        stop = start + depth[there] * (far - start)
        if len(there):
            lanes.append(
                (
                    np.column_stack([np.full(len(there), u), start]),
                    np.column_stack([np.full(len(there), u), stop]),
                )
            )
    return lanes


def lay_grid(
    grid: Grid,
    area: Points,
    frame: Frame,
    district: int,
    *,
    rng: Draws,
    bend: Bend | None = None,
) -> Streets:
    """Lay a grid's streets and clip them to its area.

    Parameters
    ----------
    grid
        The plat.
    area
        Its polygon in metres.
    frame
        Projection.
    district
        Number that the streets carry.
    rng
        Source of random numbers.
    bend
        Displacement to apply instead of the grid's own warp; the area is then one before the displacement.
    """
    turn, origin = rotation(grid.bearing), frame.to_xy([grid.origin])[0]
    corners = apply(turn.T, area - origin)
    # Lines reach 150 m beyond the area, since the bend may move them back into it.
    (u_lo, v_lo), (u_hi, v_hi) = corners.min(axis=0) - 150, corners.max(axis=0) + 150
    us, u_first = _positions(rng, u_lo, u_hi, grid.pitch[0], grid.spread)
    vs, v_first = _positions(rng, v_lo, v_hi, grid.pitch[1], grid.spread)
    own_bend = bends(rng, *grid.warp)
    parts: list[tuple[Street, Points, Points]] = []

    def put(street: Street, a: Points, b: Points) -> None:
        if grid.warp[0] or bend:
            a, b = _subdivide(a, b, 40.0)
        parts.append((street, a, b))

    for axis, rule, mine, other, first in (
        (0, grid.along, us, vs, u_first),
        (1, grid.cross, vs, us, v_first),
    ):
        for index, main, one_way, a, b in _lines(grid, mine, other, first=first, axis=axis, rng=rng):
            street = Street(line_name(rule, index), MAIN if main else LOCAL, one_way, district=district)
            put(street, a[:, ::-1] if axis else a, b[:, ::-1] if axis else b)
    flip = grid.lane == "cross"
    for a, b in _lanes(grid, *((vs, us) if flip else (us, vs)), rng):
        one_way = bool(rng.random() < sum(grid.one_way) / 2)
        street = Street(fresh("Lane"), ALLEY, one_way, district=district)
        put(street, a[:, ::-1] if flip else a, b[:, ::-1] if flip else b)
    count = [len(a) for _, a, _ in parts]
    table, cuts = [street for street, _, _ in parts], np.cumsum(count)[:-1]
    # All at once: bends cost less by the point than by the line.
    a, b = (own_bend(origin + apply(turn, np.vstack([part[k] for part in parts]))) for k in (1, 2))
    streets = Streets.of(list(zip(table, np.split(a, cuts), np.split(b, cuts), strict=True)))
    streets.clip(area, to_inside=True)
    return streets
