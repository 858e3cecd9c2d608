"""Keep a network in one piece and drivable: the square, the kitchen's component, one-way repairs."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

from fastgen.roads.synthetic.plane import sizes
from fastgen.roads.synthetic.streets import ARTERIAL, RAMP

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastgen.roads.synthetic.network import Edge, Network


def _reach(start: int, steps: Iterable[tuple[int, int]]) -> set[int]:
    """Find the nodes that a path of directed steps leads to from a start."""
    after: dict[int, list[int]] = defaultdict(list)
    for u, v in steps:
        after[u].append(v)
    seen, waiting = {start}, [start]
    while waiting:
        for v in after[waiting.pop()]:
            if v not in seen:
                seen.add(v)
                waiting.append(v)
    return seen


def cut_to_square(network: Network, half_side_m: float) -> None:
    """Drop every edge that leaves the square around the kitchen, as osmnx truncates."""
    ok = np.abs(network.xy).max(axis=1) <= half_side_m
    network.edges = [e for e in network.edges if ok[e.u] and ok[e.v]]


def keep_component(network: Network) -> int:
    """Keep the largest connected piece, and return its node nearest to the kitchen."""
    used = {n for e in network.edges for n in (e.u, e.v)}
    piece = _pieces(network, used)
    size = Counter(piece.values())
    # Of equally large ones the first, so that no order of a dictionary decides.
    largest = min(size, key=lambda label: (-size[label], label))
    network.edges = [e for e in network.edges if piece[e.u] == largest]
    away = np.where(network.degrees() > 0, sizes(network.xy), np.inf)
    return int(np.argmin(away))


def _outside(network: Network, kitchen: int, *, forward: bool) -> set[int]:
    """Find the nodes that no directed path leads to from the kitchen; if not forward, back to the kitchen."""
    steps = []
    for e in network.edges:
        if forward or not e.one_way:
            steps.append((e.u, e.v))
        if not forward or not e.one_way:
            steps.append((e.v, e.u))
    used = {n for e in network.edges for n in (e.u, e.v)}
    return used - _reach(kitchen, steps)


def open_one_ways(network: Network, kitchen: int, share: float) -> None:
    """Make one-way streets two-way until nearly every node is reached from the kitchen, and reaches it.

    Freeways stay one-way, and so do some streets that enter the square from outside: a clip of a real network
    has the same few nodes that no directed path leads to.
    """
    edge_m = np.abs(network.xy).max()
    freeway = {n for e in network.edges if network.table[e.street].rank >= RAMP for n in (e.u, e.v)}
    # Nodes of freeways and ramps alone may stay unreached, those where an ordinary street meets them may not.
    freeway -= {n for e in network.edges if network.table[e.street].rank < RAMP for n in (e.u, e.v)}
    # Only these may stay unreached: further in, a real network would not have them.
    rim = set(np.flatnonzero(np.abs(network.xy).max(axis=1) > edge_m - 250).tolist())
    for forward in (True, False):
        while True:
            cut_off = _outside(network, kitchen, forward=forward) - freeway
            spare = sorted(cut_off & rim)[: int(share * len(network.edges) / 2)]
            cut_off -= set(spare)
            # One opened street for each piece that is cut off, then look again: it may free its neighbours.
            piece = _pieces(network, cut_off)
            doors: dict[int, Edge] = {}
            for e in network.edges:
                ends = [n for n in (e.u, e.v) if n in cut_off]
                if e.one_way and len(ends) == 1 and network.table[e.street].rank < RAMP:
                    doors.setdefault(piece[ends[0]], e)
            if not doors:
                break
            for e in doors.values():
                e.one_way = False


def even_one_ways(network: Network) -> None:
    """Open one-way streets that a two-way one goes on from, where nothing else meets them."""
    at: dict[int, list[Edge]] = defaultdict(list)
    for e in network.edges:
        at[e.u].append(e)
        at[e.v].append(e)
    # Opening an edge may leave the one behind it uneven, so its ends wait once more.
    waiting = sorted(at)
    while waiting:
        pair = at[waiting.pop()]
        if len(pair) == 2 and pair[0].one_way != pair[1].one_way:  # noqa: PLR2004
            opened = pair[0] if pair[0].one_way else pair[1]
            if network.table[opened.street].rank < RAMP:
                opened.one_way = False
                waiting += [opened.u, opened.v]


def enter_one_way(network: Network, kitchen: int, share: float, half_side_m: float) -> None:
    """Let dead ends near the rim be one-way streets from outside, until a share of nodes is not reached."""
    degree = network.degrees()
    missing = round(share * int((degree > 0).sum())) - len(_outside(network, kitchen, forward=True))
    rim = np.abs(network.xy).max(axis=1)
    doors = [
        k
        for k, e in enumerate(network.edges)
        if not e.one_way and min(degree[e.u], degree[e.v]) == 1 and network.table[e.street].rank < ARTERIAL
    ]
    doors.sort(key=lambda k: (round(half_side_m - max(rim[network.edges[k].u], rim[network.edges[k].v])), k))
    # The street then leads from its dead end inward, so that no directed path reaches the node there.
    for k in doors[: max(missing, 0)]:
        e = network.edges[k]
        network.edges[k] = e if degree[e.u] == 1 else e.reverse()
        network.edges[k].one_way = True


def _pieces(network: Network, nodes: set[int]) -> dict[int, int]:
    """Label some nodes by the connected piece that they belong to."""
    steps = [(e.u, e.v) for e in network.edges if e.u in nodes and e.v in nodes]
    both = steps + [(v, u) for u, v in steps]
    piece: dict[int, int] = {}
    after: dict[int, list[int]] = defaultdict(list)
    for u, v in both:
        after[u].append(v)
    for start in sorted(nodes):
        waiting = [start]
        while waiting:
            node = waiting.pop()
            if node not in piece:
                piece[node] = start
                waiting.extend(after[node])
    return piece
