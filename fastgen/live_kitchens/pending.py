"""Keep the rows of accepted orders that are not emitted yet, in the order in which they will be."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.wire.plain import live_order_ids
from fastgen.wire.row_groups import LoopSlice, join_slices, take_rows
from fastgen.wire.rows import SEQUENCE_NUMBER, WireChunk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastgen.wire.form import WireForm
    from fastgen.wire.rows import WireRows


class TimedRows(NamedTuple):
    """Rows in the order in which they are emitted.

    Attributes
    ----------
    chunk
        The rows.
    moments_us
        int64 (n,), Unix microseconds, rising: when each is emitted, at its time or later.
    """

    chunk: WireChunk
    moments_us: NDArray[np.int64]

    def cut(self, first: int, last: int) -> TimedRows:
        """Take the rows first..last-1."""
        return TimedRows(self.chunk.cut(first, last), self.moments_us[first:last])

    def between(self, start_us: int, end_us: int) -> TimedRows:
        """Take the rows of some moments; the end is excluded."""
        return self.cut(*np.searchsorted(self.moments_us, (start_us, end_us)).tolist())


def merge_rows(parts: Sequence[TimedRows], form: WireForm) -> TimedRows:
    """Merge rows, ordered as `order_ties` does."""
    taken = [take_rows(part.chunk.rows, part.chunk.order) for part in parts]
    rows = join_slices([LoopSlice(one, 0, len(one.ints), 0, 0) for one in taken])
    return sort_rows(rows, np.concatenate([part.moments_us for part in parts]), form)


def sort_rows(rows: WireRows, moments_us: NDArray[np.int64], form: WireForm) -> TimedRows:
    """Put rows into the order of `order_ties`; their moments are given in the rows' order."""
    times_us = form.times_us(rows.ints)
    order = np.lexsort((times_us, moments_us))  # by the last key first
    chunk = order_ties(WireChunk(rows, order), moments_us[order], times_us[order], form)
    return TimedRows(chunk, moments_us[order])


def order_ties(
    chunk: WireChunk, moments_us: NDArray[np.int64], times_us: NDArray[np.int64], form: WireForm
) -> WireChunk:
    """Order rows of equal moment and time by order id and sequence, as the wire has both.

    Until then they are ordered by what the wire doesn't show: the stored order id, which live rows derive a
    UUID from, and microseconds where the wire has milliseconds.

    Parameters
    ----------
    chunk, moments_us, times_us
        The rows, ordered by the moments of their emission, and then by these times.
    form
        How they look on the wire.
    """
    is_tie = np.zeros(len(times_us) + 1, bool)
    is_tie[1:-1] = (times_us[1:] == times_us[:-1]) & (moments_us[1:] == moments_us[:-1])
    at = np.flatnonzero(is_tie[:-1] | is_tie[1:])
    if not len(at):
        return chunk
    rows, tied = chunk.rows, chunk.order[at]
    ids, sequences = live_order_ids(rows, tied, form), rows.ints[tied, SEQUENCE_NUMBER].tolist()
    keys = list(zip(moments_us[at].tolist(), times_us[at].tolist(), ids, sequences, strict=True))
    order = chunk.order.copy()
    order[at] = tied[sorted(range(len(at)), key=keys.__getitem__)]
    return chunk._replace(order=order)


class PendingRows:
    """Rows that come in at any time, and leave in the order of their moments.

    Parameters
    ----------
    form
        How they look on the wire, by which rows of equal moment are ordered.
    """

    def __init__(self, form: WireForm) -> None:
        self._form = form
        # Each is larger than the next, so that there are few, and each row is merged a few times only.
        self._parts = list[TimedRows]()

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return sum(len(part.moments_us) for part in self._parts)

    def add(self, new: TimedRows) -> None:
        """Add rows."""
        while self._parts and len(self._parts[-1].moments_us) <= len(new.moments_us):
            new = merge_rows([self._parts.pop(), new], self._form)
        self._parts.append(new)

    def between(self, start_us: int, end_us: int) -> TimedRows | None:
        """Find the rows of some moments, the end excluded; None: there are none. They stay."""
        found = [part.between(start_us, end_us) for part in self._parts]
        found = [part for part in found if part.chunk.n_rows]
        return merge_rows(found, self._form) if found else None

    def moments_us(self, from_us: int, n_rows: int) -> NDArray[np.int64]:
        """List the moments of the first rows from a moment on, int64 (at most n_rows,), rising."""
        found = [np.zeros(0, np.int64)]
        for part in self._parts:
            first = int(np.searchsorted(part.moments_us, from_us))
            found.append(part.moments_us[first : first + n_rows])
        return np.sort(np.concatenate(found))[:n_rows]

    def drop(self, end_us: int) -> None:
        """Drop the rows before a moment, and free their memory."""
        parts, self._parts = self._parts, []
        for part in parts:
            kept = part.cut(int(np.searchsorted(part.moments_us, end_us)), len(part.moments_us))
            # Copied only when half is gone: a batch may have a few rows of many.
            if 2 * kept.chunk.n_rows < len(kept.chunk.rows.ints):
                kept = merge_rows([kept], self._form)
            if kept.chunk.n_rows:
                self._parts.append(kept)
