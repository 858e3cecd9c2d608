"""Keep many lines in one array of bytes, and cut, replace and find parts of all of them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
import polars as pl
import pyarrow as pa

from fastgen.faults.kernels import lines as kernel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Number = TypeVar("Number", np.uint8, np.int64)
NEWLINE = 10
# The inner object of a line is in the string of this member.
BODY = "body"


class Lines(NamedTuple):
    """Texts of any bytes, such as lines with their newline.

    Attributes
    ----------
    text
        uint8, the texts, one after another.
    start
        int64 (n + 1,), where each begins.
    """

    text: NDArray[np.uint8]
    start: NDArray[np.int64]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Bytes of each text, int64 (n,)."""
        return np.diff(self.start)

    def take(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> Lines:
        """Take some texts, by their indices or a mask."""
        return copy_parts(self.text, self.start[:-1][chosen], self.start[1:][chosen])

    def frozen(self) -> Lines:
        """Give read-only arrays: Numba compiles a kernel once more for arrays that are not."""
        return Lines(_frozen(self.text), _frozen(self.start))

    def series(self) -> pl.Series:
        """Give the texts as a series of Polars, of type Binary."""
        # Arrow takes the arrays as they are, without a copy.
        buffers = [None, pa.py_buffer(self.start), pa.py_buffer(self.text)]
        array = pa.Array.from_buffers(pa.large_binary(), len(self.start) - 1, buffers)
        return pl.Series(values=pl.from_arrow(array), dtype=pl.Binary)


def split_lines(text: NDArray[np.uint8]) -> Lines:
    """Split a text at its newlines, the last of which ends it."""
    return Lines(text, np.concatenate([[0], np.flatnonzero(text == NEWLINE) + 1]))


def repeat_text(text: bytes, times: int) -> Lines:
    """Repeat one text."""
    return Lines(np.frombuffer(text * times, np.uint8), np.arange(times + 1, dtype=np.int64) * len(text))


def lines_of(series: pl.Series) -> Lines:
    """Take the texts of a series of type String or Binary, which has no null."""
    array = series.cast(pl.Binary).to_arrow().cast(pa.large_binary())
    _, start, text = array.buffers()
    # A series that was cut keeps the buffers of the whole one.
    offsets = np.frombuffer(start, np.int64)[array.offset : array.offset + len(array) + 1]
    first = offsets[0] if len(offsets) else 0
    bytes_ = np.frombuffer(text, np.uint8) if text is not None else np.zeros(0, np.uint8)
    return Lines(bytes_[first : offsets[-1]], offsets - first)


def join_lines(parts: Sequence[Lines]) -> Lines:
    """Put texts one after another."""
    starts = [np.zeros(1, np.int64)]
    for part in parts:
        starts.append(part.start[1:] + starts[-1][-1])
    return Lines(np.concatenate([part.text for part in parts]), np.concatenate(starts))


def copy_parts(text: NDArray[np.uint8], first: NDArray[np.int64], last: NDArray[np.int64]) -> Lines:
    """Copy the parts first..last-1 of a text; both int64 (n,)."""
    start = _starts(last - first)
    out = np.empty(start[-1], np.uint8)
    kernel.copy_spans(_frozen(text), _frozen(first), _frozen(start), out)
    return Lines(out, start)


def splice(lines: Lines, at: NDArray[np.int64], after: NDArray[np.int64], new: Lines) -> Lines:
    """Replace the part at..after-1 of each line, positions in the whole text, by a new text."""
    start = _starts(lines.lengths - (after - at) + new.lengths)
    out = np.empty(start[-1], np.uint8)
    old, fresh = lines.frozen(), new.frozen()
    kernel.splice_lines(
        old.text, old.start, _frozen(at), _frozen(after), fresh.text, fresh.start, out, _frozen(start)
    )
    return Lines(out, start)


def wrap(texts: Lines, before: bytes, behind: bytes) -> Lines:
    """Put one text before, and one behind, each text."""
    n = len(texts.lengths)
    first, last = texts.start[:-1], texts.start[1:]
    begun = splice(texts, first, first, repeat_text(before, n))
    last = begun.start[1:]
    return splice(begun, last, last, repeat_text(behind, n))


class Members(NamedTuple):
    """Where a member is in each line; int64 (n,), positions in the whole text, -1: nowhere.

    Attributes
    ----------
    key, value, after
        The member's key, its value, and the end of the value.
    close
        The closing brace of the object; -1 also if the line, or the object, is not a whole one.
    """

    key: NDArray[np.int64]
    value: NDArray[np.int64]
    after: NDArray[np.int64]
    close: NDArray[np.int64]


def find_members(lines: Lines, key: str, *, in_body: bool) -> Members:
    """Find a member of each line, or of the object in its body."""
    found = np.empty((len(lines.lengths), 4), np.int64)
    name, inner = (np.frombuffer(text.encode(), np.uint8) for text in (key, BODY if in_body else ""))
    text, start = lines.frozen()
    kernel.find_members(text, start, name, inner, found)
    return Members(*np.ascontiguousarray(found.T))


def _starts(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])


def _frozen(array: NDArray[Number]) -> NDArray[Number]:
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
