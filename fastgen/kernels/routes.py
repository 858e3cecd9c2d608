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


def _list_ancestors(parent: NDArray[np.int32]) -> list[NDArray[np.int64]]:
    """List the ancestors 1, 2, 4, ... steps up in both trees, (2 * n_nodes,), -1 beyond the kitchen."""
    of_tree = np.arange(2)[:, None] * parent.shape[1]
    ancestors = [np.where(parent >= 0, parent + of_tree, -1).reshape(-1)]
    while (ancestors[-1] >= 0).any():
        last = ancestors[-1]
        ancestors.append(np.where(last >= 0, last[last], -1))
    return ancestors[:-1]


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
    n_pings, n_nodes = np.diff(ping_start), dist.shape[1]
    node = np.repeat(customer + n_nodes * tree.astype(np.int64), n_pings)
    n_parts = np.repeat(n_pings + 1, n_pings)
    part = np.arange(len(node)) - np.repeat(ping_start[:-1], n_pings) + 1
    ping_progress[:] = 100.0 * part / n_parts
    # Up the tree by halved strides: on paths of 60 nodes, six steps of all pings together.
    ancestors, from_kitchen = _list_ancestors(parent), dist.reshape(-1)
    if by_distance:
        target = from_kitchen[node].astype(np.float64) * part / n_parts
        for ancestor in reversed(ancestors):
            higher = ancestor[node]
            node = np.where((higher >= 0) & (from_kitchen[higher] >= target), higher, node)
        below = ancestors[0][node] if ancestors else node
        share = (target - from_kitchen[below]) / (from_kitchen[node] - from_kitchen[below])
    else:
        climbed, depth = node, np.zeros(len(node), np.int64)
        for level, ancestor in reversed([*enumerate(ancestors)]):
            higher = ancestor[climbed]
            depth += (higher >= 0) << level
            climbed = np.where(higher >= 0, higher, climbed)
        steps = depth - part * depth // n_parts
        for level, ancestor in enumerate(ancestors):
            node = np.where(steps >> level & 1, ancestor[node], node)
        below, share = node, np.ones(len(node))
    near, far = below % n_nodes, node % n_nodes
    for degrees_e6, degrees in ((lat_e6, ping_lat), (lon_e6, ping_lon)):
        start_e6 = degrees_e6[near].astype(np.int64)
        degrees[:] = (start_e6 + (degrees_e6[far] - start_e6) * share) / E6
