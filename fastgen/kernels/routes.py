"""Follow shortest paths from the kitchen to every customer: their text and the pings on them.

Dimensions: n_nodes of the graph, n customers. Row 0 of `dist` and `parent`, (2, n_nodes), is the directed
tree, row 1 the undirected one; `tree`, (n,), says which one a customer's path is on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.kernels.jit import inline, jit

if TYPE_CHECKING:
    from numpy.typing import NDArray

NODE_TEXT_MAX = 24  # "[-90.000000,-180.000000]"
E6 = 1_000_000
MINUS, DOT, COMMA, OPEN, CLOSE, ZERO = 45, 46, 44, 91, 93, 48


@inline
def _write_degrees(value_e6: int, out: NDArray[np.uint8], at: int) -> int:
    """Write microdegrees as degrees with six decimals; return the position behind them."""
    if value_e6 < 0:
        out[at] = MINUS
        at += 1
        value_e6 = -value_e6
    whole = value_e6 // E6
    if whole >= 100:
        out[at] = ZERO + whole // 100
        at += 1
    if whole >= 10:
        out[at] = ZERO + whole // 10 % 10
        at += 1
    out[at] = ZERO + whole % 10
    out[at + 1] = DOT
    rest = value_e6 % E6
    for i in range(6):
        out[at + 7 - i] = ZERO + rest % 10
        rest //= 10
    return at + 8


@jit
def write_node_texts(
    lat_e6: NDArray[np.int32], lon_e6: NDArray[np.int32], text: NDArray[np.uint8], length: NDArray[np.int64]
) -> None:
    """Write "[lat,lon]" of every node into `text`, uint8 (n_nodes, NODE_TEXT_MAX), and its `length`."""
    for v in range(len(lat_e6)):
        row = text[v]
        row[0] = OPEN
        at = _write_degrees(np.int64(lat_e6[v]), row, 1)
        row[at] = COMMA
        at = _write_degrees(np.int64(lon_e6[v]), row, at + 1)
        row[at] = CLOSE
        length[v] = at + 1


@jit
def compute_text_lengths(
    customer: NDArray[np.int32],
    tree: NDArray[np.int8],
    parent: NDArray[np.int32],
    node_length: NDArray[np.int64],
    length: NDArray[np.int64],
) -> None:
    """Compute the bytes of each customer's route text, (n,)."""
    for i in range(len(customer)):
        total = 1
        v = customer[i]
        while v >= 0:
            total += node_length[v] + 1
            v = parent[tree[i], v]
        length[i] = total


@jit
def write_route_texts(
    customer: NDArray[np.int32],
    tree: NDArray[np.int8],
    parent: NDArray[np.int32],
    node_text: NDArray[np.uint8],
    node_length: NDArray[np.int64],
    text_start: NDArray[np.int64],
    text: NDArray[np.uint8],
) -> None:
    """Write each customer's route "[[lat,lon],...]", kitchen first, at its `text_start`; back to front."""
    for i in range(len(customer)):
        at = text_start[i + 1] - 1
        v = customer[i]
        while v >= 0:
            text[at] = CLOSE if v == customer[i] else COMMA
            n = node_length[v]
            at -= n
            for j in range(n):
                text[at + j] = node_text[v, j]
            at -= 1
            v = parent[tree[i], v]
        text[at] = OPEN


@jit
def place_pings(
    customer: NDArray[np.int32],
    tree: NDArray[np.int8],
    dist: NDArray[np.int64],
    parent: NDArray[np.int32],
    lat_e6: NDArray[np.int32],
    lon_e6: NDArray[np.int32],
    by_distance: bool,  # noqa: FBT001
    ping_start: NDArray[np.int64],
    ping_lat: NDArray[np.float32],
    ping_lon: NDArray[np.float32],
    ping_progress: NDArray[np.float32],
) -> None:
    """Place the pings of each route at equal shares of its length, or of its nodes (SPEC 2.8).

    The pings of customer i are ping_start[i]:ping_start[i + 1]; they divide the route into one part more.
    """
    path = np.empty(dist.shape[1], np.int32)
    for i in range(len(customer)):
        n_pings = ping_start[i + 1] - ping_start[i]
        if n_pings == 0:
            continue
        t = tree[i]
        depth = 0
        v = customer[i]
        while v >= 0:  # path[0] is the customer, path[depth - 1] the kitchen
            path[depth] = v
            depth += 1
            v = parent[t, v]
        total = dist[t, customer[i]]
        leg = depth - 1
        for k in range(1, n_pings + 1):
            at = ping_start[i] + k - 1
            ping_progress[at] = np.float32(100.0 * k / (n_pings + 1))
            if by_distance:
                target = np.float64(total) * k / (n_pings + 1)
                while leg > 1 and dist[t, path[leg - 1]] < target:
                    leg -= 1
                a, b = path[leg], path[leg - 1]
                share = (target - dist[t, a]) / np.float64(dist[t, b] - dist[t, a])
                ping_lat[at] = np.float32((lat_e6[a] + (np.int64(lat_e6[b]) - lat_e6[a]) * share) / E6)
                ping_lon[at] = np.float32((lon_e6[a] + (np.int64(lon_e6[b]) - lon_e6[a]) * share) / E6)
            else:
                v = path[depth - 1 - k * (depth - 1) // (n_pings + 1)]
                ping_lat[at] = np.float32(lat_e6[v] / E6)
                ping_lon[at] = np.float32(lon_e6[v] / E6)
