"""A made-up town in OpenStreetMap's terms, with one of everything that an import must get right."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import osmium
from osmium.osm.mutable import Node, Way

from fastgen.units import EARTH_RADIUS_M

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

KITCHEN = (37.79, -122.39)
RADIUS_MI = 1.0


class TownWay(NamedTuple):
    id: int
    nodes: tuple[int, ...]
    tags: dict[str, str]


def place(east_m: float, north_m: float, kitchen: tuple[float, float] = KITCHEN) -> tuple[float, float]:
    """Latitude and longitude so far east and north of a kitchen, in OpenStreetMap's seven decimals."""
    lat = kitchen[0] + math.degrees(north_m / EARTH_RADIUS_M)
    lon = kitchen[1] + math.degrees(east_m / EARTH_RADIUS_M) / math.cos(math.radians(kitchen[0]))
    return round(lat, 7), round((lon + 180) % 360 - 180, 7)


# Node id -> metres east and north of the kitchen. The square reaches 1609 m, the margin around it 2109 m.
METRES: dict[int, tuple[float, float]] = dict(
    [(1, (0, 10)), (2, (200, 0)), (3, (400, 0)), (4, (0, 200)), (5, (200, 200)), (6, (400, 200))]
    + [(21, (100, 30)), (22, (300, -90))]
    + [(30, (430, 230)), (31, (400, 260)), (32, (370, 230)), (40, (400, 400)), (41, (420, 600))]
    + [(50, (230, 240)), (51, (200, 270)), (52, (170, 240)), (60, (500, -100)), (61, (600, -300))]
    + [(70 + i, (-50 - 10 * i, 10 * i)) for i in range(7)]
    + [(80, (-400, -400)), (81, (-500, -400))]
    + [(90, (1200, 0)), (91, (1700, 10)), (92, (1900, 0)), (93, (3000, 0)), (94, (1200, 150))]
)
NODES = {node: place(*metres) for node, metres in METRES.items()}

ROADS = (
    TownWay(10, (1, 21, 2, 3), {"highway": "secondary", "name": "Main Street"}),
    TownWay(11, (1, 4), {"highway": "residential", "name": "Açaí Avenue", "oneway": "yes"}),
    TownWay(12, (2, 5), {"highway": "residential", "name": "Caffè \n Row", "oneway": "-1"}),
    TownWay(13, (4, 5, 6), {"highway": "tertiary", "name": "大通り"}),
    TownWay(14, (3, 6), {"highway": "unclassified"}),
    TownWay(15, (6, 30, 31, 32, 6), {"highway": "residential", "junction": "roundabout"}),
    TownWay(16, (31, 40), {"highway": "residential", "name": "Lake Road"}),
    TownWay(17, (40, 41), {"highway": "residential", "name": "Lake Road", "oneway": "reversible"}),
    TownWay(18, (2, 22, 3), {"highway": "residential", "name": "Parallel Lane"}),
    TownWay(19, (5, 50, 51, 52, 5), {"highway": "residential", "name": "Loop Court"}),
    TownWay(20, (3, 60, 60), {"highway": "residential", "name": "Beta Street"}),
    TownWay(23, (60, 61), {"highway": "residential", "name": "Alpha Street"}),
    TownWay(40, (80, 81), {"highway": "residential", "name": "Island Road"}),
    TownWay(41, (3, 90, 91, 92, 93), {"highway": "motorway", "name": "Border Freeway"}),
    TownWay(42, (90, 94), {"highway": "motorway_link", "oneway": "yes"}),
)
NO_ROADS = (
    TownWay(30, (1, 70), {"highway": "footway", "name": "Foot Path"}),
    TownWay(31, (1, 71), {"highway": "service", "name": "Yard"}),
    TownWay(32, (1, 72), {"highway": "residential", "access": "private", "name": "Gated Way"}),
    TownWay(33, (1, 73), {"highway": "residential", "motor_vehicle": "no", "name": "Bus Way"}),
    TownWay(34, (1, 74, 75, 1), {"highway": "residential", "area": "yes", "name": "Square"}),
    TownWay(35, (1, 75), {"highway": "residential", "service": "alley", "name": "Alley"}),
    TownWay(36, (1, 76), {"building": "yes", "name": "House"}),
)
WAYS = ROADS + NO_ROADS


def write_osm(path: Path, ways: Iterable[TownWay] = WAYS, *, ways_first: bool = False) -> Path:
    """Write the town to a file in the format of its name's ending, sorted unless `ways_first`."""
    entities: list[Node | Way] = [Node(id=n, location=NODES[n][::-1], version=1) for n in sorted(NODES)]
    roads = [Way(id=way.id, nodes=list(way.nodes), tags=way.tags, version=1) for way in ways]
    entities = roads[::-1] + entities[::-1] if ways_first else entities + roads
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for entity in entities:
            writer.add(entity)
    return path
