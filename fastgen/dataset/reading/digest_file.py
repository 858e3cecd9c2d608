"""Digest the location-days of a Parquet file: the digest of `fastgen.events.digest`, made from the file.

A day of ordinary size is read as one table. A larger one is read column by column, in the order of the
digest, and a row group at a time, so that memory stays bounded.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import xxhash

from fastgen.dataset.layout import ROW_GROUP_ROWS
from fastgen.dataset.reading.arrow_arrays import filled_numbers, filled_texts, valid_rows
from fastgen.dataset.reading.location_column import LOCATION, location_array
from fastgen.events.schema import CANCEL_REASON, NUMPY_TYPES, digest_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from fastgen.dataset.reading.event_file import EventFile
    from fastgen.events.digest import DayDigest
    from fastgen.events.schema import Column

# Days of at most WHOLE_ROWS rows are read as one table, longer ones in sections. A section is a multiple of 8
# rows, so that its validity bits end at a byte.
WHOLE_ROWS = 4 * ROW_GROUP_ROWS
SECTION_ROWS = ROW_GROUP_ROWS


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
    reader, at, found = RowReader(file), 0, []
    # Verifying has compared the file's columns with those of its dataset before.
    columns = digest_columns(may_end_early=CANCEL_REASON.name in file.schema.names)
    for d in days:
        n_bytes, digest = _digest_rows(reader, columns, d.location_id, at, at + d.rows)
        found.append(d._replace(bytes=n_bytes, digest=digest))
        at += d.rows
    return found


def _digest_rows(
    reader: RowReader, columns: Sequence[Column], location_id: int, first: int, last: int
) -> tuple[int, str]:
    digest, n_bytes = xxhash.xxh3_128(), 0
    for section in _sections(reader, columns, location_id, first, last):
        data = np.ascontiguousarray(section)
        digest.update(data.data)
        n_bytes += data.nbytes
    return n_bytes, digest.hexdigest()


def _sections(
    reader: RowReader, columns: Sequence[Column], location_id: int, first: int, last: int
) -> Iterator[NDArray[np.generic]]:
    """Give the bytes that the digest of rows first..last-1 runs over, a section at a time."""
    whole = last - first <= WHOLE_ROWS
    edges = [*range(first, last, WHOLE_ROWS if whole else SECTION_ROWS), last] if last > first else []
    ranges = list(pairwise(edges))
    stored = tuple(column.name for column in columns if column.name != LOCATION)
    for column in columns:
        parts = ("valid", "lengths", "values") if column.kind == "str" else ("valid", "values")
        for part in parts:
            # Every part of a column comes before the next part, so a long day is read several times.
            for low, high in ranges:
                if column.name == LOCATION:
                    array = location_array(location_id, high - low)
                else:
                    read = stored if whole else (column.name,)
                    array = _one_array(reader.rows(low, high, read).column(column.name))
                yield _encode(array, column.kind, part)


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def _encode(array: pa.Array, kind: str, part: str) -> NDArray[np.generic]:
    if part == "valid":
        return np.packbits(valid_rows(array), bitorder="little")
    if kind == "str":
        start, text = filled_texts(array)
        return np.diff(start).astype("<u4") if part == "lengths" else text[start[0] : start[-1]]
    values = filled_numbers(array)
    # Adding 0 turns -0 into 0: both are the same value.
    encoded: NDArray[np.generic] = (values + values.dtype.type(0)).astype(NUMPY_TYPES[kind])
    return encoded
