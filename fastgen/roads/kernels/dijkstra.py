"""Grow the tree of shortest paths from one node to all others.

Dijkstra's algorithm with a binary heap whose entries are single integers, distance in the high bits and node
in the low ones: equal distances leave the heap in node order, so the tree is the same on every machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.jit import inline, jit, step

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNREACHED = -1  # as a distance and as a parent
EMPTY = np.int64(0)  # for a literal 0, numba compiles a version of its own


@step
def _push(heap: NDArray[np.int64], size: int, entry: int) -> int:
    """Add an entry to a heap of `size` entries; return its new size."""
    # Entries move down into the hole, and the new one is written once, where the hole ends up.
    child = size
    while child > 0:
        above = (child - 1) >> 1
        if heap[above] <= entry:
            break
        heap[child] = heap[above]
        child = above
    heap[child] = entry
    return size + 1


@inline
def _drop_first(heap: NDArray[np.int64], size: int) -> int:
    """Remove the smallest entry of a heap of `size` entries; return its new size."""
    size -= 1
    entry = heap[size]
    hole = 0
    while True:
        child = 2 * hole + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= entry:
            break
        heap[hole] = heap[child]
        hole = child
    heap[hole] = entry
    return size


@jit
def _grow_tree(
    edge_start: NDArray[np.int64],
    edge_to: NDArray[np.int32],
    edge_length_mm: NDArray[np.int32],
    source: int,
    node_bits: int,
    dist: NDArray[np.int64],
    parent: NDArray[np.int32],
    heap: NDArray[np.int64],
) -> None:
    """Fill `dist` and `parent`, which are all `UNREACHED`; `heap`, (n_edges + 1,), is scratch."""
    mask = (1 << node_bits) - 1
    # A shorter way to a node is pushed as another entry: to lower the old one takes an index of the heap.
    dist[source] = 0
    size = _push(heap, EMPTY, source)
    while size > 0:
        entry = heap[0]
        size = _drop_first(heap, size)
        node = entry & mask
        reached = entry >> node_bits
        if reached > dist[node]:
            continue  # a shorter way was found after this entry was pushed
        for e in range(edge_start[node], edge_start[node + 1]):
            head = edge_to[e]
            candidate = reached + edge_length_mm[e]
            if dist[head] == UNREACHED or candidate < dist[head]:
                dist[head] = candidate
                parent[head] = node
                size = _push(heap, size, (candidate << node_bits) | head)


def shortest_path_tree(
    edge_start: NDArray[np.int64],
    edge_to: NDArray[np.int32],
    edge_length_mm: NDArray[np.int32],
    source: int,
    node_bits: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Find the shortest path by length from `source` to every node of a CSR graph.

    Parameters
    ----------
    edge_start, edge_to, edge_length_mm
        The graph, (n_nodes + 1,), (n_edges,), (n_edges,); lengths are positive.
    source
        Node to start from.
    node_bits
        Bits that hold a node number; distances must fit in the other 63 - node_bits.

    Returns
    -------
    dist_mm : int64 (n_nodes,)
        Length of the shortest path, `UNREACHED` where there is none.
    parent : int32 (n_nodes,)
        The node before on that path, -1 at the source and where there is none.
    """
    n_nodes = len(edge_start) - 1
    dist, parent = np.full(n_nodes, UNREACHED, np.int64), np.full(n_nodes, UNREACHED, np.int32)
    # At most one entry for each edge, and the source.
    heap = np.empty(len(edge_to) + 1, np.int64)
    _grow_tree(edge_start, edge_to, edge_length_mm, source, node_bits, dist, parent, heap)
    return dist, parent
