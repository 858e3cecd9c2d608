"""Lay out the districts of an invented city: its middle, and cells around it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fastgen.roads.synthetic.plan import Grid, Suburb
from fastgen.roads.synthetic.plane import cosine, sine, sizes
from fastgen.roads.synthetic.suburbs import cut_cell, cut_half, scatter

if TYPE_CHECKING:
    from fastgen.roads.synthetic.ground import Ground
    from fastgen.roads.synthetic.plane import LatLon, Points

# The figures of this module were fitted until whole networks measured as real places do (docs/roads.md; a
# test holds the ranges). With another figure, the same command makes another network.
CELL_M = {"grid": 2600.0, "suburb": 3400.0, "old-town": 1900.0, "mixed": 3000.0}
# How far from the middle a kind of district begins or ends, metres.
OUTER_M, TURNED_M, SPARSE_M, GROWN_M, BUSY_M = 4500.0, 1500.0, 2600.0, 2800.0, 3000.0
EVERY_TURNED = 8  # one in so many districts of a great grid has a direction of its own


class Districts:
    """The districts of one city: a middle, and cells around it."""

    def __init__(self, ground: Ground) -> None:
        self.ground, self.rng = ground, ground.rng
        self.n_outer = 0  # platted districts so far that lie outside of the middle

    def between(self, low: float, high: float) -> float:
        """Draw a number, to a hundredth."""
        return round(float(self.rng.uniform(low, high)), 2)

    def round_area(self, radius_m: float) -> LatLon:
        """Make a roundish polygon around the middle of the city."""
        around = np.arange(0, 2 * np.pi, np.pi / 7)
        reach = radius_m * self.rng.uniform(0.85, 1.15, len(around))
        return self.ground.places(
            self.ground.centre + np.column_stack([cosine(around) * reach, sine(around) * reach])
        )

    def lay(self, style: str) -> list[Grid | Suburb]:
        """Lay out all of them in a style."""
        # Beyond the square, so that streets at its border meet as they do inside it.
        reach = self.ground.half_m + 400
        square = reach * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
        seeds = scatter(square, CELL_M[style], self.rng)
        kinds = {"grid": self.platted, "suburb": self.curved, "old-town": self.grown, "mixed": self.various}
        # The middle first: earlier districts take precedence where they overlap.
        districts = self.middle(style)
        for k, seed in enumerate(seeds):
            area = cut_cell(seeds, k, CELL_M[style]).tolist()
            for east, north in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                area = cut_half(area, (reach * east, reach * north), (east, north))
            if area:
                away_m = float(sizes(seed - self.ground.centre))
                districts.append(kinds[style](self.ground.places(np.array(area)), seed, away_m))
        return districts

    def chance(self, share: float) -> bool:
        """Say yes to a share of the calls."""
        return float(self.rng.random()) < share

    def middle(self, style: str) -> list[Grid | Suburb]:
        """Lay out the middle of the city, older than the rest and often turned against it."""
        origin, angle = self.ground.places(self.ground.centre[None])[0], self.ground.angle
        turned = angle + self.between(20, 50)
        if style == "grid":
            busy = Grid(
                self.round_area(min(800.0, 0.22 * self.ground.half_m)),
                origin,
                turned,
                (100.0, 124.0),
                one_way=(0.8, 0.6),
            )
            return [replace(busy, main=(3, 3), alleys=(0.15, 0.1))]
        if style == "suburb":
            # A village older than the estates around it: its blocks are small and nearly square.
            village = Grid(self.round_area(400), origin, turned, (96.0, 128.0), warp=(5.0, 900.0))
            return [
                replace(village, main=(3, 3), one_way=(0.1, 0.1), gap=0.12, alleys=(0.08, 0.14), stagger=0.4)
            ]
        if style == "old-town":
            lanes = Grid(self.round_area(330), origin, angle, (62.0, 86.0), warp=(24.0, 330.0), stagger=0.75)
            lanes = replace(lanes, one_way=(0.7, 0.7), gap=0.36, alleys=(0.12, 0.2), spread=0.16, sway=0.4)
            wider = replace(lanes, area=self.round_area(680), bearing=turned, pitch=(70.0, 100.0))
            return [lanes, replace(wider, warp=(32.0, 420.0))]
        if style != "mixed":
            raise ValueError(style)
        core = Grid(self.round_area(900), origin, angle, (100.0, 128.0), main=(3, 3), one_way=(0.6, 0.6))
        around = Grid(
            self.round_area(1700), origin, turned, (106.0, 146.0), main=(4, 3), one_way=(0.35, 0.35)
        )
        around = replace(around, gap=0.08, alleys=(0.08, 0.14), warp=(5.0, 900.0), sway=0.1)
        return [replace(core, gap=0.05, alleys=(0.12, 0.14)), around]

    def platted(self, area: LatLon, seed: Points, away_m: float) -> Grid | Suburb:
        """Plat a district of the one great grid; a few are turned, and a few of the outer ones curved."""
        if away_m > OUTER_M and self.chance(0.08):
            return self.curved(area, seed, away_m)
        origin, angle = self.ground.places(self.ground.centre[None])[0], self.ground.angle
        grid = Grid(area, origin, angle, (100.0, 147.0), "1+ Avenue", "1+ Street", main=(12, 6))
        is_outer = away_m > TURNED_M
        # Counted rather than drawn: of the few districts of a small city, chance would turn none or half.
        is_turned = is_outer and self.n_outer % EVERY_TURNED == 1
        self.n_outer += is_outer
        if is_turned:
            origin, angle = self.ground.places(seed[None])[0], angle + self.between(15, 60)
            pitch = self.between(96, 108), self.between(136, 160)
            grid = Grid(area, origin, angle, pitch, "Avenue", "Street", main=(6, 5))
        return replace(
            grid,
            # Nearly all along and few across: drawn line by line, shares near a half would vary more.
            one_way=(1.0, 0.09),
            gap=self.between(0.02, 0.07),
            alleys=(0.05, 0.08),
            lane=str(self.rng.choice(("along", "cross"))),
            warp=(3.0, 900.0),
            sway=self.between(0.05, 0.3),
        )

    def curved(self, area: LatLon, _: Points, away_m: float) -> Grid | Suburb:
        """Lay out curved neighbourhoods, here and there sparse ones."""
        angle = self.ground.angle
        if away_m > SPARSE_M and self.chance(0.2):
            sparse = Suburb(area, 1000.0, (178.0, 285.0), (angle, angle + 45), 25.0, (85.0, 1400.0))
            return replace(
                sparse, wiggle=(36.0, 400.0), gap=0.24, courts=0.4, shut=0.25, sway=0.45, stagger=0.6
            )
        estate = Suburb(area, self.between(950, 1200), (self.between(143, 171), self.between(262, 320)))
        return replace(
            estate,
            bearings=(angle, angle, angle, angle + self.between(20, 60)),
            turn=self.between(2, 8),
            warp=(self.between(30, 60), 1200.0),
            wiggle=(self.between(15, 26), 420.0),
            gap=0.3,
            courts=0.6,
            shut=0.55,
            sway=0.38,
            one_way=(0.13, 0.13),
            stagger=0.6,
        )

    def grown(self, area: LatLon, seed: Points, away_m: float) -> Grid | Suburb:
        """Lay out what grew around an old town: streets beside the roads out of it, then estates."""
        east, north = (seed - self.ground.centre).tolist()
        # Bearings are anticlockwise from north, and atan2 of (east, north) clockwise.
        outward = round(-math.degrees(math.atan2(east, north)), 2)
        if away_m < GROWN_M:
            pitch = self.between(100, 130), self.between(150, 215)
            angle = (outward if self.chance(0.2) else self.ground.angle) + self.between(-8, 8)
            grid = Grid(
                area, self.ground.places(seed[None])[0], angle, pitch, main=(12, 10), spread=0.2, sway=0.36
            )
            gap, warp = self.between(0.43, 0.5), (self.between(28, 42), 620.0)
            return replace(grid, one_way=(0.65, 0.55), gap=gap, alleys=(0.06, 0.4), warp=warp, stagger=0.5)
        pitch = self.between(115, 140), self.between(200, 255)
        estate = Suburb(
            area,
            self.between(600, 800),
            pitch,
            (outward, self.ground.angle, self.ground.angle),
            10.0,
            (48.0, 1100.0),
        )
        return replace(
            estate,
            wiggle=(26.0, 400.0),
            gap=0.4,
            courts=0.45,
            shut=0.42,
            sway=0.42,
            one_way=(0.3, 0.3),
            stagger=0.4,
        )

    def various(self, area: LatLon, seed: Points, away_m: float) -> Grid | Suburb:
        """Lay out a grid of a direction of its own, or, more often farther out, curved neighbourhoods."""
        if self.chance(min(0.75, away_m / 7000)):
            return self.curved(area, seed, away_m)
        angle = self.ground.angle + (self.between(20, 70) if self.chance(0.33) else 0.0)
        pitch = self.between(95, 110), self.between(150, 205)
        grid = Grid(area, self.ground.places(seed[None])[0], angle, pitch, main=(5, 4), alleys=(0.07, 0.14))
        return replace(
            grid,
            one_way=(0.25, 0.15) if away_m < BUSY_M else (0.05, 0.05),
            gap=self.between(0.09, 0.18),
            warp=(self.between(0, 24), 850.0),
            sway=self.between(0.16, 0.36),
        )
