"""Build a city's road graph from its plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.model.great_circle import compute_angles
from fastgen.model.road_graph import Provenance, RoadGraph
from fastgen.roads.synthetic.contraction import contract
from fastgen.roads.synthetic.curves import part_crossings, sway
from fastgen.roads.synthetic.flow import cut_to_square, enter_one_way, keep_component, open_one_ways
from fastgen.roads.synthetic.freeways import add_ramps, lay_freeway
from fastgen.roads.synthetic.grids import lay_grid
from fastgen.roads.synthetic.naming import Names
from fastgen.roads.synthetic.network import from_streets, merge_close, prune_dead_ends
from fastgen.roads.synthetic.plan import Grid
from fastgen.roads.synthetic.planar import PIECE_M, cut_at_crossings, drop_doubles, join_loose_ends
from fastgen.roads.synthetic.plane import Frame, corridor, smooth
from fastgen.roads.synthetic.streets import ARTERIAL, FREEWAY, LOCAL, MAIN, Street, Streets, along
from fastgen.roads.synthetic.suburbs import lay_suburb
from fastgen.units import EARTH_RADIUS_M, M_PER_MILE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.roads.synthetic.network import Network
    from fastgen.roads.synthetic.plan import CityPlan
    from fastgen.roads.synthetic.plane import Points

HALF_SIDE_M = 4 * M_PER_MILE
MARGIN_M = 250.0
DOUBLE_M = 38.0
JOIN_M = 42.0
FREEWAY_CORRIDOR_M = 40.0


def build_city(plan: CityPlan) -> RoadGraph:
    """Generate a city's network.

    Parameters
    ----------
    plan
        The city's geography.

    Returns
    -------
    RoadGraph
        One weakly connected network in the square of ±4 miles around the kitchen.
    """
    return to_graph(lay_out(plan), plan)


def lay_out(plan: CityPlan) -> Network:
    """Lay out a city's network in metres around the kitchen, with the course of its streets between nodes.

    Parameters
    ----------
    plan
        The city's geography.
    """
    frame = Frame(*plan.kitchen)
    streets = _lay(plan, frame)
    rng = _stream(plan, len(plan.districts))
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
    cut_to_square(network, HALF_SIDE_M)
    kitchen = keep_component(network)
    open_one_ways(network, kitchen, 0.008)
    enter_one_way(network, kitchen, plan.unreached, HALF_SIDE_M)
    sways = np.array([plan.districts[s.district].sway if s.district >= 0 else 0.0 for s in network.table])
    part_crossings(network)
    sway(network, sways, _stream(plan, len(plan.districts) + 1))
    _settle_names(network, rng)
    return network


def _stream(plan: CityPlan, k: int) -> np.random.Generator:
    """Open the stream of a district, so that a change to one leaves the others as they are."""
    return np.random.Generator(np.random.PCG64([plan.seed, k]))


def _lay(plan: CityPlan, frame: Frame) -> Streets:
    parts = []
    for road in plan.roads:
        xy = frame.to_xy(road.points)
        street = Street(road.name, LOCAL if road.local else ARTERIAL, road.one_way, bridge=road.bridge)
        parts.append(along(street, smooth(xy) if road.curved else xy))
    streets = Streets.of(parts)
    for freeway in plan.freeways:
        streets.extend(lay_freeway(freeway, frame))
    for k, district in enumerate(plan.districts):
        area = frame.to_xy(district.area)
        if isinstance(district, Grid):
            laid = lay_grid(district, area, frame, k, rng=_stream(plan, k))
        else:
            laid = lay_suburb(district, area, frame, k, _stream(plan, k))
        for earlier in plan.districts[:k]:
            laid.clip(frame.to_xy(earlier.area), to_inside=False)
        streets.extend(laid)
    return streets


def _clear(plan: CityPlan, frame: Frame, streets: Streets) -> None:
    """Take streets out of water, parks and freeway corridors, and off the map."""
    rank = np.array([s.rank for s in streets.table])
    bridges = np.array([s.bridge or s.over for s in streets.table])
    streets.clip_to_any([frame.to_xy(area) for area in plan.land], exempt=bridges)
    crosses = {"water": FREEWAY + 1, "river": MAIN, "park": ARTERIAL}
    for obstacle in plan.obstacles:
        area = frame.to_xy(obstacle.area)
        if obstacle.half_width_m:
            area = corridor(smooth(area), obstacle.half_width_m)
        streets.clip(area, to_inside=False, exempt=bridges | (rank >= crosses[obstacle.kind]))
    for freeway in plan.freeways:
        if freeway.barrier:
            line = smooth(frame.to_xy(freeway.points))
            streets.clip(corridor(line, FREEWAY_CORRIDOR_M), to_inside=False, exempt=bridges | (rank >= MAIN))
    # Main roads end on the border of the square, others at the last junction before it.
    streets.clip(_square(HALF_SIDE_M - 2), to_inside=True, exempt=rank < ARTERIAL)
    streets.clip(_square(HALF_SIDE_M + MARGIN_M), to_inside=True)


def _square(half_side_m: float) -> Points:
    return half_side_m * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])


def _settle_names(network: Network, rng: np.random.Generator) -> None:
    """Name those streets that are left."""
    names = Names(rng, {s.name for s in network.table})
    for k in sorted({e.street for e in network.edges}):
        network.table[k] = network.table[k]._replace(name=names.settle(network.table[k].name))


def _measure_mm(lat_e6: NDArray[np.int64], lon_e6: NDArray[np.int64]) -> float:
    """Measure a line through points, millimetres."""
    lat, lon = np.radians(lat_e6 / 1e6), np.radians(lon_e6 / 1e6)
    return float((EARTH_RADIUS_M * 1000 * compute_angles(lat[:-1], lat[1:], np.diff(lon))).sum())


def _edge_mm(network: Network, frame: Frame) -> list[int]:
    """Length of every edge along its bends, rounded up so that none is shorter than the straight line."""

    def measure(line: Points) -> int:
        return int(np.ceil(_measure_mm(*frame.to_e6(line)) + 1e-3))

    return [measure(network.line(e)) for e in network.edges]


def to_graph(network: Network, plan: CityPlan) -> RoadGraph:
    """Put a city's network into the form that is stored: nodes, lengths and names."""
    frame = Frame(*plan.kitchen)
    lat, lon = frame.to_e6(network.xy)
    mm = _edge_mm(network, frame)
    rows = [(e.u, e.v, m, e.street) for e, m in zip(network.edges, mm, strict=True)]
    rows += [(e.v, e.u, m, e.street) for e, m in zip(network.edges, mm, strict=True) if not e.one_way]
    tail, head, length, street = np.array(rows, np.int64).T
    source = f"fastgen built-in synthetic network of {plan.title} (invented streets, not for navigation)"
    used, street = np.unique(street, return_inverse=True)
    names = tuple(network.table[k].name for k in used)
    return RoadGraph.from_edges(
        lat, lon, tail, head, length, street, names, Provenance(source, "CC0-1.0", synthetic=True)
    )
