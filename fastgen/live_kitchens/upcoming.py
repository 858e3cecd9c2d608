"""Read a stream of rows ahead, merge it with rows that come from outside, and take what is due."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from fastgen.live_kitchens.pending import PendingRows, TimedRows, merge_rows, order_ties

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from fastgen.wire.form import WireForm
    from fastgen.wire.rows import WireChunk


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
    pending
        Rows from outside; None: none. They stay in it, so that a batch that fails can be taken again.
    """

    def __init__(
        self,
        chunks: Iterable[WireChunk],
        from_us: int,
        form: WireForm,
        pending: PendingRows | None = None,
    ) -> None:
        self._chunks, self._from_us, self._form = iter(chunks), from_us, form
        self._pending, self._taken_us = pending or PendingRows(form), from_us
        # Chunks read and not taken yet, each with the microseconds of its rows.
        self._waiting: deque[TimedRows] = deque()

    def time_of(self, number: int) -> int | None:
        """Find the Unix microsecond of the row of a number, 0 for the next one; None: there are fewer."""
        outside = self._pending.moments_us(self._taken_us, number + 1)
        first: list[NDArray[np.int64]] = []
        left = number + 1
        for part in self._read():
            first.append(part.moments_us[:left])
            left -= len(first[-1])
            if left == 0:
                break
        if not len(outside):
            return None if left else int(first[-1][-1])
        times_us = np.sort(np.concatenate([outside, *first]))
        return int(times_us[number]) if number < len(times_us) else None

    def end_of(self, n_rows: int, end_us: int) -> int:
        """Find the Unix microsecond before which the stream has so many rows; at the latest a given end.

        Rows from outside don't count: they are in memory anyway, and their number is bounded.
        """
        left = n_rows
        for part in self._read():
            n = int(np.searchsorted(part.moments_us, end_us))
            if n >= left:
                return int(part.moments_us[left - 1]) + 1
            left -= n
            if n < len(part.moments_us):
                break
        return end_us

    def take(self, end_us: int) -> Iterator[WireChunk]:
        """Take the rows before a Unix microsecond."""
        is_over = False
        while not is_over and (self._waiting or self._read_one()):
            part = self._waiting.popleft()
            n = int(np.searchsorted(part.moments_us, end_us))
            is_over = n < len(part.moments_us)
            if is_over:
                self._waiting.appendleft(part.cut(n, len(part.moments_us)))
            if n:
                # No further than the last row of this chunk: the next one may have rows before the end.
                yield from self._with_pending(part.cut(0, n), int(part.moments_us[n - 1]) + 1)
        yield from self._with_pending(None, end_us)

    def _with_pending(self, own: TimedRows | None, end_us: int) -> Iterator[WireChunk]:
        """Merge rows of the stream with those from outside that come before a moment."""
        outside = self._pending.between(self._taken_us, end_us)
        self._taken_us = end_us
        parts = [part for part in (own, outside) if part is not None]
        if parts:
            merged = merge_rows(parts, self._form) if len(parts) > 1 else parts[0]
            yield merged.chunk._replace(moments_us=merged.moments_us)

    def _read(self) -> Iterator[TimedRows]:
        yield from list(self._waiting)  # a copy, since `_read_one` appends to it
        while self._read_one():
            yield self._waiting[-1]

    def _read_one(self) -> bool:
        """Read the next chunk that has rows; say whether there is one."""
        for chunk in self._chunks:
            times_us = self._form.times_us(chunk.rows.ints[chunk.order])
            first = int(np.searchsorted(times_us, self._from_us))
            if first < len(times_us):
                # The stream has equal times in the order of stored ids; the wire has UUIDs in their place.
                ordered = order_ties(chunk, times_us, times_us, self._form)
                self._waiting.append(TimedRows(ordered, times_us).cut(first, len(times_us)))
                return True
        return False
