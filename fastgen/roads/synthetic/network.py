"""Turn cut segments into a graph: weld their ends, merge close junctions, prune dead ends."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from fastgen.roads.components import label_components
from fastgen.roads.synthetic.plane import close_pairs
from fastgen.roads.synthetic.streets import LOCAL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.roads.synthetic.draws import Draws
    from fastgen.roads.synthetic.plane import Points
    from fastgen.roads.synthetic.streets import Street, Streets

# Every cut rounds to a centimetre, so ends that should be one point lie up to a few centimetres apart.
WELD_M = 0.25


@dataclass
class Edge:
    """A street from node u to node v.

    Attributes
    ----------
    u, v
        Nodes.
    street
        Index into the table of streets.
    one_way
        Whether one drives only from u to v.
    via
        Positions (x, y) of the bends between.
    """

    u: int
    v: int
    street: int
    one_way: bool
    via: list[tuple[float, float]]

    def reverse(self) -> Edge:
        """Make the same edge, seen from v."""
        return Edge(self.v, self.u, self.street, self.one_way, self.via[::-1])


@dataclass
class Network:
    """Nodes and edges, in metres.

    Attributes
    ----------
    xy
        float64 (n_nodes, 2).
    ground
        bool (n_nodes,), whether a street on the ground ends there.
    edges
        Edges, two-way ones once.
    table
        Streets.
    bend_m
        How far a street may bend away from the straight line between two nodes.
    """

    xy: Points
    ground: NDArray[np.bool_]
    edges: list[Edge]
    table: list[Street]
    bend_m: float

    def degrees(self) -> NDArray[np.int64]:
        """Count the edges at each node, int64 (n_nodes,)."""
        ends = np.array([(e.u, e.v) for e in self.edges], np.int64).ravel()
        return np.bincount(ends, minlength=len(self.xy))

    def line(self, edge: Edge) -> Points:
        """Lay out an edge with its bends, float64 (n, 2)."""
        return np.array([tuple(self.xy[edge.u]), *edge.via, tuple(self.xy[edge.v])])

    def length_m(self, edge: Edge) -> float:
        """Measure an edge along its bends."""
        (x0, y0), (x1, y1) = self.xy[edge.u].tolist(), self.xy[edge.v].tolist()
        stops = [(x0, y0), *edge.via, (x1, y1)]
        return sum(math.dist(p, q) for p, q in pairwise(stops))


def _clusters(xy: Points, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Label each point with the number of its group: pairs join points to groups, int64 (n,)."""
    label = label_components(len(xy), pairs[:, 0], pairs[:, 1])
    return np.asarray(np.unique(label, return_inverse=True)[1], np.int64)


def from_streets(streets: Streets, bend_m: float) -> Network:
    """Weld the segments' ends into nodes."""
    ends = np.vstack([streets.a, streets.b])
    # In whole centimetres, which compare exactly.
    keys, inverse = np.unique(np.rint(ends * 100).astype(np.int64), axis=0, return_inverse=True)
    inverse = inverse.ravel()
    over = np.tile(streets.column("over"), 2)
    ground = np.zeros(len(keys), bool)
    ground[inverse[over == 0]] = True
    xy = keys / 100.0
    # Vertices of a bridge and of the street below it may lie at one place, and are not welded.
    pairs = close_pairs(xy, WELD_M)
    labels = _clusters(xy, pairs[ground[pairs].all(axis=1)])
    _, first, node = np.unique(labels, return_index=True, return_inverse=True)
    node_of_end = node[inverse]
    welded_ground = np.zeros(len(first), bool)
    np.logical_or.at(welded_ground, node, ground)
    n = len(streets.a)
    edges = [
        Edge(int(u), int(v), int(s), streets.table[s].one_way, [])
        for u, v, s in zip(node_of_end[:n], node_of_end[n:], streets.street, strict=True)
    ]
    network = Network(xy[first], welded_ground, edges, streets.table, bend_m)
    drop_parallels(network)
    return network


def drop_parallels(network: Network) -> None:
    """Drop loops, and keep of the edges between two nodes the one of highest rank, then the shortest."""
    between: dict[tuple[int, int], list[int]] = defaultdict(list)
    for k, e in enumerate(network.edges):
        if e.u != e.v:
            between[min(e.u, e.v), max(e.u, e.v)].append(k)

    def rating(k: int) -> tuple[float, float, int]:
        e = network.edges[k]
        return -network.table[e.street].rank, network.length_m(e), k

    kept = sorted(same[0] if len(same) == 1 else min(same, key=rating) for same in between.values())
    network.edges = [network.edges[k] for k in kept]


def merge_close(network: Network, radius_m: float) -> None:
    """Merge junctions on the ground that lie too close, into the busiest one's place."""
    degree = network.degrees()
    pairs = close_pairs(network.xy, radius_m)
    used = (degree > 0) & network.ground
    labels = _clusters(network.xy, pairs[used[pairs].all(axis=1)])
    # Of a cluster the busiest junction stays in place, so that main roads don't bend.
    order = np.lexsort((np.arange(len(degree)), -degree, labels))
    first = order[np.r_[True, labels[order][1:] != labels[order][:-1]]]
    keeper = np.empty(labels.max() + 1, np.int64)
    keeper[labels[first]] = first
    for e in network.edges:
        e.u, e.v = int(keeper[labels[e.u]]), int(keeper[labels[e.v]])
    drop_parallels(network)


def prune_dead_ends(network: Network, keep: float, rng: Draws, shorter_than_m: float = 48.0) -> None:
    """Drop dead ends that are stubs, and some of the others."""
    degree = network.degrees()

    def stays(e: Edge) -> bool:
        if min(degree[e.u], degree[e.v]) != 1 or network.table[e.street].rank > LOCAL:
            return True
        return network.length_m(e) >= shorter_than_m and bool(rng.random() < keep)

    network.edges = [e for e in network.edges if stays(e)]
