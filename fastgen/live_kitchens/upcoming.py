"""Read a stream of rows ahead, and take from it what is due."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from fastgen.units import US_PER_S
from fastgen.wire.rows import TS, US

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from fastgen.wire.rows import WireChunk


class Upcoming:
    """The rows that a stream has from a moment on, in order.

    Parameters
    ----------
    chunks
        Rows with microseconds, in order; read when they are needed.
    from_us
        Rows before this Unix microsecond are left out.
    """

    def __init__(self, chunks: Iterable[WireChunk], from_us: int) -> None:
        self._chunks, self._from_us = iter(chunks), from_us
        # Chunks read and not taken yet, each with the microseconds of its rows.
        self._waiting: deque[tuple[WireChunk, NDArray[np.int64]]] = deque()

    def time_of(self, number: int) -> int | None:
        """Find the Unix microsecond of the row of a number, 0 for the next one; None: there are fewer."""
        for _, times_us in self._read():
            if number < len(times_us):
                return int(times_us[number])
            number -= len(times_us)
        return None

    def take(self, end_us: int) -> Iterator[WireChunk]:
        """Take the rows before a Unix microsecond."""
        while self._waiting or self._read_one():
            chunk, times_us = self._waiting.popleft()
            n = int(np.searchsorted(times_us, end_us))
            if n < len(times_us):
                self._waiting.appendleft((chunk.cut(n, len(times_us)), times_us[n:]))
            if n:
                yield chunk.cut(0, n)
            if n < len(times_us):
                return

    def _read(self) -> Iterator[tuple[WireChunk, NDArray[np.int64]]]:
        yield from list(self._waiting)
        while self._read_one():
            yield self._waiting[-1]

    def _read_one(self) -> bool:
        """Read the next chunk that has rows; say whether there is one."""
        for chunk in self._chunks:
            ints = chunk.rows.ints[chunk.order]
            times_us = ints[:, TS] * US_PER_S + ints[:, US]
            first = int(np.searchsorted(times_us, self._from_us))
            if first < len(times_us):
                self._waiting.append((chunk.cut(first, len(times_us)), times_us[first:]))
                return True
        return False
