"""Streets are simplified as osmnx does it, in time that grows with their number."""

from __future__ import annotations

import random
import time
import warnings
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import networkx as nx
import osmnx as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.roads.simplify import simplify_streets
from tests.effort import repeats
from tests.roads.osm_text import KITCHEN, ROAD, grid_place, import_text, node, osm, way
from tests.roads.town import place

if TYPE_CHECKING:
    from pathlib import Path


def make_streets(edges: list[tuple[int, int]], seed: int) -> nx.MultiDiGraph:
    """Give edges lengths, distances and names, some without."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    streets = nx.MultiDiGraph(crs="epsg:4326")
    for u, v in edges:
        name = chance.choice([{}, {"name": "A"}, {"name": "B"}, {"name": "C"}])
        streets.add_edge(u, v, length=chance.random() * 100, reach_m=chance.random(), **name)
    for number, data in streets.nodes(data=True):
        data["y"], data["x"] = number / 100, chance.random()
    return streets


def listed(streets: nx.MultiDiGraph) -> list[Any]:
    """List nodes and edges without the order of either, or of names."""
    edges = []
    for u, v, data in streets.edges(data=True):
        name = data.get("name") or []
        names = sorted(name) if isinstance(name, list) else [name]
        edges.append((u, v, data["length"], data["reach_m"], names))
    return [sorted(streets), sorted(edges)]


def assert_same(streets: nx.MultiDiGraph) -> None:
    before = listed(streets)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = ox.simplify_graph(streets, edge_attr_aggs={"length": sum, "reach_m": min})
    assert listed(simplify_streets(streets)) == listed(wanted)
    assert listed(streets) == before


paths = st.lists(st.integers(0, 11), min_size=2, max_size=9)


@settings(max_examples=repeats(200, 20_000), deadline=None)
@given(st.lists(st.tuples(paths, st.booleans()), min_size=1, max_size=6), st.integers(0, 99))
def test_any_streets_are_simplified_as_osmnx_does_it(ways: list[tuple[list[int], bool]], seed: int) -> None:
    """Paths among few nodes make rings, loops, parallel and repeated edges, dead ends and one-way ends."""
    edges = [edge for path, _ in ways for edge in pairwise(path)]
    edges += [edge[::-1] for path, both in ways if both for edge in pairwise(path)]
    assert_same(make_streets(edges, seed))


SHAPES = {
    "two-way chain": [(0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2)],
    "ring alone": [(0, 1), (1, 2), (2, 0)],
    "loop at a junction": [(0, 1), (1, 2), (2, 3), (3, 1)],
    "loop of two": [(0, 1), (1, 2), (2, 1)],
    "loop of one": [(0, 1), (1, 1), (1, 2)],
    "one-way twice": [(0, 1), (0, 1), (1, 2), (1, 2), (2, 3)],
    "one-way into two-way": [(0, 1), (1, 2), (2, 3), (3, 2), (3, 4), (4, 3)],
    "duplicate entrance": [(0, 1), (0, 1), (1, 2), (2, 1), (2, 3), (3, 2)],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_odd_shape_is_simplified_as_osmnx_does_it(shape: str) -> None:
    assert_same(make_streets(SHAPES[shape], 1))


def test_time_grows_with_a_chain_of_many_ways(tmp_path: Path) -> None:
    """Ways of 2,000 nodes make one chain of 40,000; osmnx takes minutes."""
    n = 40_000
    # Rows of 300 m, to and fro.
    rows = [(i // 300, i % 300 if i // 300 % 2 == 0 else 299 - i % 300) for i in range(n)]
    nodes = [node(i, *place(column, row, KITCHEN)) for i, (row, column) in enumerate(rows, 1)]
    ways = [way(k, range(first, min(first + 2000, n) + 1)) for k, first in enumerate(range(1, n, 2000), 1)]
    begin = time.process_time()
    graph = import_text(osm(*nodes, *ways), tmp_path)
    assert time.process_time() - begin < 30
    assert (graph.n_nodes, graph.n_edges) == (2, 2)
    assert graph.edge_length_mm.tolist() == pytest.approx([(n - 1) * 1000] * 2, rel=0.01)


def test_merged_edge_has_all_names(tmp_path: Path) -> None:
    names = [ROAD + f'<tag k="name" v="{name}"/>' for name in ("B", "A", "C")]
    nodes = [node(i, *grid_place(i, 0)) for i in range(4)]
    ways = [way(i, [i, i + 1], inner) for i, inner in enumerate(names)]
    assert import_text(osm(*nodes, *ways), tmp_path).street_names == ("A",)
