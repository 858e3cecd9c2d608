"""Read an event file as NumPy arrays, in batches of whole orders that bound the memory."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from fastgen.dataset.kernels.parse_texts import parse_order_ids
from fastgen.dataset.reading.arrow_arrays import filled_numbers, filled_texts, valid_rows
from fastgen.events.schema import CREATED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from fastgen.dataset.reading.event_file import EventFile

# A row group of a file of ours; several of one that has small ones.
BATCH_ROWS = 32_000


class Texts(NamedTuple):
    """A column of n strings: int64 (n + 1,) offsets into uint8 text; nulls are empty strings."""

    start: NDArray[np.int64]
    text: NDArray[np.uint8]

    def get(self, row: int) -> str:
        """Return one string, cut to the length of an error message."""
        raw = self.text[self.start[row] : self.start[row + 1]][:60]
        return raw.tobytes().decode(errors="replace")


class RowBatch(NamedTuple):
    """Some rows of a file that begin and end with an order.

    Attributes
    ----------
    first_row
        Number of the first row in the file.
    values
        Columns of numbers by name, (n_rows,), nulls as 0.
    valid
        bool (n_rows,) by name of the column: False where it is null.
    texts
        Columns of strings by name.
    code
        int64 (n_rows,), order ids as numbers, see `parse_order_ids`.
    start
        int64 (n_orders + 1,), offsets of the orders' rows.
    """

    first_row: int
    values: dict[str, NDArray[Any]]
    valid: dict[str, NDArray[np.bool_]]
    texts: dict[str, Texts]
    code: NDArray[np.int64]
    start: NDArray[np.int64]

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.code)


def read_row_batches(
    file: EventFile, columns: Sequence[str], batch_rows: int = BATCH_ROWS, *, rows: range | None = None
) -> Iterator[RowBatch]:
    """Read a file in batches that begin and end with an order.

    An order begins where the order_id changes, or at an order_created.

    Parameters
    ----------
    file
        The file.
    columns
        The columns to read; order_id and event_type_id must be among them.
    batch_rows
        Rows after which a batch ends, at the next end of a row group.
    rows
        Rows to read; None: all.

    Raises
    ------
    DamageError
        If the file is damaged.
    """
    groups = file.metadata.num_row_groups
    ends = list(accumulate(file.metadata.row_group(group).num_rows for group in range(groups)))
    n_rows = ends[-1] if ends else 0
    wanted = range(n_rows) if rows is None else range(rows.start, min(rows.stop, n_rows))
    first_row, rest = wanted.start, None
    for table, is_whole in _read_tables(file, columns, ends, wanted, batch_rows):
        read = table if rest is None else pa.concat_tables([rest, table])
        batch = _to_batch(first_row, read)
        # The last order may go on in the next row groups, then it waits for them. No real order is as long as
        # a batch: the checks will report it.
        cut = batch.n_rows if is_whole else int(batch.start[-2]) or batch.n_rows
        rest = read.slice(cut) if cut < batch.n_rows else None
        # Nothing of a batch is held while the next one is read.
        del table, read
        yield _cut(batch, cut)
        first_row += cut
        del batch


def _read_tables(
    file: EventFile, columns: Sequence[str], ends: Sequence[int], rows: range, batch_rows: int
) -> Iterator[tuple[pa.Table, bool]]:
    """Read some rows, row groups at a time; say of each table whether an order ends at its end.

    `ends` has the end of each row group in the file, in rows.
    """
    groups: list[int] = []
    begin = rows.start
    for group, end in enumerate(ends):
        if end <= begin:
            continue
        groups.append(group)
        is_last = end >= rows.stop
        if rows and (is_last or end - begin >= batch_rows):
            table = file.read(groups, columns)
            # The first row group may begin before the rows, the last one may go on after them.
            skipped = begin - (ends[groups[0] - 1] if groups[0] else 0)
            read = table.slice(skipped, min(end, rows.stop) - begin)
            del table
            yield read, is_last or _begins_with_order(file, group + 1)
            del read
            groups, begin = [], end
        if is_last:
            return


def _begins_with_order(file: EventFile, group: int) -> bool:
    """Say whether an order is created in the first row of a row group."""
    # This column is small, and its rows are the first that are known of the next batch.
    kinds = file.read([group], ["event_type_id"]).column(0)
    return len(kinds) > 0 and kinds[0].as_py() == CREATED


def _to_batch(first_row: int, rows: pa.Table) -> RowBatch:
    table = rows.combine_chunks()
    values, valid, texts = {}, {}, {}
    for name in table.column_names:
        column = table.column(name)
        array = column.chunk(0) if column.num_chunks else pa.array([], column.type)
        valid[name] = valid_rows(array)
        if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
            values[name] = filled_numbers(array)
        else:
            texts[name] = Texts(*filled_texts(array))
    code = np.empty(table.num_rows, np.int64)
    parse_order_ids(*texts["order_id"], code)
    begins = values["event_type_id"] == CREATED
    # Damaged files may lack order_created, or repeat it.
    begins[1:] |= code[1:] != code[:-1]
    begins[:1] = True
    start = np.append(np.flatnonzero(begins), table.num_rows)
    return RowBatch(first_row, values, valid, texts, code, start)


def _cut(batch: RowBatch, n_rows: int) -> RowBatch:
    """Keep the first `n_rows` rows, the last of which ends an order."""
    n_orders = int(np.searchsorted(batch.start, n_rows))
    return RowBatch(
        batch.first_row,
        {name: column[:n_rows] for name, column in batch.values.items()},
        {name: column[:n_rows] for name, column in batch.valid.items()},
        {name: texts._replace(start=texts.start[: n_rows + 1]) for name, texts in batch.texts.items()},
        batch.code[:n_rows],
        batch.start[: n_orders + 1],
    )
