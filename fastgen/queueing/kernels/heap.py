"""Keep pairs of numbers in a binary heap, smallest first: by the first number, then by the second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.jit import state_step

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@state_step
def push(heap: NDArray[np.int64], n: int, first: int, second: int) -> int:
    """Add a pair to a heap, int64 (capacity, 2), of n pairs; return the new n."""
    at = n
    while at > 0:
        parent = (at - 1) >> 1
        if heap[parent, 0] < first or (heap[parent, 0] == first and heap[parent, 1] < second):
            break
        heap[at, 0], heap[at, 1] = heap[parent, 0], heap[parent, 1]
        at = parent
    heap[at, 0], heap[at, 1] = first, second
    return n + 1


@state_step
def remove_smallest(heap: NDArray[np.int64], n: int) -> int:
    """Remove the smallest pair, which is heap[0], from n pairs; return the new n."""
    n -= 1
    first, second = heap[n, 0], heap[n, 1]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= n:
            break
        right = child + 1
        if right < n and (
            heap[right, 0] < heap[child, 0]
            or (heap[right, 0] == heap[child, 0] and heap[right, 1] < heap[child, 1])
        ):
            child = right
        if first < heap[child, 0] or (first == heap[child, 0] and second < heap[child, 1]):
            break
        heap[at, 0], heap[at, 1] = heap[child, 0], heap[child, 1]
        at = child
    heap[at, 0], heap[at, 1] = first, second
    return n
