"""Read row groups of event files as `WireRows`, and join the rows of a window from several of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastgen.dataset.event_part import MADE_COLUMNS
from fastgen.dataset.reading.arrow_arrays import filled_numbers, filled_texts
from fastgen.dataset.reading.location_column import stored_names
from fastgen.events.schema import CANCEL_REASON, FLOATS, TEXTS
from fastgen.wire.rows import (
    EVENT_TYPE,
    LOCATION_ID,
    LOOP,
    N_MADE,
    N_STORED,
    SEQUENCE_NUMBER,
    SLACK,
    TS,
    WireRows,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from fastgen.dataset.event_part import EventPart


# Rows of a window are copied if fewer than one of SPARSE rows around them is in it. At a large scale, the row
# groups of an hour of orders have rows of a window of minutes, a few of each order: all rows of all these
# groups would be copied for every window.
SPARSE = 2


class GroupSpan(NamedTuple):
    """A row group of a part.

    Attributes
    ----------
    file, number
        The part, and the number of the row group in it.
    n_rows
        Number of rows.
    first_s, last_s, is_exact
        First and last second, ts_seconds; not exact: bounds that no row exceeds.
    """

    file: EventPart
    number: int
    n_rows: int
    first_s: int
    last_s: int
    is_exact: bool

    def estimate_rows(self, shift_s: int, start_s: int, end_s: int) -> float:
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
    """Find the first and last second of each row group of a part.

    Parameters
    ----------
    file
        The part.
    bounds
        First and last second to assume for a row group that doesn't state its own.

    Raises
    ------
    DamageError
        If it isn't the file that the manifest states.
    """
    with file.open() as opened:
        groups = opened.row_groups()
    spans = []
    for number, group in enumerate(groups):
        is_exact = group.first_s is not None and group.last_s is not None
        first_s = bounds[0] if group.first_s is None else group.first_s
        last_s = bounds[1] if group.last_s is None else group.last_s
        if group.n_rows:  # an empty one has no bounds, and nothing to read
            spans.append(GroupSpan(file, number, group.n_rows, first_s, last_s, is_exact))
    return spans


def read_group(span: GroupSpan, *, with_reasons: bool, micros: bool = False) -> WireRows:
    """Read a row group as rows of loop 0: their virtual seconds are ts_seconds.

    Parameters
    ----------
    span
        The row group.
    with_reasons
        Whether its dataset has a column cancel_reason.
    micros
        Whether to read the two columns of ints that only parts made when they are read have.

    Raises
    ------
    DamageError
        If it is damaged.
    """
    location_id = span.file.location_id
    wanted = ("event_type_id", "location_id", "ts_seconds", "sequence", *FLOATS, *TEXTS)
    names = [*stored_names(wanted, location_id), *(MADE_COLUMNS if micros else ())]
    names += [CANCEL_REASON.name] if with_reasons else []
    with span.file.open() as file:
        table = file.read([span.number], names, use_threads=True)
    return rows_of_table(table, location_id, micros=micros)


def rows_of_table(table: pa.Table, location_id: int | None, *, micros: bool) -> WireRows:
    """Turn stored columns into rows.

    Parameters
    ----------
    table
        The columns; with `micros` also those that only made rows have.
    location_id
        Their location; None: the column location_id says it.
    micros
        Whether the rows get microseconds and the minutes of the drive.
    """
    columns = {name: _one_array(table.column(name)) for name in table.column_names}
    n = table.num_rows
    ints = np.zeros((n, N_MADE if micros else N_STORED), np.int64)
    ints[:, EVENT_TYPE] = filled_numbers(columns["event_type_id"])
    ints[:, LOCATION_ID] = filled_numbers(columns["location_id"]) if location_id is None else location_id
    ints[:, SEQUENCE_NUMBER] = filled_numbers(columns["sequence"])
    ints[:, TS] = filled_numbers(columns["ts_seconds"])
    for at, name in enumerate(MADE_COLUMNS if micros else (), start=N_STORED):
        ints[:, at] = filled_numbers(columns[name])
    floats = np.stack([filled_numbers(columns[name]) for name in FLOATS], 1)
    if CANCEL_REASON.name in columns:
        # It takes as long to load as all else that a small window needs.
        import pyarrow.compute as pc  # noqa: PLC0415

        # No row has both texts.
        either = (columns[name].cast("large_string") for name in ("customer_addr", CANCEL_REASON.name))
        columns["customer_addr"] = pc.coalesce(*either)
    texts = [filled_texts(columns[name]) for name in TEXTS]
    return WireRows(ints, floats, np.stack([start for start, _ in texts], 1), *(text for _, text in texts))


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


class LoopSlice(NamedTuple):
    """Rows first..last-1 of a row group, to be moved into a loop; a loop takes `length_s` seconds."""

    rows: WireRows
    first: int
    last: int
    loop: int
    length_s: int


def cut_window(rows: WireRows, loop: int, length_s: int, start_s: int, end_s: int) -> LoopSlice | None:
    """Cut from a row group the rows of a window; None: it has none.

    If most rows between the first and the last of the window are in it, all of them are taken, since a slice
    needs no copy. A row group isn't sorted by time, so the caller selects the rows once more.

    Parameters
    ----------
    rows
        The row group, of loop 0.
    loop, length_s
        The loop that the rows are moved into, and the seconds that a loop takes.
    start_s, end_s
        The window, virtual seconds; the end is excluded.
    """
    ts = rows.ints[:, TS] + loop * length_s
    inside = np.flatnonzero((ts >= start_s) & (ts < end_s))
    if not len(inside):
        return None
    first, last = int(inside[0]), int(inside[-1]) + 1
    if SPARSE * len(inside) < last - first:
        return LoopSlice(take_rows(rows, inside), 0, len(inside), loop, length_s)
    return LoopSlice(rows, first, last, loop, length_s)


def take_rows(rows: WireRows, which: NDArray[np.int64]) -> WireRows:
    """Copy the rows of some indices, int64 (k,), in their order."""
    starts, texts = [], []
    for column, text in enumerate(rows[3:]):
        first = rows.start[which, column]
        lengths = rows.start[which + 1, column] - first
        start = np.concatenate([[0], np.cumsum(lengths)])
        starts.append(start)
        texts.append(text[np.arange(start[-1]) + np.repeat(first - start[:-1], lengths)])
    return WireRows(rows.ints[which], rows.floats[which], np.stack(starts, 1), *texts)


def selected_rows(
    rows: WireRows, locations: Collection[int] | None, types: Collection[int] | None
) -> NDArray[np.bool_]:
    """Select rows by location ids and event type ids, None for all; bool (n,)."""
    keep = np.ones(len(rows.ints), bool)
    if types is not None:
        keep &= np.isin(rows.ints[:, EVENT_TYPE], list(types))
    if locations is not None:
        keep &= np.isin(rows.ints[:, LOCATION_ID], list(locations))
    return keep


def join_slices(slices: Sequence[LoopSlice]) -> WireRows:
    """Join slices of row groups, each moved into its loop.

    All arrays are read-only, since Numba compiles a kernel once more for arrays that are not.
    """
    n_ints = slices[0].rows.ints.shape[1] if slices else N_STORED
    ints = np.concatenate([np.zeros((0, n_ints), np.int64), *(s.rows.ints[s.first : s.last] for s in slices)])
    starts, texts, at = [], [], 0
    ends = np.zeros((1, len(TEXTS)), np.int64)
    for one in slices:
        # A view: adding to it moves the rows of `ints` into their loop.
        part = ints[at : at + one.last - one.first]
        part[:, LOOP] += one.loop
        part[:, TS] += one.loop * one.length_s
        at += len(part)
        start = one.rows.start[one.first : one.last + 1]
        texts.append([text[a:b] for text, a, b in zip(one.rows[3:], start[0], start[-1], strict=True)])
        # Texts of this slice follow those of the slices before.
        starts.append(start[:-1] - start[:1] + ends)
        ends = start[-1:] - start[:1] + ends
    floats = [np.zeros((0, len(FLOATS)), np.float32), *(s.rows.floats[s.first : s.last] for s in slices)]
    room = np.zeros(SLACK, np.uint8)
    joined = [np.concatenate([*column, room]) for column in zip(*texts, strict=True)] or [room] * len(TEXTS)
    return WireRows(
        *map(_frozen, (ints, np.concatenate(floats), np.concatenate([*starts, ends]))), *map(_frozen, joined)
    )


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array


def n_bytes(rows: WireRows) -> int:
    """Sum up the memory of rows."""
    return sum(array.nbytes for array in rows)
