"""Keep a network in one piece and drivable: the square, the kitchen's component, one-way repairs."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from fastgen.roads.synthetic.streets import RAMP

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastgen.roads.synthetic.network import Edge, Network


def _reach(start: int, steps: Iterable[tuple[int, int]]) -> set[int]:
    after: dict[int, list[int]] = defaultdict(list)
    for u, v in steps:
        after[u].append(v)
    seen, todo = {start}, [start]
    while todo:
        for v in after[todo.pop()]:
            if v not in seen:
                seen.add(v)
                todo.append(v)
    return seen


def cut_to_square(network: Network, half_side_m: float) -> None:
    """Drop every edge that leaves the square around the kitchen, as osmnx truncates."""
    ok = (np.abs(network.xy) <= half_side_m).all(axis=1)
    network.edges = [e for e in network.edges if ok[e.u] and ok[e.v]]


def keep_component(network: Network) -> int:
    """Keep what hangs together with the node nearest to the kitchen, and return that node."""
    used = np.flatnonzero(network.degrees())
    kitchen = int(used[np.argmin(np.hypot(*network.xy[used].T))])
    both = [(e.u, e.v) for e in network.edges] + [(e.v, e.u) for e in network.edges]
    piece = _reach(kitchen, both)
    network.edges = [e for e in network.edges if e.u in piece]
    return kitchen


def _outside(network: Network, kitchen: int, *, forward: bool) -> set[int]:
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

    Freeways stay one-way, and so do some streets that enter the square from outside: a clip of a real network has the same few nodes
    that no directed path leads to.
    """
    edge_m = np.abs(network.xy).max()
    freeway = {n for e in network.edges if network.table[e.street].rank >= RAMP for n in (e.u, e.v)}
    freeway -= {n for e in network.edges if network.table[e.street].rank < RAMP for n in (e.u, e.v)}
    rim = set(np.flatnonzero(np.abs(network.xy).max(axis=1) > edge_m - 250).tolist())
    for forward in (True, False):
        while True:
            cut_off = _outside(network, kitchen, forward=forward) - freeway
            spare = sorted(cut_off & rim)[: int(share * len(network.edges) / 2)]
            cut_off -= set(spare)
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


def _pieces(network: Network, nodes: set[int]) -> dict[int, int]:
    """Number the connected pieces of some nodes."""
    steps = [(e.u, e.v) for e in network.edges if e.u in nodes and e.v in nodes]
    both = steps + [(v, u) for u, v in steps]
    piece: dict[int, int] = {}
    after: dict[int, list[int]] = defaultdict(list)
    for u, v in both:
        after[u].append(v)
    for start in sorted(nodes):
        todo = [start]
        while todo:
            node = todo.pop()
            if node not in piece:
                piece[node] = start
                todo.extend(after[node])
    return piece
