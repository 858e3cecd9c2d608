"""Measure the drives from a kitchen over a network: how far, how long, and how many events they make."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.roads.measures import find_streets
from fastgen.units import M_PER_MILE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.model.road_graph import RoadGraph

DRIVE_MPH = 25
EVENTS_BESIDE_PINGS = 7


class DriveMeasures(NamedTuple):
    """Figures of the drives from a kitchen.

    Attributes
    ----------
    unreached
        Share of nodes without a directed path from the kitchen's node.
    detour
        Median over nodes of route length over straight line from the kitchen's node.
    drive_min
        Mean over nodes of the drive at 25 mph, minutes.
    events_per_order
        Mean over nodes of an order's events: seven, and a ping for each whole minute of the drive but one.
    """

    unreached: float
    detour: float
    drive_min: float
    events_per_order: float


def measure_drives(graph: RoadGraph, lat: float, lon: float) -> DriveMeasures:
    """Measure the drives from a kitchen (decimal degrees) to every node."""
    tail, head = graph.edge_from().astype(np.int64), graph.edge_to.astype(np.int64)
    u, v, length_m, _ = find_streets(graph)
    kitchen = int(graph.distances_m(lat, lon).argmin())
    directed_m = _distances_m(graph.n_nodes, kitchen, tail, head, graph.edge_length_mm / 1000)
    both_m = _distances_m(graph.n_nodes, kitchen, np.r_[u, v], np.r_[v, u], np.r_[length_m, length_m])
    reached = np.isfinite(directed_m)
    route_m = np.where(reached, directed_m, both_m)
    away_m = graph.distances_m(graph.lat_e6[kitchen] / 1e6, graph.lon_e6[kitchen] / 1e6)
    drive_s = route_m / (DRIVE_MPH * M_PER_MILE / 3600)
    pings = np.maximum(1, np.floor(drive_s / 60)) - 1
    return DriveMeasures(
        unreached=float(1 - reached.mean()),
        detour=float(np.median(route_m[away_m > 0] / away_m[away_m > 0])),
        drive_min=float(drive_s.mean() / 60),
        events_per_order=float(EVENTS_BESIDE_PINGS + pings.mean()),
    )


def _distances_m(
    n_nodes: int, start: int, tail: NDArray[np.int64], head: NDArray[np.int64], length_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Dijkstra's distances from one node; infinite where no path leads."""
    after: list[list[tuple[int, float]]] = [[] for _ in range(n_nodes)]
    for u, v, m in zip(tail.tolist(), head.tolist(), length_m.tolist(), strict=True):
        after[u].append((v, m))
    distance = [np.inf] * n_nodes
    distance[start] = 0.0
    queue = [(0.0, start)]
    while queue:
        so_far, u = heapq.heappop(queue)
        if so_far > distance[u]:
            continue
        for v, m in after[u]:
            if so_far + m < distance[v]:
                distance[v] = so_far + m
                heapq.heappush(queue, (so_far + m, v))
    return np.array(distance)
