"""Draw what a network owes to chance from the counters of `fastgen.rng`, alike on every machine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from fastgen.kernels.philox import TWO_26, TWO_M32, TWO_M53, draw_blocks
from fastgen.rng import Purpose, stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Item = TypeVar("Item")
AHEAD = 500  # drawn in one go, since most draws are for a single number


class Draws:
    """One stream of draws, with those methods of `numpy.random.Generator` that the generator uses.

    NumPy's own transforms may change with its version; these don't.

    Parameters
    ----------
    seed
        0 <= seed < 2**64.
    number
        Which of the seed's streams: each district has one, so that a change to one leaves the others as
        they are.
    """

    def __init__(self, seed: int, number: int) -> None:
        """Stand at the first draw."""
        self._stream, self._number = stream(seed, 0, Purpose.ROADS), number
        self._next, self._from, self._ahead = 0, 0, np.zeros(0)

    def _words(self, first: int, n: int, n_blocks: int) -> NDArray[np.uint32]:
        return draw_blocks(self._stream, self._number, np.arange(first, first + n), range(n_blocks))

    def random(self, size: int | tuple[int, ...] | None = None) -> NDArray[np.float64]:
        """Draw numbers uniform on [0, 1), 53 bits fine."""
        shape = () if size is None else size
        n = math.prod(shape) if isinstance(shape, tuple) else shape
        at = self._next - self._from
        if at + n > len(self._ahead):
            high, low = self._words(self._next, n + AHEAD, 1)[:2].astype(np.float64)
            self._ahead = (np.floor(high / 32) * TWO_26 + np.floor(low / 64)) * TWO_M53
            self._from, at = self._next, 0
        self._next += n
        return self._ahead[at : at + n].reshape(shape)

    def uniform(
        self, low: float, high: float, size: int | tuple[int, ...] | None = None
    ) -> NDArray[np.float64]:
        """Draw numbers uniform on [low, high)."""
        return low + (high - low) * self.random(size)

    def normal(self, mean: float, deviation: float, size: int | None = None) -> NDArray[np.float64]:
        """Draw numbers that are nearly normal: the sum of twelve uniform ones, without a libm."""
        shape = () if size is None else size
        n = 1 if size is None else size
        words = self._words(self._next, n, 3).astype(np.int64)
        self._next += n
        return np.asarray(mean + deviation * (words.sum(axis=0) * TWO_M32 - 6.0)).reshape(shape)

    def choice(self, items: Sequence[Item], size: int | None = None) -> Any:
        """Draw items, each as likely as the others."""
        at = np.floor(self.random(size) * len(items)).astype(np.int64)
        return np.asarray(items)[at]

    def permutation(self, n: int) -> NDArray[np.int64]:
        """Shuffle the numbers from 0 to n - 1."""
        return np.argsort(self.random(n), kind="stable")
