"""Read row groups of event files as the arrays that the wire format is made from, and join pieces of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastgen.dataset.reading.arrow_arrays import filled_numbers, filled_texts
from fastgen.events.schema import FLOATS, TEXTS
from fastgen.wire.rows import EVENT_TYPE, LOCATION_ID, LOOP, SLACK, TS, WireRows

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from fastgen.dataset.event_part import EventPart


class GroupSpan(NamedTuple):
    """A row group: its part, its number there, its rows, first and last second, whether these are exact."""

    file: EventPart
    number: int
    n_rows: int
    first_s: int
    last_s: int
    is_exact: bool

    def expected_rows(self, shift_s: int, start_s: int, end_s: int) -> float:
        """Estimate the rows in a window that it overlaps, as if they were spread evenly over its time.

        Parameters
        ----------
        shift_s
            Seconds by which its loop comes after loop 0.
        start_s, end_s
            The window, virtual seconds; the end is excluded.
        """
        first, last = self.first_s + shift_s, self.last_s + shift_s + 1
        return self.n_rows * ((min(last, end_s) - max(first, start_s)) / (last - first))


def read_spans(file: EventPart, bounds: tuple[int, int]) -> list[GroupSpan]:
    """Find out which stretch of time each row group of a part covers.

    Parameters
    ----------
    file
        The part.
    bounds
        First and last second that it could hold, for groups that don't state theirs.

    Raises
    ------
    DamageError
        If it is not the file that the manifest states.
    """
    with file.open() as opened:
        groups = opened.row_groups()
    spans = []
    for number, group in enumerate(groups):
        is_exact = group.first_s is not None and group.last_s is not None
        first_s = bounds[0] if group.first_s is None else group.first_s
        last_s = bounds[1] if group.last_s is None else group.last_s
        if group.n_rows:
            spans.append(GroupSpan(file, number, group.n_rows, first_s, last_s, is_exact))
    return spans


def read_group(span: GroupSpan) -> WireRows:
    """Read a row group; loop 0, so that virtual seconds are ts_seconds.

    Raises
    ------
    DamageError
        If it is damaged.
    """
    location_id = span.file.location_id
    names = ["event_type_id", "ts_seconds", "sequence", *FLOATS, *TEXTS]
    names += ["location_id"] if location_id is None else []
    with span.file.open() as file:
        table = file.read([span.number], names, use_threads=True)
    columns = {name: _one_array(table.column(name)) for name in names}
    n = table.num_rows
    ints = np.zeros((n, 5), np.int64)
    ints[:, 0] = filled_numbers(columns["event_type_id"])
    ints[:, 1] = location_id or filled_numbers(columns["location_id"])
    ints[:, 2] = filled_numbers(columns["sequence"])
    ints[:, TS] = filled_numbers(columns["ts_seconds"])
    floats = np.stack([filled_numbers(columns[name]) for name in FLOATS], 1)
    texts = [filled_texts(columns[name]) for name in TEXTS]
    return WireRows(ints, floats, np.stack([start for start, _ in texts], 1), *(text for _, text in texts))


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


class Piece(NamedTuple):
    """Rows first..last-1 of a row group as they come in a loop of so many seconds."""

    rows: WireRows
    first: int
    last: int
    loop: int
    length_s: int


def cut_piece(rows: WireRows, loop: int, length_s: int, start_s: int, end_s: int) -> Piece | None:
    """Cut from a row group, as it comes in a loop, what lies around a window; None if nothing is in it.

    Parameters
    ----------
    rows
        The row group, of loop 0.
    loop, length_s
        The loop and its length.
    start_s, end_s
        The window, virtual seconds, the end not among them.
    """
    ts = rows.ints[:, TS] + loop * length_s
    inside = np.flatnonzero((ts >= start_s) & (ts < end_s))
    return Piece(rows, int(inside[0]), int(inside[-1]) + 1, loop, length_s) if len(inside) else None


def selected_rows(
    rows: WireRows, locations: Collection[int] | None, types: Collection[int] | None
) -> NDArray[np.bool_]:
    """Say which rows are of some locations and event types, bool (n,); ids, None: all."""
    keep = np.ones(len(rows.ints), bool)
    if types is not None:
        keep &= np.isin(rows.ints[:, EVENT_TYPE], list(types))
    if locations is not None:
        keep &= np.isin(rows.ints[:, LOCATION_ID], list(locations))
    return keep


def join_pieces(pieces: Sequence[Piece]) -> WireRows:
    """Put pieces together, each in its loop's time.

    All arrays come out read-only, so that kernels are compiled for one kind alone.
    """
    ints = np.concatenate([np.zeros((0, 5), np.int64), *(p.rows.ints[p.first : p.last] for p in pieces)])
    starts, texts, at = [], [], 0
    ends = np.zeros((1, 4), np.int64)
    for piece in pieces:
        part = ints[at : at + piece.last - piece.first]
        part[:, LOOP] += piece.loop
        part[:, TS] += piece.loop * piece.length_s
        at += len(part)
        start = piece.rows.start[piece.first : piece.last + 1]
        texts.append([text[a:b] for text, a, b in zip(piece.rows[3:], start[0], start[-1], strict=True)])
        starts.append(start[:-1] - start[:1] + ends)
        ends = start[-1:] - start[:1] + ends
    floats = [np.zeros((0, 5), np.float32), *(p.rows.floats[p.first : p.last] for p in pieces)]
    room = np.zeros(SLACK, np.uint8)
    joined = [np.concatenate([*column, room]) for column in zip(*texts, strict=True)] or [room] * 4
    return WireRows(
        *map(_frozen, (ints, np.concatenate(floats), np.concatenate([*starts, ends]))), *map(_frozen, joined)
    )


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array


def n_bytes(rows: WireRows) -> int:
    """Memory that rows take."""
    return sum(array.nbytes for array in rows)
