"""Follow shortest paths from the kitchen to every customer: their text and the pings on them.

Dimensions: n_nodes of the graph, n customers. Row 0 of `dist` and `parent`, (2, n_nodes), is the directed
tree, row 1 the undirected one; `tree`, (n,), says which one a customer's path is on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.jit import jit
from fastgen.kernels.memory import copy_items
from fastgen.units import E6

if TYPE_CHECKING:
    from numpy.typing import NDArray

TURN_E6 = 360 * E6  # a full turn, microdegrees
COMMA, OPEN, CLOSE = 44, 91, 93  # , [ ] in ASCII
ROUTES_AT_ONCE = 1000  # their pings take ten numbers each

# Nodes before and behind each ping, and how far it is from the one to the other.
Between = tuple["NDArray[np.int64]", "NDArray[np.int64]", "NDArray[np.float64]"]


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

    `node_text` has the "[lat,lon]" of every node: node v's is node_start[v]:node_start[v + 1].
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
    """Place the pings of each route at equal shares of its length, or of its nodes (docs/model.md, 4.8).

    The pings of customer i are ping_start[i]:ping_start[i + 1]; they divide the route into one part more.
    All of some routes climb the tree together, by halved strides: on paths of 60 nodes in six steps.
    """
    from_kitchen, ancestors = dist.reshape(-1), _list_ancestors(parent)
    for first in range(0, len(customer), ROUTES_AT_ONCE):
        last = min(first + ROUTES_AT_ONCE, len(customer))
        pings = slice(int(ping_start[first]), int(ping_start[last]))
        n_pings = np.diff(ping_start[first : last + 1])
        # Nodes of both trees are numbered on: those of the second behind those of the first.
        end = customer[first:last] + dist.shape[1] * tree[first:last].astype(np.int64)
        node, n_parts = np.repeat(end, n_pings), np.repeat(n_pings + 1, n_pings)
        part = np.arange(pings.start, pings.stop) - np.repeat(ping_start[first:last], n_pings) + 1
        ping_progress[pings] = 100.0 * part / n_parts
        place = _divide_lengths if by_distance else _divide_nodes
        near, far, share = place(node, part, n_parts, from_kitchen, ancestors)
        near, far = near % dist.shape[1], far % dist.shape[1]
        for degrees_e6, degrees in ((lat_e6, ping_lat), (lon_e6, ping_lon)):
            start_e6 = degrees_e6[near].astype(np.int64)
            leg_e6 = degrees_e6[far] - start_e6
            leg_e6 -= np.sign(leg_e6) * TURN_E6 * (np.abs(leg_e6) > TURN_E6 // 2)  # over the 180th degree
            point_e6 = start_e6 + leg_e6 * share
            point_e6 -= np.sign(point_e6) * TURN_E6 * (np.abs(point_e6) > TURN_E6 // 2)
            degrees[pings] = point_e6 / E6


def _divide_lengths(
    node: NDArray[np.int64],
    part: NDArray[np.int64],
    n_parts: NDArray[np.int64],
    from_kitchen: NDArray[np.int64],
    ancestors: list[NDArray[np.int64]],
) -> Between:
    """Go up to the edge on which so many of the parts of a route's length are reached."""
    target = from_kitchen[node].astype(np.float64) * part / n_parts
    for ancestor in reversed(ancestors):
        higher = ancestor[node]
        node = np.where((higher >= 0) & (from_kitchen[higher] >= target), higher, node)
    near = ancestors[0][node] if ancestors else node
    return near, node, (target - from_kitchen[near]) / (from_kitchen[node] - from_kitchen[near])


def _divide_nodes(
    node: NDArray[np.int64],
    part: NDArray[np.int64],
    n_parts: NDArray[np.int64],
    _: NDArray[np.int64],
    ancestors: list[NDArray[np.int64]],
) -> Between:
    """Go up to the node at which so many of the parts of a route's nodes are reached."""
    top, depth = node, np.zeros(len(node), np.int64)
    for level, ancestor in reversed([*enumerate(ancestors)]):
        higher = ancestor[top]
        depth += (higher >= 0) << level
        top = np.where(higher >= 0, higher, top)
    steps = depth - part * depth // n_parts
    for level, ancestor in enumerate(ancestors):
        node = np.where(steps >> level & 1, ancestor[node], node)
    return node, node, np.ones(len(node))
