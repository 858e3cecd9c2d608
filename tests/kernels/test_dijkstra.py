"""A longer path makes a wrong drive time: lengths must be networkx's, to the millimetre."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.roads.kernels.dijkstra import UNREACHED, shortest_path_tree
from tests.kernels.sizes import sample_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

Edges = list[tuple[int, int, int]]


def grow(n_nodes: int, edges: Edges, source: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    ordered = sorted(edges)
    tail = np.array([e[0] for e in ordered], np.int64)
    start = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=n_nodes))]).astype(np.int64)
    head = np.array([e[1] for e in ordered], np.int32)
    length = np.array([e[2] for e in ordered], np.int32)
    return shortest_path_tree(start, head, length, source, max(1, n_nodes.bit_length()))


def check_tree(n_nodes: int, edges: Edges, source: int) -> None:
    dist, parent = grow(n_nodes, edges, source)
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(n_nodes))
    graph.add_weighted_edges_from(edges)
    wanted = nx.single_source_dijkstra_path_length(graph, source)
    assert dist.tolist() == [wanted.get(v, UNREACHED) for v in range(n_nodes)]
    assert parent[source] == -1
    for v in range(n_nodes):
        if v == source or v not in wanted:
            assert parent[v] == -1
        else:
            shortest = min(w for a, b, w in edges if (a, b) == (parent[v], v))
            assert dist[parent[v]] + shortest == dist[v]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, Edges, int]:
    """Draw graphs with ties, parallel edges, loops and nodes out of reach; lengths up to the limit."""
    n = draw(st.integers(1, 12))
    node, longest = st.integers(0, n - 1), draw(st.sampled_from([3, 1000, 2**31 - 1]))
    edges = draw(st.lists(st.tuples(node, node, st.integers(1, longest)), max_size=40))
    return n, edges, draw(node)


@settings(max_examples=sample_size(300, 100), deadline=None)
@given(graphs())
def test_random_graphs(case: tuple[int, Edges, int]) -> None:
    check_tree(*case)


def test_large_random_graph() -> None:
    n = sample_size(2000, 300)
    rng = np.random.default_rng(4)
    ends = rng.integers(0, n, (3 * n, 2))
    edges = [(int(a), int(b), int(w)) for (a, b), w in zip(ends, rng.integers(1, 10**6, 3 * n), strict=True)]
    check_tree(n, edges, 0)


def test_a_node_alone() -> None:
    dist, parent = grow(1, [], 0)
    assert (dist.tolist(), parent.tolist()) == ([0], [-1])


def test_ties_are_settled_by_the_lower_node() -> None:
    """Two ways of one length: the tree must be the same on every machine."""
    _, parent = grow(4, [(0, 2, 5), (0, 1, 5), (2, 3, 5), (1, 3, 5)], 0)
    assert parent.tolist() == [-1, 0, 0, 1]


def test_many_updates_of_one_node() -> None:
    """Each node is first reached by a long way, so that the heap holds many entries out of date."""
    n = 60
    edges = [(0, v, 1000 * v) for v in range(1, n)] + [(v, w, 1) for v in range(n) for w in range(v + 1, n)]
    check_tree(n, edges, 0)
