"""Choose the connected part of a road network that a kitchen delivers over."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.roads.area import MAX_KITCHEN_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A part with fewer nodes, or a smaller share of the square's nodes, is an island: the ways of a fenced plant,
# say, or what the border of an extract has cut off.
FEW_NODES, FEW_SHARE = 10, 0.01


class Choice(NamedTuple):
    """The part with the kitchen's nearest node, and a larger one to take instead.

    Attributes
    ----------
    nearest, larger
        Their labels; equal where the nearest part is large enough, or no larger one is within reach.
    n_square, n_nearest, n_larger
        Nodes of the square and of the two parts.
    nearest_m, larger_m
        Metres from the kitchen to their roads.
    """

    nearest: int
    larger: int
    n_square: int
    n_nearest: int
    n_larger: int
    nearest_m: float
    larger_m: float

    def __str__(self) -> str:
        """Say what is wrong with the nearest part."""
        return (
            f"the roads nearest to the kitchen, {self.nearest_m:.0f} m away, connect only {self.n_nearest} "
            f"of the square's {self.n_square} nodes"
        )


def label_components(n_nodes: int, tail: NDArray[np.integer], head: NDArray[np.integer]) -> NDArray[np.int64]:
    """Label each node with the lowest node that it is connected with, ignoring one-way rules.

    Parameters
    ----------
    n_nodes
        Number of nodes.
    tail, head
        (n_edges,), node indices.
    """
    label = np.arange(n_nodes)
    while True:
        low = np.minimum(label[tail], label[head])
        # One edge may lower a label that another one lowers too: minimum.at keeps the lowest.
        lower = label.copy()
        np.minimum.at(lower, label[tail], low)
        np.minimum.at(lower, label[head], low)
        # Jump to the label's own label until nothing moves: along a road of a thousand nodes, steps from
        # neighbour to neighbour would take a thousand passes.
        while (lower[lower] != lower).any():
            lower = lower[lower]
        if (lower == label).all():
            return label
        label = lower


def choose_component(
    label: NDArray[np.int64], tail: NDArray[np.integer], reach_m: NDArray[np.float64], node: int
) -> Choice:
    """Choose the part with the kitchen's nearest node, or the largest within reach if that is an island.

    Parameters
    ----------
    label
        (n_nodes,), from `label_components`; parts without edges don't count.
    tail
        (n_edges,), node indices.
    reach_m
        (n_edges,), metres from the kitchen to each road.
    node
        The kitchen's nearest node with an edge.
    """
    dist_m = np.full(len(label), np.inf)
    np.minimum.at(dist_m, label[tail], reach_m)
    # Parts without an edge have no distance, and count as empty.
    size = np.where(np.isfinite(dist_m), np.bincount(label, minlength=len(label)), 0)
    nearest, n_square = int(label[node]), int(size.sum())
    if dist_m[nearest] > MAX_KITCHEN_M:
        nearest = int(np.argmin(dist_m))  # a road far from its ends
    larger = nearest
    if size[nearest] < max(FEW_NODES, FEW_SHARE * n_square):
        within = np.where(dist_m <= MAX_KITCHEN_M, size, 0)
        if within.max() > size[nearest]:
            larger = int(np.argmax(within))
    sizes = n_square, int(size[nearest]), int(size[larger])
    return Choice(nearest, larger, *sizes, float(dist_m[nearest]), float(dist_m[larger]))
