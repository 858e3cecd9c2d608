"""Lay out curved neighbourhoods: cells between collectors, each with its own bent grid, gaps and courts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.roads.synthetic.grids import bends, lay_grid
from fastgen.roads.synthetic.naming import fresh
from fastgen.roads.synthetic.plan import Grid
from fastgen.roads.synthetic.planar import project
from fastgen.roads.synthetic.plane import sizes
from fastgen.roads.synthetic.streets import ALLEY, MAIN, Street, Streets, along

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastgen.roads.synthetic.draws import Draws
    from fastgen.roads.synthetic.plan import Suburb
    from fastgen.roads.synthetic.plane import Frame, Points

    Corner = Sequence[float]
    Corners = list[Corner]

KINDS = ("Drive", "Way", "Avenue", "Street", "Road")


def scatter(area: Points, cell_m: float, rng: Draws) -> Points:
    """Scatter cell centres, jittered from a staggered lattice over the area and a margin."""
    low, high = area.min(axis=0) - cell_m, area.max(axis=0) + cell_m
    rows = np.arange(low[1], high[1], cell_m * 0.87)
    lattice = np.vstack(
        [
            np.column_stack([xs, np.full(len(xs), y)])
            for k, y in enumerate(rows)
            for xs in [np.arange(low[0] + (k % 2) * cell_m / 2, high[0], cell_m)]
        ]
    )
    return lattice + rng.uniform(-0.24, 0.24, lattice.shape) * cell_m


def cut_half(polygon: Corners, middle: Corner, normal: Corner) -> Corners:
    """Keep the part of a convex polygon on one side of a line, that which the normal points away from."""
    side = [(x - middle[0]) * normal[0] + (y - middle[1]) * normal[1] for x, y in polygon]
    corners = []
    for k, (p, s) in enumerate(zip(polygon, side, strict=True)):
        q, r = polygon[k - len(polygon) + 1], side[k - len(polygon) + 1]
        if s <= 0:
            corners.append(p)
        if (s <= 0) != (r <= 0):
            corners.append((p[0] + (q[0] - p[0]) * s / (s - r), p[1] + (q[1] - p[1]) * s / (s - r)))
    return corners


def cut_cell(seeds: Points, k: int, cell_m: float) -> Points:
    """Cut the polygon of points nearest to one seed (half-plane by half-plane)."""
    # Seeds lie on a jittered lattice of pitch cell_m, so no inner cell reaches farther than this.
    reach = 1.6 * cell_m
    square = np.array([[-reach, -reach], [reach, -reach], [reach, reach], [-reach, reach]])
    polygon: Corners = (seeds[k] + square).tolist()
    way = seeds - seeds[k]
    away = sizes(way)
    near = (away > 0) & (away < 3 * cell_m)
    for middle, normal in zip(((seeds[near] + seeds[k]) / 2).tolist(), way[near].tolist(), strict=True):
        polygon = cut_half(polygon, middle, normal)
    return np.asarray(np.round(polygon, 2), np.float64)


def _collectors(cells: list[Points], district: int, rng: Draws) -> Streets:
    """Run collectors along the cells' borders, a third of the borders left without."""
    parts = []
    done: set[tuple[int, int]] = set()
    for polygon in cells:
        for p, q in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            middle = (p + q) / 2
            # Both cells of a border compute its middle, each rounds it by itself: near keys are one border.
            key = (round(middle[0] / 2), round(middle[1] / 2))
            near = {(key[0] + i, key[1] + j) for i in (-1, 0, 1) for j in (-1, 0, 1)}
            if near & done or sizes(q - p) < 60:  # noqa: PLR2004
                continue
            done.add(key)
            if rng.random() < 0.68:  # noqa: PLR2004
                steps = np.linspace(0, 1, max(3, int(sizes(q - p) // 40)))[:, None]
                street = Street(fresh(str(rng.choice(KINDS))), MAIN, district=district)
                bow = rng.uniform(-0.32, 0.32) * steps * (1 - steps) * np.array([p[1] - q[1], q[0] - p[0]])
                parts.append(along(street, p + (q - p) * steps + bow))
    return Streets.of(parts)


def _shut(streets: Streets, polygon: Points, share: float, rng: Draws) -> None:
    """End some streets short of their cell's border."""
    middle = (streets.a + streets.b) / 2
    away = np.full(len(middle), np.inf)
    for p, q in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        _, d = project(middle, np.tile(p, (len(middle), 1)), np.tile(q, (len(middle), 1)))
        away = np.minimum(away, d)
    # One draw for each street and end of it, so that an end goes as a whole.
    half = (((middle - polygon.mean(axis=0)) * (0.6, 0.8)).sum(axis=1) > 0).astype(np.int64)
    closed = rng.random((len(streets.table), 2)) < share
    streets.keep(~((away < 55) & closed[streets.street, half]))  # noqa: PLR2004


def _courts(grid: Grid, streets: Streets, share: float, rng: Draws) -> Streets:
    """Let cul-de-sacs branch off at right angles."""
    courts = []
    district = streets.table[0].district if streets.table else -1
    every = max(1, int(grid.pitch[1] // 40))
    for k in range(0, len(streets.a), every):
        if rng.random() < share:
            a, b = streets.a[k], streets.b[k]
            step = b - a
            normal = np.array([-step[1], step[0]]) / max(float(sizes(step)), 1.0)
            length = rng.uniform(0.45, 0.95) * grid.pitch[0] * rng.choice((-1, 1))
            lean = step / max(float(sizes(step)), 1.0) * rng.normal(0, 20)
            foot = (a + b) / 2
            points = np.array([foot, foot + normal * length * 0.6, foot + normal * length + lean])
            kind = str(rng.choice(("Court", "Court", "Place", "Terrace")))
            courts.append(along(Street(fresh(kind), ALLEY, district=district), points))
    return Streets.of(courts)


def lay_suburb(suburb: Suburb, area: Points, frame: Frame, district: int, rng: Draws) -> Streets:
    """Lay a suburb's streets and clip them to its area."""
    bend = bends(rng, *suburb.warp)
    seeds = scatter(area, suburb.cell_m, rng)
    cells = [cut_cell(seeds, k, suburb.cell_m) for k in range(len(seeds))]
    streets = _collectors(cells, district, rng)
    for seed, polygon in zip(seeds, cells, strict=True):
        # Outer seeds only bound the cells of inner ones.
        if (seed < area.min(axis=0) - suburb.cell_m / 2).any() or (
            seed > area.max(axis=0) + suburb.cell_m / 2
        ).any():
            continue
        # Each neighbourhood is a small grid, turned, stretched and bent by itself.
        lat, lon = frame.to_e6(seed[None])
        pitch = rng.uniform(0.85, 1.2, 2) * suburb.pitch
        grid = Grid(
            area=(),
            origin=(float(lat[0]) / 1e6, float(lon[0]) / 1e6),
            bearing=float(rng.choice(suburb.bearings) + rng.normal(0, suburb.turn)),
            pitch=(float(pitch[0]), float(pitch[1])),
            along=str(rng.choice(KINDS)),
            cross=str(rng.choice(KINDS)),
            gap=suburb.gap,
            one_way=suburb.one_way,
            alleys=(0.0, 0.0),
            spread=0.06,
            stagger=suburb.stagger,
            warp=(
                float(suburb.wiggle[0] * rng.uniform(0.3, 1.7)),
                float(suburb.wiggle[1] * rng.uniform(0.75, 1.35)),
            ),
        )
        cell = lay_grid(grid, polygon, frame, district, rng=rng)
        _shut(cell, polygon, suburb.shut, rng)
        if len(cell.a):
            cell.extend(_courts(grid, cell, suburb.courts, rng))
        streets.extend(cell)
    # The bend of the whole comes last, for cells and collectors alike, so that they still meet.
    streets.a, streets.b = bend(streets.a), bend(streets.b)
    streets.clip(area, to_inside=True)
    return streets
