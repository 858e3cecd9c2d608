"""Read the tables of a publication as streams of Arrow batches, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fastgen.dataset.layout import MANIFEST, TABLES, table_path
from fastgen.dataset.reading.arrow_types import arrow_schema
from fastgen.dataset.reading.event_file import DAMAGED
from fastgen.dataset.reading.location_column import stored_names, with_location
from fastgen.errors import DamageError
from fastgen.events.schema import CANCEL_REASON, CREATED, stored_columns
from fastgen.publishing.order_items import ORDER_ITEMS, SOURCE_COLUMNS, explode_items
from fastgen.publishing.table import BATCH_ROWS, Table
from fastgen.publishing.times import add_times, time_fields
from fastgen.publishing.universe_tables import UNIVERSE_TABLES, open_universe_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from fastgen.dataset.index import DatasetIndex
    from fastgen.dataset.manifest_entries import FileEntry
    from fastgen.dataset.opened import OpenDataset
    from fastgen.events.schema import TableForm

# In the order in which they are written.
TABLE_NAMES = (*TABLES, *UNIVERSE_TABLES, "order_items", "events")


def open_tables(dataset: OpenDataset) -> list[Table]:
    """Open the tables of a dataset: the six dimension tables, those of a universe, order_items, events.

    Raises
    ------
    DamageError
        If the manifest or a table is damaged; from a stream, if the rows that it reads are.
    """
    index = dataset.index
    entries = {entry.path: entry for entry in dataset.manifest.tables}
    missing = [name for name in TABLES if table_path(name) not in entries]
    if missing:
        name = index.folder / MANIFEST
        what = f"{name}: expected a whole manifest, got one without {table_path(missing[0])}."
        raise DamageError(what, index.folder)
    schema = published_schema(index.table_form)
    return [
        *(_dimension(dataset, name, entries[table_path(name)]) for name in TABLES),
        *open_universe_tables(dataset),
        Table("order_items", ORDER_ITEMS, lambda: _order_items(index), by_location=True),
        Table("events", schema, lambda: _events(index, schema), by_location=True),
    ]


def published_schema(form: TableForm) -> pa.Schema:
    """Make the schema of the published events: the stored columns, with `ts` and `date` after ts_seconds."""
    stored = list(arrow_schema(form))
    after_ts = [field.name for field in stored].index("ts_seconds") + 1
    return pa.schema([*stored[:after_ts], *time_fields(), *stored[after_ts:]])


def may_end_early(tables: Sequence[Table]) -> bool:
    """Say whether tables are of a dataset whose orders may end early."""
    # The orders of a universe have such a column in any case.
    return any(table.name == "events" and CANCEL_REASON.name in table.schema.names for table in tables)


def _dimension(dataset: OpenDataset, name: str, entry: FileEntry) -> Table:
    schema = _read_table(dataset, entry).schema.remove_metadata()

    def batches() -> Iterator[pa.RecordBatch]:
        return iter(_read_table(dataset, entry).to_batches(BATCH_ROWS))

    return Table(name, schema, batches)


def _read_table(dataset: OpenDataset, entry: FileEntry) -> pa.Table:
    data, folder = dataset.read_table(entry), dataset.index.folder
    try:
        # pre_buffer: its thread may free these bytes while the interpreter ends, which aborts the process.
        with pq.ParquetFile(pa.BufferReader(data), pre_buffer=False) as file:
            table = file.read(use_threads=False)
    except DAMAGED as error:  # its hash is right, but the manifest itself may be wrong
        raise _damaged(folder / entry.path, folder, error) from None
    if table.num_rows != entry.rows:
        raise _damaged(folder / entry.path, folder, f"{table.num_rows} rows instead of {entry.rows}")
    return table


def _events(index: DatasetIndex, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    def convert(batch: pa.RecordBatch) -> pa.RecordBatch:
        table = add_times(batch)
        # Event files may have another Arrow type of text, such as large_string; tables have plain strings.
        columns = [table.column(field.name).cast(field.type) for field in schema]
        return pa.RecordBatch.from_arrays(columns, schema=schema)

    return _convert(index, [column.name for column in stored_columns(index.table_form)], convert)


def _order_items(index: DatasetIndex) -> Iterator[pa.RecordBatch]:
    def convert(batch: pa.RecordBatch) -> pa.RecordBatch:
        return explode_items(batch.filter(pc.equal(batch.column("event_type_id"), CREATED)))

    return _convert(index, SOURCE_COLUMNS, convert)


def _convert(
    index: DatasetIndex, names: Sequence[str], convert: Callable[[pa.RecordBatch], pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Read some columns of the events and convert them, batch by batch."""
    index.stamp.check()
    for span in index.files:
        stored = stored_names(names, span.location_id)
        with span.open() as file:
            for batch in file.batches(BATCH_ROWS, stored):
                try:
                    converted = convert(with_location(batch, span.location_id))
                except (pa.ArrowException, ValueError, KeyError) as error:
                    raise _damaged(span.path, index.folder, error) from None
                yield converted
    index.stamp.check()


def _damaged(path: Path, dataset: Path, reason: object) -> DamageError:
    short = " ".join(str(reason).split())[:120]
    what = f"{path}: expected a whole Parquet file of a dataset, got a damaged one ({short})."
    return DamageError(what, dataset)
