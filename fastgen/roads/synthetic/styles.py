"""Lay out an invented city's districts and main roads in a style."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.roads.synthetic import ground as on
from fastgen.roads.synthetic.draws import Draws
from fastgen.roads.synthetic.plan import CityPlan, Grid, Suburb
from fastgen.roads.synthetic.plane import Frame, cosine, sine, sizes
from fastgen.roads.synthetic.suburbs import cut_cell, cut_half, scatter

if TYPE_CHECKING:
    from fastgen.roads.synthetic.ground import Ground
    from fastgen.roads.synthetic.plan import Freeway, Road
    from fastgen.roads.synthetic.plane import LatLon, Points

STYLES = ("grid", "suburb", "old-town", "mixed")
CELL_M = 3400.0
N_PARKS = {"grid": 16, "suburb": 22, "old-town": 16, "mixed": 18}
FREEWAYS = {
    "grid": ("Crosstown Freeway", "Valley Freeway"),
    "suburb": ("Foothill Freeway", "Central Freeway"),
    "old-town": ("Northern Bypass",),
    "mixed": ("Midtown Freeway", "Parkway Freeway"),
}
AWAY_M = {"grid": (900, 2200), "suburb": (900, 2400), "old-town": (2600, 4000), "mixed": (900, 2200)}


def plan_city(place: tuple[float, float], half_m: float, style: str, water: str, seed: int) -> CityPlan:
    """Draw up the plan of an invented city.

    Parameters
    ----------
    place
        The kitchen, (lat, lon).
    half_m
        Half the side of the square, metres.
    style
        One of `STYLES`.
    water
        One of `ground.WATERS`.
    seed
        Of everything random in it, 0 <= seed < 2**64.
    """

    frame, rng = Frame(*place), Draws(seed, 2**31)
    angle = float(rng.normal(0, 2) if style == "grid" else rng.uniform(-30, 30))
    ground = on.survey(frame, half_m, angle, water, rng)
    districts = _Districts(ground).lay(style)
    return CityPlan(
        source="",
        kitchen=place,
        seed=seed,
        land=(ground.places(ground.land()),),
        districts=tuple(districts),
        roads=tuple(_main_roads(ground, style)),
        freeways=tuple(on.draw_freeways(ground, FREEWAYS[style], AWAY_M[style])),
        obstacles=tuple(on.draw_obstacles(ground, N_PARKS[style], cut=water != "river")),
        dead_ends={"grid": 0.6}.get(style, 0.72),
        bend_m=75.0,
        half_side_m=half_m,
    )


def _main_roads(ground: Ground, style: str) -> list[Road]:
    roads = on.draw_shore_roads(ground)
    if style == "grid":
        return [*roads, *on.draw_lattice(ground, on.MILE_M, ground.angle, 0.0), *on.draw_radials(ground, 2, 300, 25)]
    if style == "suburb":
        return [*roads, *on.draw_lattice(ground, 1500.0, ground.angle, 130.0)]
    if style == "old-town":
        rings = [*on.draw_ring(ground, 620.0, "Wall"), *on.draw_ring(ground, 2300.0, "Ring Road")]
        return [*roads, *rings, *on.draw_radials(ground, 8, 150.0, 90.0)]
    return [*roads, *on.draw_radials(ground, 5, 250.0, 60.0), *on.draw_lattice(ground, 2100.0, ground.angle, 90.0)]


class _Districts:
    """The districts of one city: a middle, and cells around it."""

    def __init__(self, ground: Ground) -> None:
        self.ground, self.rng = ground, ground.rng

    def between(self, low: float, high: float) -> float:
        """Draw a number, to a hundredth."""
        return round(float(self.rng.uniform(low, high)), 2)

    def round_area(self, radius_m: float) -> LatLon:
        """Make a roundish polygon around the middle of the city."""
        around = np.arange(0, 2 * np.pi, np.pi / 7)
        reach = radius_m * self.rng.uniform(0.85, 1.15, len(around))
        return self.ground.places(self.ground.centre + np.column_stack([cosine(around) * reach, sine(around) * reach]))

    def lay(self, style: str) -> list[Grid | Suburb]:
        """Lay out all of them in a style."""
        reach = self.ground.half_m + 400
        square = reach * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
        seeds = scatter(square, CELL_M, self.rng)
        make = {"grid": self.platted, "suburb": self.curved, "old-town": self.grown, "mixed": self.various}[style]
        districts = self.middle(style)
        for k, seed in enumerate(seeds):
            area = cut_cell(seeds, k, CELL_M)
            for side in np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]]):
                area = cut_half(area, reach * side, side)
            if len(area) > 2:
                away_m = float(sizes(seed - self.ground.centre))
                districts.append(make(self.ground.places(area), seed, away_m))
        return districts

    def middle(self, style: str) -> list[Grid | Suburb]:
        """Lay out the middle of the city."""
        origin, angle = self.ground.places(self.ground.centre[None])[0], self.ground.angle
        if style == "grid":
            return [Grid(self.round_area(1000), origin, angle, (98.0, 112.0), main=(3, 3), one_way=(0.8, 0.8), gap=0.04, alleys=(0.15, 0.1))]
        if style == "suburb":
            return [Grid(self.round_area(480), origin, angle + self.between(-40, 40), (88.0, 118.0), main=(3, 3), one_way=(0.1, 0.1), gap=0.06, alleys=(0.08, 0.14), warp=(5.0, 900.0))]
        if style == "old-town":
            return [
                Grid(self.round_area(330), origin, angle, (56.0, 78.0), one_way=(0.5, 0.5), gap=0.2, alleys=(0.12, 0.2), warp=(24.0, 330.0), spread=0.16, sway=0.4),
                Grid(self.round_area(680), origin, angle + self.between(20, 70), (64.0, 92.0), main=(0, 0), one_way=(0.5, 0.5), gap=0.2, alleys=(0.1, 0.22), warp=(32.0, 420.0), spread=0.16, sway=0.4),
            ]
        return [
            Grid(self.round_area(900), origin, angle, (92.0, 118.0), main=(3, 3), one_way=(0.6, 0.6), gap=0.05, alleys=(0.12, 0.14)),
            Grid(self.round_area(1700), origin, angle + self.between(20, 45), (96.0, 130.0), main=(4, 3), one_way=(0.35, 0.35), gap=0.08, alleys=(0.08, 0.14), warp=(5.0, 900.0), sway=0.1),
        ]

    def platted(self, area: LatLon, seed: Points, away_m: float) -> Grid | Suburb:
        """Plat a district of the one great grid; a few are turned, and a few of the outer ones curved."""
        inner = max(0.0, 1 - away_m / 6000)
        if away_m > 4500 and self.rng.random() < 0.15:
            return self.curved(area, seed, away_m)
        origin, angle, pitch = self.ground.places(self.ground.centre[None])[0], self.ground.angle, (100.6, 134.0)
        names = ("1+ Avenue", "1+ Street")
        if away_m > 1500 and self.rng.random() < 0.12:
            origin, angle, names = self.ground.places(seed[None])[0], angle + self.between(15, 60), ("Avenue", "Street")
            pitch = (self.between(92, 110), self.between(110, 150))
        return Grid(area, origin, angle, pitch, *names, main=(8, 6), one_way=(0.75 * inner, 0.6 * inner), gap=self.between(0.05, 0.13), alleys=(0.06, 0.1), lane=str(self.rng.choice(("along", "cross"))), sway=self.between(0, 0.2))

    def curved(self, area: LatLon, seed: Points, away_m: float) -> Grid | Suburb:
        """Lay out curved neighbourhoods, sparser ones far out."""
        angle = self.ground.angle
        if away_m > 5000 and self.rng.random() < 0.25:
            return Suburb(area, 1000.0, (160.0, 250.0), (angle, angle + 45), 25.0, (85.0, 1400.0), (36.0, 400.0), gap=0.24, courts=0.32, shut=0.25, sway=0.45)
        pitch = (self.between(90, 104), self.between(165, 200))
        return Suburb(area, self.between(680, 850), pitch, (angle, angle, angle + self.between(20, 60)), self.between(3, 12), (self.between(30, 60), 1200.0), (self.between(15, 26), 420.0), gap=0.15, courts=0.36, shut=0.4, sway=0.36)

    def grown(self, area: LatLon, seed: Points, away_m: float) -> Grid | Suburb:
        """Lay out what has grown around an old town: streets that follow the roads out of it, then estates."""
        east, north = (seed - self.ground.centre).tolist()
        outward = float(np.round(-np.degrees(np.arctan2(east, north)), 2))
        if away_m < 2600 or self.rng.random() < 0.3:
            return Grid(area, self.ground.places(seed[None])[0], outward + self.between(-12, 12), (self.between(74, 98), self.between(112, 165)), main=(5, 4), one_way=(0.25, 0.2), gap=self.between(0.14, 0.22), alleys=(0.08, 0.26), warp=(self.between(22, 40), 620.0), spread=0.14, sway=0.34)
        return Suburb(area, self.between(520, 700), (self.between(82, 100), self.between(150, 190)), (outward, outward + 45), 25.0, (55.0, 1100.0), (26.0, 400.0), gap=0.17, courts=0.34, shut=0.35, sway=0.4)

    def various(self, area: LatLon, seed: Points, away_m: float) -> Grid | Suburb:
        """Lay out a grid of a direction of its own, or curved neighbourhoods, the more of them the farther out."""
        if self.rng.random() < min(0.75, away_m / 7000):
            return self.curved(area, seed, away_m)
        turn = float(self.rng.choice((0.0, 0.0, self.between(20, 70))))
        return Grid(area, self.ground.places(seed[None])[0], self.ground.angle + turn, (self.between(88, 105), self.between(115, 165)), main=(5, 4), one_way=(0.25, 0.15) if away_m < 3000 else (0.05, 0.05), gap=self.between(0.07, 0.14), alleys=(0.07, 0.14), warp=(self.between(0, 24), 850.0), sway=self.between(0.05, 0.28))
