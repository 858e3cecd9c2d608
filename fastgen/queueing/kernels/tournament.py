"""Find the next event among stations and couriers, each of which has one event at most.

A tournament tree: leaf n_leaves + i has the key of entity i, and every other node the smaller key of its two
children, so that node 1 has the smallest of all. A key is time << bits | entity: equal times go by the number
of the entity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.jit import state_step
from fastgen.queueing.kernels.records import NEVER

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@state_step
def set_event(tree: NDArray[np.int64], bits: int, entity: int, time_us: int) -> None:
    """Give an entity its event; NEVER: it has none."""
    key = NEVER if time_us == NEVER else (time_us << bits) | entity
    node = (len(tree) >> 1) + entity
    tree[node] = key
    while node > 1:
        sibling = tree[node ^ 1]
        key = min(key, sibling)
        node >>= 1
        # Nothing above changes where the node keeps its key.
        if tree[node] == key:
            return
        tree[node] = key
