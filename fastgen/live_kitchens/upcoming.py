"""Read a stream of rows ahead, and take from it what is due."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from fastgen.wire.plain import live_order_ids
from fastgen.wire.rows import SEQUENCE_NUMBER, WireChunk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from fastgen.wire.form import WireForm


class Upcoming:
    """The rows that a stream has from a moment on, in order.

    Parameters
    ----------
    chunks
        Rows with microseconds, in order; read when they are needed.
    from_us
        Rows before this Unix microsecond are left out.
    form
        How rows look on the wire, by which they are ordered: time, order id and sequence as they are written.
    """

    def __init__(self, chunks: Iterable[WireChunk], from_us: int, form: WireForm) -> None:
        self._chunks, self._from_us, self._form = iter(chunks), from_us, form
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
            times_us = self._form.times_us(chunk.rows.ints[chunk.order])
            first = int(np.searchsorted(times_us, self._from_us))
            if first < len(times_us):
                ordered = order_ties(chunk, times_us, self._form)
                self._waiting.append((ordered.cut(first, len(times_us)), times_us[first:]))
                return True
        return False


def order_ties(chunk: WireChunk, times_us: NDArray[np.int64], form: WireForm) -> WireChunk:
    """Order rows of equal time by order id and sequence, as the wire has both.

    Until then they are ordered by what the wire doesn't show: the stored order id, which live rows derive a
    UUID from, and microseconds where the wire has milliseconds.

    Parameters
    ----------
    chunk, times_us
        The rows, ordered by these times.
    form
        How they look on the wire.
    """
    is_tie = np.zeros(len(times_us) + 1, bool)
    is_tie[1:-1] = times_us[1:] == times_us[:-1]
    at = np.flatnonzero(is_tie[:-1] | is_tie[1:])
    if not len(at):
        return chunk
    rows, tied = chunk.rows, chunk.order[at]
    ids, sequences = live_order_ids(rows, tied, form), rows.ints[tied, SEQUENCE_NUMBER].tolist()
    keys = list(zip(times_us[at].tolist(), ids, sequences, strict=True))
    order = chunk.order.copy()
    order[at] = tied[sorted(range(len(at)), key=keys.__getitem__)]
    return WireChunk(rows, order)
