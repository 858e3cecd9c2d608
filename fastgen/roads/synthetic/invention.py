"""Invent the roads of any place, offline: a plan of a style and a water side, laid out as a network."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from fastgen.errors import DataError
from fastgen.roads.synthetic.assembly import build_city
from fastgen.roads.synthetic.ground import WATERS
from fastgen.roads.synthetic.styles import STYLES, plan_city
from fastgen.units import E6, M_PER_MILE

if TYPE_CHECKING:
    from fastgen.model.road_graph import RoadGraph

# A city is not larger, and not smaller, whatever the delivery square is.
MOST_MI, LEAST_MI = 8.0, 0.5


def invent_roads(
    lat: float, lon: float, radius_mi: float, style: str = "mixed", water: str = "none", seed: int = 0
) -> RoadGraph:
    """Invent the drivable roads of a kitchen's delivery square.

    Parameters
    ----------
    lat, lon
        The kitchen, decimal degrees.
    radius_mi
        Half the side of the delivery square, miles. The city is between half a mile and 8 miles to each side.
    style
        "grid", "suburb", "old-town" or "mixed".
    water
        Side of the open water ("north", "north-east", ...), "river", or "none".
    seed
        Another seed, another city; 0 <= seed < 2**64.

    Returns
    -------
    RoadGraph
        Its provenance says that it is synthetic. The same on every machine, for the same arguments.

    Raises
    ------
    DataError
        If style, water or seed is none of these.
    """
    for name, value, known in (("style", style, STYLES), ("water", water, WATERS)):
        if value not in known:
            raise DataError(f"{name}: expected one of {', '.join(known)}, got {value!r}.")
    if not 0 <= seed < 2**64:
        raise DataError(f"seed: expected 0 <= seed < 2**64, got {seed}.")
    # To a microdegree, so that a position that is written with more decimals gives the same city.
    place = round(lat * E6), round(lon * E6)
    key = hashlib.sha256(f"{seed} {place[0]} {place[1]}".encode()).digest()[:8]
    half_m = min(max(radius_mi, LEAST_MI), MOST_MI) * M_PER_MILE
    plan = plan_city((place[0] / E6, place[1] / E6), half_m, style, water, int.from_bytes(key, "little"))
    source = (
        f"fastgen synthetic network, style {style}, water {water}, seed {seed} "
        "(invented streets, not for navigation)"
    )
    return build_city(replace(plan, source=source))
