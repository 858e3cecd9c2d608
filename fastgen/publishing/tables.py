"""Give the tables of a publication as streams of Arrow batches, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fastgen.dataset.index import read_index
from fastgen.dataset.layout import EVENTS, TABLES, table_path
from fastgen.dataset.manifest import read_manifest
from fastgen.errors import DataError
from fastgen.events.schema import COLUMNS
from fastgen.publishing.order_items import ORDER_ITEMS, SOURCE_COLUMNS, explode_items
from fastgen.publishing.times import add_times, time_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from fastgen.dataset.index import DatasetIndex, FileSpan

BATCH_ROWS = 64_000
_KINDS = {"str": pa.string(), "i8": pa.int8(), "i16": pa.int16(), "i64": pa.int64(), "f32": pa.float32()}


@dataclass(frozen=True)
class Table:
    """One table of a publication.

    Attributes
    ----------
    name
        Its name.
    schema
        Its columns.
    batches
        Makes a stream of its rows.
    by_location
        Whether it has a location_id to partition it by; its rows come location by location then.
    """

    name: str
    schema: pa.Schema
    batches: Callable[[], Iterator[pa.RecordBatch]]
    by_location: bool = False


def open_tables(dataset: Path) -> list[Table]:
    """List the tables of a dataset: the six dimension tables, order_items, events.

    Raises
    ------
    DataError
        If there is no finished dataset, or a file of it can't be read; from a stream also, where it is read,
        or where it ends with other rows than the manifest counts.
    """
    manifest, index = read_manifest(dataset, with_days=False), read_index(dataset)
    rows = {entry.path: entry.rows for entry in manifest.tables}
    schema = event_schema(index.sequence_kind)
    return [
        *(_dimension(dataset, name, rows.get(table_path(name), 0)) for name in TABLES),
        Table("order_items", ORDER_ITEMS, lambda: _order_items(index), by_location=True),
        Table("events", schema, lambda: _events(index, schema, manifest.rows), by_location=True),
    ]


def event_schema(sequence_kind: str) -> pa.Schema:
    """Columns of the published events: the stored ones, with `ts` and `date` after ts_seconds."""
    fields = []
    for column in COLUMNS:
        kind = sequence_kind if column.name == "sequence" else column.kind
        fields.append(pa.field(column.name, _KINDS[kind], column.nullable))
        if column.name == "ts_seconds":
            fields += time_fields()
    return pa.schema(fields)


def _dimension(dataset: Path, name: str, n_rows: int) -> Table:
    path = dataset / table_path(name)
    try:
        schema = pq.read_schema(path).remove_metadata()
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from None
    return Table(name, schema, lambda: _counted(_read(path, None), n_rows, path))


def _events(index: DatasetIndex, schema: pa.Schema, n_rows: int) -> Iterator[pa.RecordBatch]:
    def convert(batch: pa.RecordBatch) -> pa.RecordBatch:
        table = add_times(batch)
        columns = [table.column(field.name).cast(field.type) for field in schema]
        return pa.RecordBatch.from_arrays(columns, schema=schema)

    batches = _convert(index, [column.name for column in COLUMNS], convert)
    return _counted(batches, n_rows, index.folder / EVENTS)


def _order_items(index: DatasetIndex) -> Iterator[pa.RecordBatch]:
    def convert(batch: pa.RecordBatch) -> pa.RecordBatch:
        return explode_items(batch.filter(pc.equal(batch.column("event_type_id"), 1)))

    return _convert(index, SOURCE_COLUMNS, convert)


def _convert(
    index: DatasetIndex, names: Sequence[str], convert: Callable[[pa.RecordBatch], pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Read some columns of the events and convert them, batch by batch."""
    for file in index.files:
        # The hive layout leaves location_id to the folders' names.
        stored = [name for name in names if file.location_id is None or name != "location_id"]
        for batch in _read(file.path, stored):
            try:
                converted = convert(_with_location(batch, file))
            except (pa.ArrowException, ValueError, KeyError) as error:
                raise _damaged(file.path, error) from None
            yield converted


def _with_location(batch: pa.RecordBatch, file: FileSpan) -> pa.RecordBatch:
    if file.location_id is None:
        return batch
    ids = pa.repeat(pa.scalar(file.location_id, pa.int8()), batch.num_rows)
    return batch.append_column("location_id", ids)


def _read(path: Path, columns: list[str] | None) -> Iterator[pa.RecordBatch]:
    """Read a file batch by batch."""
    try:
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(BATCH_ROWS, columns=columns, use_threads=False)
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from None


def _counted(batches: Iterator[pa.RecordBatch], n_rows: int, path: Path) -> Iterator[pa.RecordBatch]:
    """Pass a stream on, and refuse to end with other rows than the manifest counts."""
    n = 0
    for batch in batches:
        n += batch.num_rows
        yield batch
    if n != n_rows:
        raise DataError(f"{path}: expected {n_rows} rows as the manifest counts, got {n}.")


def _damaged(path: Path, error: Exception) -> DataError:
    reason = " ".join(str(error).split())[:120]
    return DataError(f"{path}: expected a whole Parquet file of a dataset, got a damaged one ({reason}).")
