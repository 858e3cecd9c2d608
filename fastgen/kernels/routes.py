"""Follow shortest paths from the kitchen to every customer: their text and the pings on them.

Dimensions: n_nodes of the graph, n customers. Row 0 of `dist` and `parent`, (2, n_nodes), is the directed
tree, row 1 the undirected one; `tree`, (n,), says which one a customer's path is on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.kernels.jit import jit
from fastgen.kernels.memory import copy_items

if TYPE_CHECKING:
    from numpy.typing import NDArray

E6 = 1_000_000
COMMA, OPEN, CLOSE = 44, 91, 93


def compute_text_lengths(
    customer: NDArray[np.int32],
    tree: NDArray[np.int8],
    parent: NDArray[np.int32],
    node_start: NDArray[np.int64],
    length: NDArray[np.int64],
) -> None:
    """Compute the bytes of each customer's route text, (n,); `node_start`, (n_nodes + 1,), as below.

    All customers climb their tree together: that takes no longer than compiling a loop would.
    """
    node_bytes = np.diff(node_start) + 1  # with a comma, or the last bracket
    length[:] = 1
    climbing, node = np.arange(len(customer)), customer.astype(np.int64)
    while len(climbing):
        length[climbing] += node_bytes[node]
        node = parent[tree[climbing], node].astype(np.int64)
        climbing, node = climbing[node >= 0], node[node >= 0]


@jit
def write_route_texts(
    customer: NDArray[np.int32],
    tree: NDArray[np.int8],
    parent: NDArray[np.int32],
    node_text: NDArray[np.uint8],
    node_start: NDArray[np.int64],
    text_start: NDArray[np.int64],
    text: NDArray[np.uint8],
) -> None:
    """Write each customer's route "[[lat,lon],...]", kitchen first, at its `text_start`; back to front.

    The nodes' own "[lat,lon]" stand one after another in `node_text`, from `node_start`, (n_nodes + 1,), on.
    """
    for i in range(len(customer)):
        at = text_start[i + 1] - 1
        v = customer[i]
        while v >= 0:
            text[at] = CLOSE if v == customer[i] else COMMA
            n = node_start[v + 1] - node_start[v]
            at -= n
            copy_items(node_text, node_start[v], text, at, n)
            at -= 1
            v = parent[tree[i], v]
        text[at] = OPEN


@jit
def _place_pings(
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
    path: NDArray[np.int32],
) -> None:
    """Place pings as `place_pings` does; `path`, (n_nodes,), is scratch."""
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
    _place_pings(
        *(customer, tree, dist, parent, lat_e6, lon_e6, by_distance),
        *(ping_start, ping_lat, ping_lon, ping_progress, path),
    )
