"""Digest the location-days of a Parquet file: the digest of `fastgen.events.digest`, made from the file.

Days of ordinary size are digested from batches of rows, which verifying reads for its other checks too. A
larger one is read again, column by column in the order of the digest, and a section at a time, so that memory
stays bounded.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import xxhash

from fastgen.dataset.layout import ROW_GROUP_ROWS
from fastgen.dataset.reading.arrow_arrays import filled_numbers, filled_texts, valid_rows
from fastgen.dataset.reading.location_column import LOCATION
from fastgen.dataset.reading.row_batches import read_row_batches
from fastgen.events.schema import CANCEL_REASON, NUMPY_TYPES, digest_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from fastgen.dataset.reading.event_file import EventFile
    from fastgen.dataset.reading.row_batches import RowBatch
    from fastgen.events.digest import DayDigest
    from fastgen.events.schema import Column

# Days of at most WHOLE_ROWS rows are held in memory, longer ones read in sections. A section is a multiple
# of 8 rows, so that its validity bits end at a byte.
WHOLE_ROWS = 6 * ROW_GROUP_ROWS
SECTION_ROWS = ROW_GROUP_ROWS

_NO_LENGTHS = np.zeros(0, np.uint32)


class _Encoded(NamedTuple):
    """Rows of a column, as the digest runs over them.

    Attributes
    ----------
    valid
        bool (n_rows,).
    lengths
        uint32 (n_rows,), bytes of each text; of numbers there are none, (0,).
    values
        Numbers, (n_rows,), or the bytes of the texts.
    """

    valid: NDArray[np.bool_]
    lengths: NDArray[np.uint32]
    values: NDArray[Any]


class _Column(NamedTuple):
    """A column of a batch, and the offsets of its texts, int64 (n_rows + 1,); numbers have none."""

    rows: _Encoded
    start: NDArray[np.int64] | None

    def cut(self, rows: slice) -> _Encoded:
        """View some of the rows."""
        start = self.start
        values = rows if start is None else slice(int(start[rows.start]), int(start[rows.stop]))
        return _Encoded(self.rows.valid[rows], self.rows.lengths[rows], self.rows.values[values])


class DayDigester:
    """Digests the location-days of a file from its batches.

    Parameters
    ----------
    file
        The file.
    days
        Location-days that follow each other, in the order of its rows; bytes and digest are not used.
    first_row
        Their first row in the file.
    """

    def __init__(self, file: EventFile, days: Iterable[DayDigest], first_row: int = 0) -> None:
        self._file, self._days = file, tuple(days)
        # Verifying has compared the file's columns with those of its dataset before.
        self._columns = digest_columns(may_end_early=CANCEL_REASON.name in file.schema.names)
        self._ends = (first_row + np.cumsum([d.rows for d in self._days], dtype=np.int64)).tolist()
        self._found: list[DayDigest | None] = []
        # What has been read of the next day, from one batch after another.
        self._pieces: list[list[_Encoded]] = []

    @property
    def stored(self) -> tuple[str, ...]:
        """Columns that batches must have."""
        return tuple(column.name for column in self._columns if column.name != LOCATION)

    @property
    def needs_batches(self) -> bool:
        """Whether there is a day that is digested from batches."""
        return any(d.rows <= WHOLE_ROWS for d in self._days)

    def take(self, batch: RowBatch) -> None:
        """Digest the days that end in a batch; batches must follow one another from the first day on."""
        end, columns = batch.first_row + batch.n_rows, None
        at = len(self._found)
        for d, day_end in zip(self._days[at:], self._ends[at:], strict=True):
            low, high = max(day_end - d.rows, batch.first_row), min(day_end, end)
            is_long = d.rows > WHOLE_ROWS
            if low < high and not is_long:
                columns = columns or [_encode(batch, column) for column in self._columns]
                rows = slice(low - batch.first_row, high - batch.first_row)
                piece = [column.cut(rows) for column in columns]
                # Copies, so that the batch needn't be held for the sake of a few rows.
                self._pieces.append(piece if day_end <= end else [_copy(one) for one in piece])
            if day_end > end:
                return
            self._found.append(None if is_long else self._digest(d, self._parts(d.location_id)))
            self._pieces.clear()

    def finish(self) -> list[DayDigest]:
        """Return the location-days that the file has rows for, with the bytes and digests of these rows.

        Raises
        ------
        DamageError
            If the file is damaged.
        """
        reader, n_rows = RowReader(self._file), self._file.n_rows
        digests: list[DayDigest] = []
        found = [*self._found, *([None] * (len(self._days) - len(self._found)))]
        for d, end, digested in zip(self._days, self._ends, found, strict=True):
            if end > n_rows:
                break
            sections = _sections(reader, self._columns, d.location_id, end - d.rows, end)
            digests.append(digested or self._digest(d, sections))
        return digests

    def _parts(self, location_id: int) -> Iterator[NDArray[Any]]:
        """Give what the digest of the day that was read runs over."""
        if not self._pieces:  # a day without orders
            return
        for column, *pieces in zip(self._columns, *self._pieces, strict=True):
            valid = [one.valid for one in pieces]
            yield np.packbits(valid[0] if len(valid) == 1 else np.concatenate(valid), bitorder="little")
            if column.name == LOCATION:
                yield np.full(sum(map(len, valid)), location_id, np.int8)
                continue
            if column.kind == "str":
                yield from (one.lengths for one in pieces)
            yield from (one.values for one in pieces)

    @staticmethod
    def _digest(day: DayDigest, parts: Iterable[NDArray[Any]]) -> DayDigest:
        digest, n_bytes = xxhash.xxh3_128(), 0
        # XXH3 gives the same digest however its input is cut.
        for part in parts:
            digest.update(part.data)
            n_bytes += part.nbytes
        return day._replace(bytes=n_bytes, digest=digest.hexdigest())


def digest_file_days(file: EventFile, days: Iterable[DayDigest]) -> list[DayDigest]:
    """Digest the location-days of a file.

    Parameters
    ----------
    file
        The file.
    days
        Its location-days in the order of its rows; bytes and digest are not used.

    Returns
    -------
    list of DayDigest
        The same location-days, with the bytes and digests of the file's rows.

    Raises
    ------
    DamageError
        If the file is damaged.
    """
    digester = DayDigester(file, days)
    if digester.needs_batches:
        for batch in read_row_batches(file, digester.stored):
            digester.take(batch)
    return digester.finish()


class RowReader:
    """Reads ranges of rows of one event file, and keeps the row groups that the last range was in."""

    def __init__(self, file: EventFile) -> None:
        self._file = file
        sizes = [file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups)]
        self._starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self._columns: tuple[str, ...] = ()
        self._kept: dict[int, pa.Table] = {}

    def rows(self, first: int, last: int, columns: tuple[str, ...]) -> pa.Table:
        """Read rows first..last-1 of some columns."""
        low = max(int(np.searchsorted(self._starts, first, "right")) - 1, 0)
        high = int(np.searchsorted(self._starts, last, "left"))
        # The next range begins in the last row group of this one: each is decoded once. The others are freed
        # before new ones are read.
        kept = self._kept if columns == self._columns else {}
        self._columns, self._kept = columns, {i: kept[i] for i in range(low, high) if i in kept}
        del kept
        for group in range(low, high):
            if group not in self._kept:
                self._kept[group] = self._file.read([group], columns)
        tables = [self._kept[group] for group in range(low, high)]
        # A file without rows has its columns all the same.
        table = pa.concat_tables(tables) if tables else self._file.read([], columns)
        return table.slice(first - int(self._starts[low]), last - first)


def _sections(
    reader: RowReader, columns: Sequence[Column], location_id: int, first: int, last: int
) -> Iterator[NDArray[Any]]:
    """Give the bytes that the digest of rows first..last-1 runs over, a section at a time."""
    edges = [*range(first, last, SECTION_ROWS), last] if last > first else []
    for column in columns:
        parts = ("valid", "lengths", "values") if column.kind == "str" else ("valid", "values")
        for part in parts:
            # Every part of a column comes before the next part, so a long day is read several times.
            for low, high in pairwise(edges):
                if column.name == LOCATION:
                    ids = np.full(high - low, location_id, np.int8)
                    yield ids if part == "values" else np.packbits(np.ones_like(ids), bitorder="little")
                    continue
                array = _one_array(reader.rows(low, high, (column.name,)).column(column.name))
                if part == "valid":
                    yield np.packbits(valid_rows(array), bitorder="little")
                elif column.kind == "str":
                    start, text = filled_texts(array)
                    yield np.diff(start).astype("<u4") if part == "lengths" else text[start[0] : start[-1]]
                else:
                    yield _encode_numbers(filled_numbers(array), column.kind)


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def _encode(batch: RowBatch, column: Column) -> _Column:
    if column.name == LOCATION:
        # Its values are those of the day.
        every = np.ones(batch.n_rows, bool)
        return _Column(_Encoded(every, _NO_LENGTHS, every), None)
    valid = batch.valid[column.name]
    if column.kind == "str":
        start, text = batch.texts[column.name]
        return _Column(_Encoded(valid, np.diff(start).astype("<u4"), text), start)
    numbers = _encode_numbers(batch.values[column.name], column.kind)
    return _Column(_Encoded(valid, _NO_LENGTHS, numbers), None)


def _copy(rows: _Encoded) -> _Encoded:
    return _Encoded(rows.valid.copy(), rows.lengths.copy(), rows.values.copy())


def _encode_numbers(values: NDArray[Any], kind: str) -> NDArray[Any]:
    # Adding 0 turns -0 into 0: both are the same value.
    numbers = values + values.dtype.type(0) if kind == "f32" else values
    return numbers.astype(NUMPY_TYPES[kind], copy=False)
