"""Measure a road network as urban morphology does, so that an invented one can be held against real ones."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.model.great_circle import compute_angles
from fastgen.units import E6, EARTH_RADIUS_M, M_PER_MILE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.model.road_graph import RoadGraph

DRIVE_MPH = 25
EVENTS_BESIDE_PINGS = 7
N_BINS = 36


class NetworkMeasures(NamedTuple):
    """Figures of one network. A street is a physical one: both directions between two nodes are one street.

    Attributes
    ----------
    n_nodes, n_edges, n_streets
        Counts: nodes, directed edges, streets.
    n_street_names
        Different street names.
    dead_ends, three_way, four_way, five_way
        Shares of nodes with one street, three, four, and five or more.
    streets_per_node
        Mean number of streets at a node.
    one_way
        Share of streets that are driven in one direction only.
    mean_street_m, median_street_m
        Length of a street, metres.
    circuity
        Summed street length over summed straight lines.
    orientation_order
        0 where streets run in all directions alike, 1 on a perfect grid (Boeing 2019, Urban spatial order).
    unreached
        Share of nodes without a directed path from the kitchen's node.
    detour
        Median over nodes of route length over straight line from the kitchen's node.
    drive_min
        Mean over nodes of the drive at 25 mph, minutes.
    events_per_order
        Mean over nodes of an order's events: seven, and a ping for each whole minute of the drive but one.
    """

    n_nodes: int
    n_edges: int
    n_streets: int
    n_street_names: int
    dead_ends: float
    three_way: float
    four_way: float
    five_way: float
    streets_per_node: float
    one_way: float
    mean_street_m: float
    median_street_m: float
    circuity: float
    orientation_order: float
    unreached: float
    detour: float
    drive_min: float
    events_per_order: float


def network_measures(graph: RoadGraph, lat: float, lon: float) -> NetworkMeasures:
    """Measure a network around a kitchen.

    Parameters
    ----------
    graph
        The network; needs an edge.
    lat, lon
        Kitchen, decimal degrees.
    """
    tail, head = graph.edge_from().astype(np.int64), graph.edge_to.astype(np.int64)
    key = np.minimum(tail, head) * graph.n_nodes + np.maximum(tail, head)
    _, first, count = np.unique(key, return_index=True, return_counts=True)
    u, v, length_m = tail[first], head[first], graph.edge_length_mm[first] / 1000
    degree = np.bincount(np.concatenate([u, v]), minlength=graph.n_nodes)
    straight_m = _straight_m(graph, u, v)
    kitchen, _ = graph.nearest_node(lat, lon)
    directed_m = _distances_m(graph.n_nodes, kitchen, tail, head, graph.edge_length_mm / 1000)
    both_m = _distances_m(graph.n_nodes, kitchen, np.r_[u, v], np.r_[v, u], np.r_[length_m, length_m])
    reached = np.isfinite(directed_m)
    route_m = np.where(reached, directed_m, both_m)
    away_m = _straight_m(graph, np.full(graph.n_nodes, kitchen), np.arange(graph.n_nodes))
    drive_s = route_m / (DRIVE_MPH * M_PER_MILE / 3600)
    pings = np.maximum(1, np.floor(drive_s / 60)) - 1
    return NetworkMeasures(
        n_nodes=graph.n_nodes,
        n_edges=graph.n_edges,
        n_streets=len(u),
        n_street_names=len(graph.street_names),
        dead_ends=float(np.mean(degree == 1)),
        three_way=float(np.mean(degree == 3)),  # noqa: PLR2004
        four_way=float(np.mean(degree == 4)),  # noqa: PLR2004
        five_way=float(np.mean(degree >= 5)),  # noqa: PLR2004
        streets_per_node=float(degree.mean()),
        one_way=float(np.mean(count == 1)),
        mean_street_m=float(length_m.mean()),
        median_street_m=float(np.median(length_m)),
        circuity=float(length_m.sum() / straight_m.sum()),
        orientation_order=_orientation_order(graph, u, v),
        unreached=float(1 - reached.mean()),
        detour=float(np.median(route_m[away_m > 0] / away_m[away_m > 0])),
        drive_min=float(drive_s.mean() / 60),
        events_per_order=float(EVENTS_BESIDE_PINGS + pings.mean()),
    )


def _straight_m(graph: RoadGraph, u: NDArray[np.int64], v: NDArray[np.int64]) -> NDArray[np.float64]:
    lat, lon = np.radians(graph.lat_e6 / E6), np.radians(graph.lon_e6 / E6)
    return EARTH_RADIUS_M * compute_angles(lat[v], lat[u], lon[u] - lon[v])


def _orientation_order(graph: RoadGraph, u: NDArray[np.int64], v: NDArray[np.int64]) -> float:
    """Compute phi = 1 - ((H - Hg) / (Hmax - Hg))^2 over 36 bins of bearings, streets counted both ways."""
    lat, lon = np.radians(graph.lat_e6 / E6), np.radians(graph.lon_e6 / E6)
    east = np.sin(lon[v] - lon[u]) * np.cos(lat[v])
    north = np.cos(lat[u]) * np.sin(lat[v]) - np.sin(lat[u]) * np.cos(lat[v]) * np.cos(lon[v] - lon[u])
    bearing = np.degrees(np.arctan2(east, north))
    both = np.concatenate([bearing, bearing + 180])
    width = 360 / N_BINS
    share = np.bincount(
        np.floor((both + width / 2) / width).astype(np.int64) % N_BINS, minlength=N_BINS
    ) / len(both)
    entropy = -np.sum(share[share > 0] * np.log(share[share > 0]))
    grid, most = np.log(4), np.log(N_BINS)
    return float(1 - ((entropy - grid) / (most - grid)) ** 2)


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
