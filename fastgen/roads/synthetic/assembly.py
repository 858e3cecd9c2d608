"""Build a city's road graph from its plan."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from fastgen.model.road_graph import Provenance, RoadGraph
from fastgen.roads.synthetic.contraction import contract
from fastgen.roads.synthetic.curves import part_crossings, sway
from fastgen.roads.synthetic.draws import Draws
from fastgen.roads.synthetic.flow import (
    cut_to_square,
    enter_one_way,
    even_one_ways,
    keep_component,
    open_one_ways,
)
from fastgen.roads.synthetic.freeways import add_ramps, lay_freeway
from fastgen.roads.synthetic.grids import lay_grid
from fastgen.roads.synthetic.naming import Names
from fastgen.roads.synthetic.network import from_streets, merge_close, prune_dead_ends
from fastgen.roads.synthetic.plan import Grid
from fastgen.roads.synthetic.planar import PIECE_M, cut_at_crossings, drop_doubles, join_loose_ends
from fastgen.roads.synthetic.plane import Frame, corridor, cosine, sine, smooth
from fastgen.roads.synthetic.streets import ARTERIAL, FREEWAY, LOCAL, MAIN, Street, Streets, along
from fastgen.roads.synthetic.suburbs import lay_suburb
from fastgen.units import E6, EARTH_RADIUS_M

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fastgen.roads.synthetic.network import Network
    from fastgen.roads.synthetic.plan import CityPlan, Obstacle
    from fastgen.roads.synthetic.plane import Points

# Streets are laid beyond the square, so that those at its border meet as they do inside it.
MARGIN_M = 250.0
HALF_TURN_E6 = 180 * E6
DOUBLE_M = 38.0  # about a lot's depth: a street nearer than this runs beside another, and is dropped
JOIN_M = 42.0  # more than DOUBLE_M, so that streets reach what stays where a double was dropped
AREAS_AT_ONCE = 40  # more of them have too many streets nearby, fewer copy all streets too often
FREEWAY_CORRIDOR_M = 40.0  # to each side of a freeway's middle, without local streets


def build_city(plan: CityPlan, draws: Callable[[int, int], Draws] = Draws) -> RoadGraph:
    """Generate a city's network.

    Parameters
    ----------
    plan
        The city's geography.
    draws
        Opens one of the streams of a seed.

    Returns
    -------
    RoadGraph
        One weakly connected network in the square around the kitchen.
    """
    return to_graph(lay_out(plan, draws), plan)


def lay_out(plan: CityPlan, draws: Callable[[int, int], Draws] = Draws) -> Network:
    """Lay out a city's network in metres around the kitchen, with the course of its streets between nodes.

    Parameters
    ----------
    plan, draws
        As `build_city` takes them.
    """
    frame = Frame(*plan.kitchen)
    streets = _lay(plan, frame, draws)
    rng = draws(plan.seed, len(plan.districts))
    _clear(plan, frame, streets)
    streets.chop(PIECE_M)
    drop_doubles(streets, DOUBLE_M)
    for reach in (JOIN_M, JOIN_M / 2):
        join_loose_ends(streets, reach)
        streets.chop(PIECE_M)
    cut_at_crossings(streets)
    for freeway in plan.freeways:
        add_ramps(streets, freeway, frame)
    network = from_streets(streets, plan.bend_m)
    contract(network)
    for _ in range(2):
        merge_close(network, plan.merge_m)
        contract(network)
    for keep in (plan.dead_ends, 1.0):
        prune_dead_ends(network, keep, rng)
        contract(network)
    if plan.even_one_ways:
        even_one_ways(network)
        contract(network)
    cut_to_square(network, plan.half_side_m)
    kitchen = keep_component(network)
    open_one_ways(network, kitchen, 0.008)
    enter_one_way(network, kitchen, plan.unreached, plan.half_side_m)
    sways = np.array([plan.districts[s.district].sway if s.district >= 0 else 0.0 for s in network.table])
    part_crossings(network)
    sway(network, sways, draws(plan.seed, len(plan.districts) + 1))
    _settle_names(network, rng)
    return network


def _lay(plan: CityPlan, frame: Frame, draws: Callable[[int, int], Draws]) -> Streets:
    parts = []
    for road in plan.roads:
        xy = frame.to_xy(road.points)
        street = Street(road.name, LOCAL if road.local else ARTERIAL, road.one_way, bridge=road.bridge)
        parts.append(along(street, smooth(xy) if road.curved else xy))
    streets = Streets.of(parts)
    for freeway in plan.freeways:
        streets.extend(lay_freeway(freeway, frame))
    areas = [frame.to_xy(district.area) for district in plan.districts]
    for k, (district, area) in enumerate(zip(plan.districts, areas, strict=True)):
        if isinstance(district, Grid):
            laid = lay_grid(district, area, frame, k, rng=draws(plan.seed, k))
        else:
            laid = lay_suburb(district, area, frame, k, draws(plan.seed, k))
        for earlier in areas[:k]:
            laid.clip(earlier, to_inside=False)
        streets.extend(laid)
    return streets


def _clear(plan: CityPlan, frame: Frame, streets: Streets) -> None:
    """Take streets out of water, parks and freeway corridors, and off the map."""
    rank = np.array([s.rank for s in streets.table])
    bridges = np.array([s.bridge or s.over for s in streets.table])
    streets.clip_to_any([frame.to_xy(area) for area in plan.land], exempt=bridges)
    crosses = {"water": FREEWAY + 1, "river": MAIN, "park": ARTERIAL}
    for kind, obstacles in groupby(plan.obstacles, lambda obstacle: obstacle.kind):
        areas = [_area(obstacle, frame) for obstacle in obstacles]
        for first in range(0, len(areas), AREAS_AT_ONCE):
            streets.clip_out(areas[first : first + AREAS_AT_ONCE], bridges | (rank >= crosses[kind]))
    for freeway in plan.freeways:
        if freeway.barrier:
            line = smooth(frame.to_xy(freeway.points))
            streets.clip(corridor(line, FREEWAY_CORRIDOR_M), to_inside=False, exempt=bridges | (rank >= MAIN))
    # Main roads end on the border of the square, others at the last junction before it.
    streets.clip(_square(plan.half_side_m - 2), to_inside=True, exempt=rank < ARTERIAL)
    streets.clip(_square(plan.half_side_m + MARGIN_M), to_inside=True)


def _area(obstacle: Obstacle, frame: Frame) -> Points:
    area = frame.to_xy(obstacle.area)
    return corridor(smooth(area), obstacle.half_width_m) if obstacle.half_width_m else area


def _square(half_side_m: float) -> Points:
    return half_side_m * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])


def _settle_names(network: Network, rng: Draws) -> None:
    """Name those streets that are left."""
    names = Names(rng, {s.name for s in network.table})
    for k in sorted({e.street for e in network.edges}):
        network.table[k] = network.table[k]._replace(name=names.settle(network.table[k].name))


def _edge_mm(network: Network, frame: Frame) -> NDArray[np.int64]:
    """Length of every edge along its bends, rounded up so that none is shorter than the straight line."""
    lines = [network.line(e) for e in network.edges]
    first = np.cumsum([0, *(len(line) for line in lines[:-1])])
    lat, lon = (np.radians(e6 / E6) for e6 in frame.to_e6(np.vstack(lines)))
    h = sine(np.diff(lat) / 2) ** 2 + cosine(lat[1:]) * cosine(lat[:-1]) * sine(np.diff(lon) / 2) ** 2
    # The arc sine of sqrt(h) by its series, which is exact for the few kilometres of a street.
    mm = 2 * EARTH_RADIUS_M * 1000 * np.sqrt(h) * (1 + h / 6 + 3 * h * h / 40)
    mm[first[1:] - 1] = 0  # from one edge's end to the start of the next
    return np.ceil(np.add.reduceat(mm, first) + 1e-3).astype(np.int64)


def to_graph(network: Network, plan: CityPlan) -> RoadGraph:
    """Put a city's network into the form that is stored: nodes, lengths and names."""
    frame = Frame(*plan.kitchen)
    lat, lon = frame.to_e6(network.xy)
    lon = (lon + HALF_TURN_E6) % (2 * HALF_TURN_E6) - HALF_TURN_E6  # beyond the 180th degree
    mm = _edge_mm(network, frame)
    there = np.array([(e.u, e.v, e.street) for e in network.edges], np.int64)
    back = np.array([not e.one_way for e in network.edges])
    tail, head, street = np.vstack([there, there[back][:, [1, 0, 2]]]).T
    length = np.concatenate([mm, mm[back]])
    used, street = np.unique(street, return_inverse=True)
    names = tuple(network.table[k].name for k in used)
    return RoadGraph.from_edges(
        lat, lon, tail, head, length, street, names, Provenance(plan.source, "CC0-1.0", synthetic=True)
    )
