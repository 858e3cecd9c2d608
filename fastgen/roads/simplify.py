"""Simplify a street graph to its junctions and dead ends.

The rules are osmnx's (`simplify_graph`), and so is the result, loops and oddly mapped streets included; but
osmnx searches a list for each node of a path, so its time grows with the square of a path's length, and one
crafted file could keep it busy for days. Here the time grows with the number of edges.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

    import networkx as nx

# Directed edges at a node that is only a bend of a one-way and of a two-way street.
_BENDS = frozenset({2, 4})


def simplify_streets(streets: nx.MultiDiGraph) -> nx.MultiDiGraph:
    """Draw one edge for each path between junctions; leave out bends, and rings without a junction.

    Parameters
    ----------
    streets
        Directed; edges with length and reach_m and, where known, name. It stays as it is.

    Returns
    -------
    nx.MultiDiGraph
        A path's edge has the sum of its lengths, the least of its reach_m, and a list of its names; edges
        between junctions stay as they are.
    """
    simplified = streets.copy()
    junctions = {node for node in simplified if _is_junction(simplified, node)}
    # Of a two-way street each direction is a path of its own.
    paths = [
        _follow(simplified, junction, successor, junctions)
        for junction in junctions
        for successor in simplified.successors(junction)
        if successor not in junctions
    ]
    merged = [(path[0], path[-1], _merge(simplified, path)) for path in paths]
    simplified.add_edges_from(merged)
    # Only after all paths: those in the other direction need the same bends.
    simplified.remove_nodes_from({node for path in paths for node in path[1:-1]})
    _remove_rings(simplified)
    return simplified


def _is_junction(streets: nx.MultiDiGraph, node: Any) -> bool:
    """Say whether a path ends at a node: at a dead end, a junction, or where one-way and two-way meet."""
    ways_in, ways_out = streets.pred[node], streets.succ[node]
    neighbours = ways_in.keys() | ways_out.keys()
    if node in neighbours or not ways_in or not ways_out:
        return True
    return not (len(neighbours) == 2 and streets.degree(node) in _BENDS)  # noqa: PLR2004


def _follow(streets: nx.MultiDiGraph, junction: Any, successor: Any, junctions: Collection[Any]) -> list[Any]:
    """List the nodes of the path from a junction, through a successor that is a bend, to where it ends."""
    # A set, where osmnx searches the path itself: so the time grows with the number of edges alone.
    path, seen = [junction, successor], {junction, successor}
    node = successor
    while node not in junctions:
        onward = next((after for after in streets.successors(node) if after not in seen), None)
        if onward is None:
            # A loop back to the junction ends there; a loop of two nodes, or a dead end, ends at the bend.
            is_loop = node != successor and junction in streets.succ[node]
            return [*path, junction] if is_loop else path
        path.append(onward)
        seen.add(onward)
        node = onward
    return path


def _merge(streets: nx.MultiDiGraph, path: list[Any]) -> dict[str, Any]:
    """Merge the attributes of a path's edges, of parallel ones the first's."""
    edges = [next(iter(streets.succ[u][v].values())) for u, v in pairwise(path)]
    return {
        "length": sum(data["length"] for data in edges),
        "reach_m": min(data["reach_m"] for data in edges),
        "name": [name for name in dict.fromkeys(data.get("name") for data in edges) if name is not None],
    }


def _remove_rings(streets: nx.MultiDiGraph) -> None:
    """Remove the components without a junction."""
    import networkx as nx  # noqa: PLC0415  # heavy

    for component in list(nx.weakly_connected_components(streets)):
        if not any(_is_junction(streets, node) for node in component):
            streets.remove_nodes_from(component)
