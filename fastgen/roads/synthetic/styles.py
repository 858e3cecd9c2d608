"""Lay out an invented city's districts and main roads in a style."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.roads.synthetic import ground as on
from fastgen.roads.synthetic.districts import Districts
from fastgen.roads.synthetic.draws import Draws
from fastgen.roads.synthetic.plan import CityPlan
from fastgen.roads.synthetic.plane import Frame
from fastgen.units import M_PER_MILE

if TYPE_CHECKING:
    from fastgen.roads.synthetic.ground import Ground
    from fastgen.roads.synthetic.plan import Road

# A style also has its main roads (`_main_roads`), its figures and branches in `districts` (`middle`, `lay`),
# its name in `cli.roads`, and its ranges in docs/roads.md, which the tests read. Streets that neither a Grid
# nor a Suburb of `plan` can lay need a class there, and its case in `assembly`. Draws of a new style must not
# come before those of others: networks are pinned.
STYLES = ("grid", "suburb", "old-town", "mixed")
# How many parks are tried in a square of four miles to each side, and the radius of the largest, metres.
PARKS = {"grid": (430, 450.0), "suburb": (90, 900.0), "old-town": (90, 900.0), "mixed": (120, 600.0)}
FREEWAYS = {
    "grid": ("Crosstown Freeway", "Valley Freeway"),
    "suburb": ("Foothill Freeway",),
    "old-town": ("Northern Bypass",),
    "mixed": ("Midtown Freeway", "Parkway Freeway"),
}
DEAD_ENDS = {"grid": 0.32, "suburb": 0.5, "old-town": 0.5, "mixed": 0.45}
MERGE_M = {"grid": 16.0, "suburb": 2.5, "old-town": 2.5, "mixed": 13.0}
EXIT_M = {"grid": 1600, "suburb": 2400, "old-town": 2400, "mixed": 1600}  # between a freeway's exits
# How far freeways pass from the middle of the city: an old town's keep outside its outer ring.
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
    districts = Districts(ground).lay(style)
    return CityPlan(
        source="",
        kitchen=place,
        seed=seed,
        land=(ground.places(ground.land()),),
        districts=tuple(districts),
        roads=tuple(_main_roads(ground, style)),
        freeways=tuple(on.draw_freeways(ground, FREEWAYS[style], AWAY_M[style], EXIT_M[style])),
        obstacles=tuple(on.draw_obstacles(ground, *PARKS[style], cut=water != "river")),
        dead_ends=DEAD_ENDS[style],
        merge_m=MERGE_M[style],
        bend_m=75.0 if style in {"grid", "mixed"} else 120.0,
        half_side_m=half_m,
        even_one_ways=True,
    )


def _main_roads(ground: Ground, style: str) -> list[Road]:
    roads = on.draw_shore_roads(ground)
    if style == "grid":
        return [
            *roads,
            *on.draw_lattice(ground, M_PER_MILE, ground.angle, 0.0),
            *on.draw_radials(ground, 4, 300.0, 20.0, ground.angle + 45),
        ]
    if style == "suburb":
        return [*roads, *on.draw_lattice(ground, 1900.0, ground.angle, 130.0)]
    if style == "old-town":
        rings = [*on.draw_ring(ground, 620.0, "Wall"), *on.draw_ring(ground, 2300.0, "Ring Road")]
        return [*roads, *rings, *on.draw_radials(ground, 8, 150.0, 90.0, float(ground.rng.uniform(0, 45)))]
    if style != "mixed":
        raise ValueError(style)
    return [
        *roads,
        *on.draw_radials(ground, 4, 250.0, 60.0, ground.angle + 45),
        *on.draw_lattice(ground, 2100.0, ground.angle, 90.0),
    ]
