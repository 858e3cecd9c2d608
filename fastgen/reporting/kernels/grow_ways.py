"""Join the ways from a kitchen to its customers into one tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.jit import jit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@jit
def grow_ways(
    start: NDArray[np.int64],
    lat_e6: NDArray[np.int32],
    lon_e6: NDArray[np.int32],
    first_child: NDArray[np.int64],
    next_child: NDArray[np.int64],
    parent: NDArray[np.int64],
    source: NDArray[np.int64],
    end: NDArray[np.int64],
) -> int:
    """Join ways: two of them share a vertex as long as all their points up to there are the same.

    Parameters
    ----------
    start
        int64 (n + 1,), offsets of the ways' points.
    lat_e6, lon_e6
        int32 (m,), the points, microdegrees.
    first_child, next_child
        Scratch, int64 (m + 1,).
    parent
        Output, int64 (m + 1,): the vertex before, always a lower number; vertex 0 stands before all ways.
    source
        Output, int64 (m + 1,): a point that the vertex stands for.
    end
        Output, int64 (n,): last vertex of each way; 0 for a way without points.

    Returns
    -------
    int
        Number of vertices, with vertex 0.
    """
    n_vertices = 1
    first_child[0] = -1
    for i in range(len(start) - 1):
        vertex = 0
        for k in range(start[i], start[i + 1]):
            # A crossing has few streets, so a list is as good as a table.
            child = first_child[vertex]
            while child >= 0 and (lat_e6[source[child]] != lat_e6[k] or lon_e6[source[child]] != lon_e6[k]):
                child = next_child[child]
            if child < 0:
                child = n_vertices
                n_vertices += 1
                parent[child] = vertex
                source[child] = k
                first_child[child] = -1
                next_child[child] = first_child[vertex]
                first_child[vertex] = child
            vertex = child
        end[i] = vertex
    return n_vertices
