"""Contract a graph: streets run from junction to junction, not from vertex to vertex."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from fastgen.roads.synthetic.network import Edge, Network, drop_parallels
from fastgen.roads.synthetic.plane import sizes

if TYPE_CHECKING:
    from fastgen.roads.synthetic.plane import Points


def _bend_splits(line: Points, bend_m: float) -> list[int]:
    """Pick vertices that a chord may not skip (as Douglas and Peucker 1973 do)."""
    chord = line[-1] - line[0]
    size = max(float(sizes(chord)), 1.0)
    away = np.abs(chord[0] * (line[:, 1] - line[0, 1]) - chord[1] * (line[:, 0] - line[0, 0])) / size
    # Of a street that returns to its start, the chord says nothing: the vertex farthest from there counts.
    if sizes(chord) < 20:  # noqa: PLR2004
        away = sizes(line - line[0])
    k = int(np.argmax(away))
    if len(line) < 3 or away[k] < bend_m:  # noqa: PLR2004
        return []
    return [*_bend_splits(line[: k + 1], bend_m), k, *(k + s for s in _bend_splits(line[k:], bend_m))]


class _Chains:
    """Walks along edges that pass through nodes where nothing else meets them."""

    def __init__(self, network: Network) -> None:
        self.network, self.edges = network, network.edges
        self.done = [False] * len(network.edges)
        self.at: dict[int, list[int]] = defaultdict(list)
        for k, e in enumerate(network.edges):
            self.at[e.u].append(k)
            self.at[e.v].append(k)

    def passes(self, node: int) -> bool:
        """Tell whether a node is only a point along one street."""
        if len(self.at[node]) != 2:  # noqa: PLR2004
            return False
        one, two = (self.edges[k] for k in self.at[node])
        table = self.network.table
        if one.one_way != two.one_way or table[one.street].over != table[two.street].over:
            return False
        return not one.one_way or (one.v == node) != (two.v == node)

    def walk(self, first: int, start: int) -> list[Edge]:
        """Follow a street from a node to the next junction."""
        chain, k, node = [], first, start
        while True:
            self.done[k] = True
            step = self.edges[k] if self.edges[k].u == node else self.edges[k].reverse()
            chain.append(step)
            node = step.v
            if node == start or not self.passes(node):
                # A one-way street that was walked against its direction is turned round.
                backwards = self.edges[first].one_way and self.edges[first].v == start
                return [e.reverse() for e in reversed(chain)] if backwards else chain
            k = self.at[node][0] if self.at[node][1] == k else self.at[node][1]


def contract(network: Network) -> None:
    """Join the edges at nodes where one street goes on, keeping nodes at wide bends."""
    chains = _Chains(network)
    joined: list[Edge] = []
    # Junctions first; what is then left are rings.
    for start in sorted(chains.at, key=lambda n: (chains.passes(n), n)):
        for k in chains.at[start]:
            if not chains.done[k]:
                joined.extend(_join(network, chains.walk(k, start)))
    network.edges = joined
    drop_parallels(network)


def _join(network: Network, chain: list[Edge]) -> list[Edge]:
    if len(chain) == 1:
        return chain
    nodes = [chain[0].u, *(e.v for e in chain)]
    marks, line = [0], [tuple(network.xy[chain[0].u])]
    for e in chain:
        line += [*e.via, tuple(network.xy[e.v])]
        marks.append(len(line) - 1)
    node_at = dict(zip(marks, nodes, strict=True))
    stops = [
        s
        for s in _bend_splits(np.array(line), network.bend_m)
        if s in node_at and s not in (0, len(line) - 1)
    ]
    # A ring without two nodes on it would be a loop or a pair of parallels, which are dropped.
    if nodes[0] == nodes[-1] and len(stops) < 2 and len(chain) > 2:  # noqa: PLR2004
        stops = [marks[len(chain) // 3], marks[2 * len(chain) // 3]]
    bounds = [0, *sorted(set(stops)), len(line) - 1]
    pieces = []
    for low, high in pairwise(bounds):
        length: dict[int, float] = defaultdict(float)
        for k, e in enumerate(chain):
            if marks[k] >= low and marks[k + 1] <= high:
                length[e.street] += network.length_m(e)
        # A piece of several streets is named as the longest of them.
        street = max(sorted(length), key=lambda s: (length[s], network.table[s].rank))
        via = [(float(x), float(y)) for x, y in line[low + 1 : high]]
        pieces.append(Edge(node_at[low], node_at[high], street, chain[0].one_way, via))
    return pieces
