"""Compute the route table of one kitchen over a road graph, and the ways back to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.errors import DataError
from fastgen.model.route_table import MAX_TEXT_BYTES, RouteRequest, RouteTable
from fastgen.roads.area import MAX_KITCHEN_M, Area
from fastgen.roads.components import choose_component, label_components
from fastgen.roads.kernels.dijkstra import UNREACHED, shortest_path_tree
from fastgen.roads.kernels.routes import (
    compute_text_lengths,
    place_pings,
    write_route_texts,
)
from fastgen.units import E6, M_PER_MILE, NO_STREET, US_PER_H, US_PER_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.model.road_graph import RoadGraph

ROUNDING_M = 0.2  # nodes on the square's border stay inside when rounded to microdegrees


def compute_route_table(graph: RoadGraph, request: RouteRequest, name: str) -> RouteTable:
    """Find the route from the kitchen to every node of its connected component.

    Parameters
    ----------
    graph
        Road graph; nodes outside the delivery square are left out.
    request
        Kitchen, square, speed and pings.
    name
        What to call the network in an error.

    Raises
    ------
    DataError
        If no road lies within 1 km of the kitchen, or the routes' text exceeds 2 GiB.
    """
    area = Area(request.lat, request.lon, request.radius_mi)
    inside = area.contains(graph.lat_e6 / E6, graph.lon_e6 / E6, margin_m=ROUNDING_M)
    source, kitchen_dist_m, warning = _find_kitchen(graph, inside, area, name)
    dist, parent = _both_trees(graph, inside, source)
    # The directed tree where it reaches a customer, else the undirected one, which ignores one-way rules.
    customer = np.flatnonzero(dist[1] != UNREACHED).astype(np.int32)
    tree = (dist[0, customer] == UNREACHED).astype(np.int8)
    dist_mm = dist[tree, customer]
    # Whole microseconds: the rounding hides the last bit of the division.
    drive_us = np.round(dist_mm * (US_PER_H / (request.speed_mph * M_PER_MILE * 1000.0))).astype(np.int64)
    n_parts = np.maximum(1, drive_us // (request.ping_interval_s * US_PER_S))
    ping_start = np.concatenate([[0], np.cumsum(n_parts - 1)]).astype(np.int64)
    pings = np.zeros((3, int(ping_start[-1])), np.float32)
    by_distance = request.ping_position == "distance"
    place_pings(customer, tree, dist, parent, graph.lat_e6, graph.lon_e6, by_distance, ping_start, *pings)
    text_start, text = _route_texts(graph, customer, tree, parent, name)
    street, street_start, street_text = _streets(graph, customer, request.street)
    return RouteTable(
        network_hash=graph.content_hash(),
        provenance=graph.provenance,
        kitchen_dist_m=kitchen_dist_m,
        lat=(graph.lat_e6[customer] / E6).astype(np.float32),
        lon=(graph.lon_e6[customer] / E6).astype(np.float32),
        dist_mm=dist_mm,
        drive_us=drive_us,
        undirected=tree,
        ping_start=ping_start,
        ping_lat=pings[0],
        ping_lon=pings[1],
        ping_progress=pings[2],
        text_start=text_start,
        text=text,
        by_path=_order_by_path(customer, tree, parent, source),
        street=street,
        street_start=street_start,
        street_text=street_text,
        warning=warning,
    )


def compute_ride_back(
    graph: RoadGraph, request: RouteRequest, name: str, ride_out: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Find the length of the shortest way from every customer back to the kitchen.

    Parameters
    ----------
    graph, request, name
        As for `compute_route_table`; speed and pings have no say.
    ride_out
        int64 (n,), millimetres from the kitchen to each customer of that table.

    Returns
    -------
    int64 (n,)
        Millimetres. Where one-way streets leave no way back, it is as long as the way out.
    """
    area = Area(request.lat, request.lon, request.radius_mi)
    inside = area.contains(graph.lat_e6 / E6, graph.lon_e6 / E6, margin_m=ROUNDING_M)
    source, _, _ = _find_kitchen(graph, inside, area, name)
    dist, _ = _both_trees(graph, inside, source)
    customer = np.flatnonzero(dist[1] != UNREACHED)
    tail, head, length = _edges_inside(graph, inside)
    # Over edges that are turned round, the ways from the kitchen are the ways to it.
    back = _grow_tree(graph.n_nodes, head, tail, length, source)[0][customer]
    return np.where(back == UNREACHED, ride_out, back)


def _find_kitchen(
    graph: RoadGraph, inside: NDArray[np.bool_], area: Area, name: str
) -> tuple[int, float, str]:
    """Find the kitchen's node and its distance, and say what is wrong with its component, if anything is."""
    tail, head = graph.edge_from(), graph.edge_to
    is_road = inside[tail] & inside[head]
    reach_m = area.measure_roads_m(graph)[is_road]
    dist_m = graph.distances_m(area.lat, area.lon)
    dist_m[~inside] = np.inf
    nearest_m = min(reach_m.min(initial=np.inf), dist_m.min(initial=np.inf))
    if nearest_m > MAX_KITCHEN_M:
        nearest = f"{nearest_m:.0f} m away" if inside.any() else "outside the delivery square"
        raise DataError(
            f"{name}: expected a road within {MAX_KITCHEN_M:.0f} m of the kitchen at "
            f"{area.lat}, {area.lon}; the nearest is {nearest}."
        )
    node, warning = int(np.argmin(dist_m)), ""
    label = label_components(graph.n_nodes, tail[is_road], head[is_road])
    choice = choose_component(label, tail[is_road], reach_m, node)
    if choice.larger != choice.nearest:
        warning = (
            f"{choice}; a network of {choice.n_larger} nodes is {choice.larger_m:.0f} m away: import or "
            "fetch the roads again to deliver over that one."
        )
    return node, float(dist_m[node]), warning


def _both_trees(
    graph: RoadGraph, inside: NDArray[np.bool_], source: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Grow the directed and the undirected tree, each (n_nodes,), stacked."""
    tail, head, length = _edges_inside(graph, inside)
    directed = _grow_tree(graph.n_nodes, tail, head, length, source)
    # Every edge once more from its head to its tail.
    ends = np.concatenate([tail, head]), np.concatenate([head, tail])
    undirected = _grow_tree(graph.n_nodes, *ends, np.concatenate([length, length]), source)
    return np.stack([directed[0], undirected[0]]), np.stack([directed[1], undirected[1]])


def _edges_inside(
    graph: RoadGraph, inside: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """List tail, head and length of the edges between nodes of the delivery square."""
    tail = graph.edge_from().astype(np.int64)
    head = graph.edge_to.astype(np.int64)
    keep = inside[tail] & inside[head]
    return tail[keep], head[keep], graph.edge_length_mm[keep]


def _grow_tree(
    n_nodes: int,
    edge_from: NDArray[np.int64],
    edge_to: NDArray[np.int64],
    edge_length_mm: NDArray[np.int32],
    source: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Grow the tree of shortest paths from a node over edges in any order."""
    # In one order of edges, so that of two paths of equal length every machine takes the same.
    order = np.lexsort((edge_length_mm, edge_to, edge_from))
    counts = np.bincount(edge_from, minlength=n_nodes)
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    node_bits = max(1, n_nodes.bit_length())
    return shortest_path_tree(
        start, edge_to[order].astype(np.int32), edge_length_mm[order], source, node_bits
    )


def _route_texts(
    graph: RoadGraph,
    customer: NDArray[np.int32],
    tree: NDArray[np.int8],
    parent: NDArray[np.int32],
    name: str,
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    # Each node's text is made once, and copied into every route that runs over it.
    texts = [
        f"[{_degrees(lat)},{_degrees(lon)}]".encode()
        for lat, lon in zip(graph.lat_e6.tolist(), graph.lon_e6.tolist(), strict=True)
    ]
    node_text = np.frombuffer(b"".join(texts), np.uint8)
    node_start = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
    # Lengths first, so that the text is allocated once and its size known before it is written.
    length = np.zeros(len(customer), np.int64)
    compute_text_lengths(customer, tree, parent, node_start, length)
    text_start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    if text_start[-1] > MAX_TEXT_BYTES:
        raise DataError(
            f"{name}: expected routes of at most 2 GiB of text, got {text_start[-1]} bytes: "
            "use a smaller delivery.radius_mi."
        )
    text = np.zeros(int(text_start[-1]), np.uint8)
    write_route_texts(customer, tree, parent, node_text, node_start, text_start, text)
    return text_start, text


def _order_by_path(
    customer: NDArray[np.int32], tree: NDArray[np.int8], parent: NDArray[np.int32], source: int
) -> NDArray[np.int32]:
    """Order the customers as a walk through their tree meets them, the directed tree first.

    Neighbours in this order share most of their route.
    """
    rank = np.stack([_walk_tree(parent[0], source), _walk_tree(parent[1], source)])
    return np.lexsort((rank[tree, customer], tree)).astype(np.int32)


def _walk_tree(parent: NDArray[np.int32], source: int) -> NDArray[np.int64]:
    """Rank the nodes of a tree: each before its children, and these before its siblings; others 0."""
    by_parent = np.argsort(parent, kind="stable")
    first = np.searchsorted(parent[by_parent], np.arange(len(parent) + 1)).tolist()
    children, rank = by_parent.tolist(), np.zeros(len(parent), np.int64)
    walk, waiting = [], [source]
    while waiting:
        node = waiting.pop()
        walk.append(node)
        waiting += children[first[node] : first[node + 1]]
    rank[walk] = np.arange(len(walk))
    return rank


def _degrees(value_e6: int) -> str:
    """Microdegrees as degrees with six decimals."""
    return f"{'-' if value_e6 < 0 else ''}{abs(value_e6) // E6}.{abs(value_e6) % E6:06d}"


def _streets(
    graph: RoadGraph, customer: NDArray[np.int32], fallback: str
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.uint8]]:
    """Give each customer the street of the first named edge at its node, else the fallback."""
    names = [*graph.street_names, fallback]
    of_node = np.full(graph.n_nodes, len(names) - 1, np.int32)
    named = np.flatnonzero(graph.edge_street != NO_STREET)[::-1]  # the first edge is written last
    of_node[graph.edge_to[named]] = graph.edge_street[named]
    of_node[graph.edge_from()[named]] = graph.edge_street[named]
    encoded = [f" {street}".encode() for street in names]
    start = np.concatenate([[0], np.cumsum([len(e) for e in encoded])]).astype(np.int64)
    return of_node[customer], start, np.frombuffer(b"".join(encoded), np.uint8)
