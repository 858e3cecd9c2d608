"""Curve streets between junctions (round corners, sway, hooked dead ends), and keep chords from crossing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fastgen.roads.synthetic.plane import close_pairs, sizes
from fastgen.roads.synthetic.streets import ARTERIAL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.roads.synthetic.draws import Draws
    from fastgen.roads.synthetic.network import Edge, Network
    from fastgen.roads.synthetic.plane import Points

ROUNDS_OF_CROSSINGS = 6  # a new node's two straight lines may cross others again
LONGEST_M = 500.0  # of a straight line that is looked at; freeways have the longer ones
LEAST_BEND_M = 1.5  # a node at a smaller bend would hardly move the line
MOST_SLOPE = 0.9  # a steeper curve could turn back on itself
# A dead end hooks more than a through street of its district sways.
HOOK = 2.2


def _round_off(line: Points) -> Points:
    """Cut a line's corners twice (Chaikin 1974)."""
    for _ in range(2):
        if len(line) == 2:  # noqa: PLR2004
            break
        early, late = 0.75 * line[:-1] + 0.25 * line[1:], 0.25 * line[:-1] + 0.75 * line[1:]
        inner = np.stack([early, late], axis=1).reshape(-1, 2)[1:-1]
        line = np.vstack([line[:1], inner, line[-1:]])
    return line


def _dense(line: Points, step_m: float = 25.0) -> tuple[Points, NDArray[np.float64]]:
    """Put more vertices on a line; also gives how far along it each lies, 0 to 1."""
    size = sizes(np.diff(line, axis=0))
    along = np.concatenate([[0.0], np.cumsum(size)])
    more = np.linspace(0, along[-1], max(3, int(along[-1] // step_m) + 1))
    at = np.unique(np.concatenate([along, more]))
    xy = np.column_stack([np.interp(at, along, line[:, 0]), np.interp(at, along, line[:, 1])])
    return xy, at / along[-1]


def sway(network: Network, slope: NDArray[np.float64], rng: Draws) -> None:
    """Bend streets sideways, in cubic curves that run smoothly through the junctions.

    Parameters
    ----------
    network
        Its edges get bends; junctions stay where they are.
    slope
        How much each street of the table sways: the standard deviation of its slope at junctions.
    rng
        Source of random numbers.
    """
    turn = np.clip(rng.normal(0, 1, len(network.xy)), -2, 2).tolist()
    hook = rng.uniform(0.2, 1.8, len(network.edges)) * rng.choice((-1.0, 1.0), len(network.edges))
    degree = network.degrees().tolist()
    for e, bow in zip(network.edges, hook.tolist(), strict=True):
        if slope[e.street] == 0 or network.table[e.street].rank >= ARTERIAL:
            continue
        start, end = turn[e.u], turn[e.v]
        if min(degree[e.u], degree[e.v]) == 1:
            start, end = HOOK * bow, -HOOK * bow
        start, end = (min(max(s * slope[e.street], -MOST_SLOPE), MOST_SLOPE) for s in (start, end))
        line, t = _dense(_round_off(network.line(e)))
        chord = line[-1] - line[0]
        side = start * t * (1 - t) ** 2 - end * t**2 * (1 - t)
        line += side[:, None] * np.array([-chord[1], chord[0]])
        e.via = list(map(tuple, line[1:-1].round(2).tolist()))


def _crossing_pairs(network: Network) -> NDArray[np.int64]:
    """Find pairs of edges on the ground whose straight lines cross between their ends, int64 (n, 2)."""
    ends = np.array([(e.u, e.v) for e in network.edges])
    a, b = network.xy[ends[:, 0]], network.xy[ends[:, 1]]
    ground = np.array([not network.table[e.street].over for e in network.edges])
    some = np.flatnonzero(ground & (sizes(b - a) < LONGEST_M))
    i, j = some[close_pairs((a + b)[some] / 2, LONGEST_M / 2)].T

    def turns(p: Points, q: Points, r: Points) -> NDArray[np.float64]:
        s, t = q - p, r - p
        return np.asarray(s[:, 0] * t[:, 1] - s[:, 1] * t[:, 0], np.float64)

    across = turns(a[i], b[i], a[j]) * turns(a[i], b[i], b[j]) < 0
    across &= turns(a[j], b[j], a[i]) * turns(a[j], b[j], b[i]) < 0
    shared = (ends[i][:, :, None] == ends[j][:, None, :]).any(axis=(1, 2))
    return np.asarray(np.column_stack([i, j])[across & ~shared], np.int64)


def _widest(network: Network, edge: Edge) -> tuple[float, int]:
    """Find the bend that lies farthest from an edge's straight line: how far, and which."""
    if not edge.via:
        return 0.0, 0
    line = network.line(edge)
    chord = line[-1] - line[0]
    size = max(float(sizes(chord)), 1.0)
    away = np.abs(chord[0] * (line[1:-1, 1] - line[0, 1]) - chord[1] * (line[1:-1, 0] - line[0, 0])) / size
    k = int(np.argmax(away))
    return float(away[k]), k


def part_crossings(network: Network) -> None:
    """Give bent streets a node at their widest bend where their straight lines cross other streets'."""
    for _ in range(ROUNDS_OF_CROSSINGS):
        parted: dict[int, int] = {}
        for pair in _crossing_pairs(network).tolist():
            widest = {k: _widest(network, network.edges[k]) for k in pair}
            bent = max(pair, key=lambda k: (widest[k][0], k))
            if widest[bent][0] >= LEAST_BEND_M and not parted.keys() & set(pair):
                parted[bent] = widest[bent][1]
        if not parted:
            return
        for k, at in sorted(parted.items()):
            _part(network, k, at)


def _part(network: Network, k: int, at: int) -> None:
    edge, node = network.edges[k], len(network.xy)
    network.xy = np.vstack([network.xy, edge.via[at]])
    network.ground = np.append(network.ground, [True])
    network.edges[k] = replace(edge, v=node, via=edge.via[:at])
    network.edges.append(replace(edge, u=node, via=edge.via[at + 1 :]))
