"""Read row groups of event files as the arrays that the wire format is made from, and join pieces of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fastgen.dataset.arrow_arrays import filled_numbers, filled_texts
from fastgen.errors import DataError
from fastgen.kernels.wire_rows import EVENT_TYPE, LOCATION_ID, LOOP, SLACK, TS, WireRows

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_NUMBERS = ("customer_lat", "customer_lon", "ping_lat", "ping_lon", "ping_progress")
_TEXTS = ("order_id", "customer_addr", "items_json", "route_json")


class GroupSpan(NamedTuple):
    """A row group: its file, location (None: as its column says), number, rows, first and last second."""

    path: Path
    location_id: int | None
    number: int
    n_rows: int
    first_s: int
    last_s: int


def read_spans(path: Path, location_id: int | None, bounds: tuple[int, int]) -> list[GroupSpan]:
    """Read from a file's footer which stretch of time each of its row groups covers.

    Parameters
    ----------
    path, location_id
        The file, and whose orders are in it.
    bounds
        First and last second that it could hold, for groups without statistics.

    Raises
    ------
    DataError
        If it can't be read.
    """
    try:
        metadata = pq.read_metadata(path)
        column = metadata.schema.to_arrow_schema().get_field_index("ts_seconds")
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from None
    spans = []
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        found = group.column(column).statistics
        first, last = (found.min, found.max) if found is not None and found.has_min_max else bounds
        if group.num_rows:
            spans.append(GroupSpan(path, location_id, number, group.num_rows, first, last))
    return spans


def read_group(span: GroupSpan) -> WireRows:
    """Read a row group; loop 0, so that virtual seconds are ts_seconds.

    Raises
    ------
    DataError
        If it can't be read.
    """
    names = ["event_type_id", "ts_seconds", "sequence", *_NUMBERS, *_TEXTS]
    names += ["location_id"] if span.location_id is None else []
    try:
        with pq.ParquetFile(span.path, memory_map=True, pre_buffer=False) as file:
            table = file.read_row_group(span.number, columns=names)
        columns = {name: _one_array(table.column(name)) for name in names}
    except (OSError, KeyError, pa.ArrowException) as error:
        raise _unreadable(span.path, error) from None
    n = table.num_rows
    whole = np.zeros((n, 5), np.int64)
    whole[:, 0] = filled_numbers(columns["event_type_id"])
    whole[:, 1] = span.location_id or filled_numbers(columns["location_id"])
    whole[:, 2] = filled_numbers(columns["sequence"])
    whole[:, TS] = filled_numbers(columns["ts_seconds"])
    number = np.stack([filled_numbers(columns[name]) for name in _NUMBERS], 1)
    texts = [filled_texts(columns[name]) for name in _TEXTS]
    return WireRows(whole, number, np.stack([start for start, _ in texts], 1), *(text for _, text in texts))


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(f"{path}: expected a readable event file, got {str(error).splitlines()[0]}")


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
    ts = rows.whole[:, TS] + loop * length_s
    inside = np.flatnonzero((ts >= start_s) & (ts < end_s))
    return Piece(rows, int(inside[0]), int(inside[-1]) + 1, loop, length_s) if len(inside) else None


def selected_rows(
    rows: WireRows, locations: Collection[int] | None, types: Collection[int] | None
) -> NDArray[np.bool_]:
    """Say which rows are of some locations and event types, bool (n,); ids, None: all."""
    keep = np.ones(len(rows.whole), bool)
    if types is not None:
        keep &= np.isin(rows.whole[:, EVENT_TYPE], list(types))
    if locations is not None:
        keep &= np.isin(rows.whole[:, LOCATION_ID], list(locations))
    return keep


def join_pieces(pieces: Sequence[Piece]) -> WireRows:
    """Put pieces together, each in its loop's time.

    All arrays come out read-only, so that kernels are compiled for one kind alone.
    """
    whole = np.concatenate([np.zeros((0, 5), np.int64), *(p.rows.whole[p.first : p.last] for p in pieces)])
    starts, texts, at = [], [], 0
    ends = np.zeros((1, 4), np.int64)
    for piece in pieces:
        part = whole[at : at + piece.last - piece.first]
        part[:, LOOP] += piece.loop
        part[:, TS] += piece.loop * piece.length_s
        at += len(part)
        start = piece.rows.start[piece.first : piece.last + 1]
        texts.append([text[a:b] for text, a, b in zip(piece.rows[3:], start[0], start[-1], strict=True)])
        starts.append(start[:-1] - start[:1] + ends)
        ends = start[-1:] - start[:1] + ends
    number = [np.zeros((0, 5), np.float32), *(p.rows.number[p.first : p.last] for p in pieces)]
    room = np.zeros(SLACK, np.uint8)
    joined = [np.concatenate([*column, room]) for column in zip(*texts, strict=True)] or [room] * 4
    return WireRows(
        *map(_frozen, (whole, np.concatenate(number), np.concatenate([*starts, ends]))), *map(_frozen, joined)
    )


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array


def n_bytes(rows: WireRows) -> int:
    """Memory that rows take."""
    return sum(array.nbytes for array in rows)
