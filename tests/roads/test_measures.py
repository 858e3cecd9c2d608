"""The built-in networks are judged by these measures: they must be right where the answer is known."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.drives import measure_drives
from fastgen.model.road_graph import Provenance, RoadGraph
from fastgen.roads.measures import find_streets, measure_streets
from fastgen.units import EARTH_RADIUS_M, NO_STREET

if TYPE_CHECKING:
    from collections.abc import Sequence

STEP_E6 = 1000
STEP_M = math.radians(STEP_E6 / 1e6) * EARTH_RADIUS_M
MINUTE_MM = round(25 * 1609.34 / 60 * 1000)


def graph_of(
    places: Sequence[tuple[int, int]], edges: Sequence[tuple[int, int, int]], *, both: bool = True
) -> RoadGraph:
    """Make a network near the equator from (lat, lon) in microdegrees and (from, to, millimetres)."""
    lat, lon = np.array(places).T
    tail, head, length = np.array(edges).T
    if both:
        tail, head, length = np.r_[tail, head], np.r_[head, tail], np.r_[length, length]
    street = np.full(len(tail), NO_STREET)
    return RoadGraph.from_edges(
        lat, lon, tail, head, length, street, (), Provenance("test", "CC0", synthetic=True)
    )


def lattice(rows: int, columns: int, length_mm: int) -> RoadGraph:
    """Make a grid of two-way streets."""
    places = [(r * STEP_E6, c * STEP_E6) for r in range(rows) for c in range(columns)]
    across = [
        (r * columns + c, r * columns + c + 1, length_mm) for r in range(rows) for c in range(columns - 1)
    ]
    up = [
        (r * columns + c, (r + 1) * columns + c, length_mm) for r in range(rows - 1) for c in range(columns)
    ]
    return graph_of(places, across + up)


def test_a_perfect_grid() -> None:
    grid = lattice(4, 4, 112_000)
    measures = measure_streets(grid)
    assert (grid.n_nodes, len(find_streets(grid)[0]), grid.n_edges) == (16, 24, 48)
    assert measures.dead_ends == 0
    assert measures.three_way == 8 / 16
    assert measures.four_way == 4 / 16
    assert measures.streets_per_node == 3.0
    assert measures.orientation_order == pytest.approx(1.0)
    assert measures.circuity == pytest.approx(112 / STEP_M, rel=1e-3)
    assert measures.mean_street_m == measures.median_street_m == 112
    assert measures.orientation_entropy == pytest.approx(math.log(4))
    # One square of 500 m to a side has all of its 12 junctions and 24 streets.
    assert (measures.intersections_per_km2, measures.street_km_per_km2) == (48, 24 * 0.112 / 0.25)
    assert (measures.one_way, measure_drives(grid, 0.0, 0.0).unreached) == (0, 0)


def test_streets_in_all_directions_have_no_order() -> None:
    angles = np.radians(np.arange(0, 360, 10))
    rim = [(round(9000 * math.cos(a)), round(9000 * math.sin(a))) for a in angles]
    star = graph_of([(0, 0), *rim], [(0, k + 1, 1_100_000) for k in range(36)])
    measures = measure_streets(star)
    assert measures.orientation_order == pytest.approx(0.0, abs=1e-9)
    assert measures.dead_ends == 36 / 37
    assert measures.five_way == 1 / 37


def test_one_way_streets_and_nodes_that_none_leads_to() -> None:
    # 0 -> 1 -> 2, and 3 -> 0: from node 0 none leads to 3, whose drive is then the street taken backwards.
    places = [(0, 0), (0, STEP_E6), (0, 2 * STEP_E6), (STEP_E6, 0)]
    one_way = graph_of(places, [(0, 1, 200_000), (1, 2, 200_000), (3, 0, 300_000)], both=False)
    measures = measure_drives(one_way, 0.0, 0.0)
    assert measure_streets(one_way).one_way == 1.0
    assert measures.unreached == 0.25
    assert measures.drive_min == pytest.approx((200 + 400 + 300) / 4 / (MINUTE_MM / 1000), rel=1e-6)


@pytest.mark.parametrize(("minutes", "events"), [(0.5, 7), (1.2, 7), (2.1, 8), (9.9, 15)])
def test_events_of_an_order(minutes: float, events: int) -> None:
    # Pings are floor(minutes) - 1, and the order to the kitchen's own node has none.
    pair = graph_of([(0, 0), (0, STEP_E6)], [(0, 1, round(minutes * MINUTE_MM))])
    assert measure_drives(pair, 0.0, 0.0).events_per_order == (7 + events) / 2


@given(st.integers(0, 2**32), st.integers(2, 25))
@settings(max_examples=25, deadline=None)
def test_drives_are_the_shortest_that_networkx_finds(seed: int, n_nodes: int) -> None:
    rng = np.random.default_rng(seed)
    places = [(int(lat), int(lon)) for lat, lon in rng.integers(0, 20_000, (n_nodes, 2))]
    chain = [(u, v, int(rng.integers(1, 10**6))) for u, v in pairwise(range(n_nodes))]
    more = [(int(u), int(v), int(rng.integers(1, 10**6))) for u, v in rng.integers(0, n_nodes, (n_nodes, 2))]
    graph = graph_of(places, chain + more)
    kitchen = int(graph.distances_m(0.0, 0.0).argmin())
    reference = nx.DiGraph()
    for u, v, mm in zip(graph.edge_from(), graph.edge_to, graph.edge_length_mm, strict=True):
        reference.add_edge(int(u), int(v), mm=int(mm))
    expected = nx.single_source_dijkstra_path_length(reference, kitchen, weight="mm")
    measures = measure_drives(graph, 0.0, 0.0)
    assert measures.drive_min == pytest.approx(sum(expected.values()) / n_nodes / (25 * 1_609_340 / 60))
