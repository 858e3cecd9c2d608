"""Draw the random numbers of a network from the counters of `fastgen.rng`, alike on every machine."""

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
        """Begin at the first draw."""
        self._stream, self._number = stream(seed, 0, Purpose.ROADS), number
        self._next, self._from = 0, 0
        self._uniform, self._normal = np.zeros(0), np.zeros(0)

    def _take(self, n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Take the next n draws, as uniform numbers on [0, 1) and as normal ones, float64 (n,) each."""
        at = self._next - self._from
        if at + n > len(self._uniform):
            index = np.arange(self._next, self._next + n + AHEAD)
            words = draw_blocks(self._stream, self._number, index, range(3))
            # 27 bits of one word and 26 of another make a double of 53 bits. The normal number, a sum of
            # words, needs no function of a machine's libm.
            high, low = np.floor(words[0] / 32), np.floor(words[1] / 64)
            self._uniform = (high * TWO_26 + low) * TWO_M53
            self._normal = words.sum(axis=0, dtype=np.int64) * TWO_M32 - 6.0
            self._from, at = self._next, 0
        self._next += n
        return self._uniform[at : at + n], self._normal[at : at + n]

    def random(self, size: int | tuple[int, ...] | None = None) -> NDArray[np.float64]:
        """Draw numbers uniform on [0, 1), 53 bits fine."""
        shape = () if size is None else size
        n = math.prod(shape) if isinstance(shape, tuple) else shape
        return self._take(n)[0].reshape(shape)

    def uniform(
        self, low: float, high: float, size: int | tuple[int, ...] | None = None
    ) -> NDArray[np.float64]:
        """Draw numbers uniform on [low, high)."""
        return low + (high - low) * self.random(size)

    def normal(self, mean: float, deviation: float, size: int | None = None) -> NDArray[np.float64]:
        """Draw numbers that are nearly normal: the sum of twelve uniform ones, without a libm."""
        shape = () if size is None else size
        n = 1 if size is None else size
        return np.asarray(mean + deviation * self._take(n)[1]).reshape(shape)

    def choice(self, items: Sequence[Item], size: int | None = None) -> Any:
        """Draw items, each as likely as the others."""
        at = np.floor(self.random(size) * len(items)).astype(np.int64)
        return np.asarray(items)[at]

    def permutation(self, n: int) -> NDArray[np.int64]:
        """Shuffle the numbers from 0 to n - 1."""
        return np.argsort(self.random(n), kind="stable")
