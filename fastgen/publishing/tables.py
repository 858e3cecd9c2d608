"""Give the tables of a publication as streams of Arrow batches, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fastgen.dataset.index import read_index
from fastgen.dataset.layout import TABLES, table_path
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
        If there is no finished dataset, or a file of it can't be read; from a stream also, where it is read.
    """
    index = read_index(dataset)
    schema = event_schema(index.sequence_kind)
    return [
        *(_dimension(dataset / table_path(name), name) for name in TABLES),
        Table("order_items", ORDER_ITEMS, lambda: _order_items(index), by_location=True),
        Table("events", schema, lambda: _events(index, schema), by_location=True),
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


def _dimension(path: Path, name: str) -> Table:
    def batches() -> Iterator[pa.RecordBatch]:
        yield from _read(path, None)

    try:
        schema = pq.read_schema(path).remove_metadata()
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from None
    return Table(name, schema, batches)


def _events(index: DatasetIndex, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for file in index.files:
        for batch in _read(file.path, _stored(index, [column.name for column in COLUMNS])):
            table = add_times(_with_location(batch, file))
            yield pa.RecordBatch.from_arrays(
                [table.column(f.name).cast(f.type) for f in schema], schema=schema
            )


def _order_items(index: DatasetIndex) -> Iterator[pa.RecordBatch]:
    for file in index.files:
        for batch in _read(file.path, _stored(index, SOURCE_COLUMNS)):
            created = batch.filter(pc.equal(batch.column("event_type_id"), 1))
            if created.num_rows:
                try:
                    yield explode_items(_with_location(created, file))
                except ValueError as error:
                    raise _damaged(file.path, error) from None


def _stored(index: DatasetIndex, names: Sequence[str]) -> list[str]:
    """Name those of some columns that the files hold: the hive layout leaves location_id to the folders."""
    in_folders = bool(index.files) and index.files[0].location_id is not None
    return [name for name in names if not (in_folders and name == "location_id")]


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


def _damaged(path: Path, error: Exception) -> DataError:
    reason = " ".join(str(error).split())[:120]
    return DataError(f"{path}: expected a whole Parquet file of a dataset, got a damaged one ({reason}).")
