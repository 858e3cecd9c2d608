"""Read the result tables of a universe as tables of a publication, in bounded memory."""

from __future__ import annotations

import hashlib
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from fastgen.dataset.reading.event_file import DAMAGED
from fastgen.dataset.result_tables import RESULT_TABLES, find_result_tables
from fastgen.errors import DamageError
from fastgen.files import read_regular
from fastgen.publishing.disturbances import open_disturbances
from fastgen.publishing.table import BATCH_ROWS, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fastgen.dataset.opened import OpenDataset
    from fastgen.dataset.result_tables import ResultFile

# So that `orders` and `kitchens` aren't taken for tables of the events.
PREFIX = "universe_"
UNIVERSE_TABLES = tuple(PREFIX + name for name in RESULT_TABLES)
# Kinds of Arrow that Polars writes, and those that other tables of a publication have.
_PLAIN = {pa.large_string(): pa.string(), pa.string_view(): pa.string()}


def open_universe_tables(dataset: OpenDataset) -> list[Table]:
    """Open the result tables of a dataset, each with the column `site`.

    Where no universe has made it, they are the disturbances of its scenario, if that has any.

    Raises
    ------
    DamageError
        If a file is damaged; from a stream, if one that it reads is.
    """
    folder = dataset.index.folder
    found = sorted(list_results(dataset), key=lambda file: RESULT_TABLES.index(file.table))
    if not found:
        return open_disturbances(dataset, f"{PREFIX}disturbances")
    return [_open(name, list(files), folder) for name, files in groupby(found, key=lambda file: file.table)]


def list_results(dataset: OpenDataset) -> list[ResultFile]:
    """List the files of a dataset's result tables; a dataset that was never written has none."""
    source = None if dataset.is_unwritten else dataset.manifest.source
    return find_result_tables(dataset.index.folder, source)


def _open(name: str, files: Sequence[ResultFile], dataset: Path) -> Table:
    with _read(files[0], dataset) as first:
        stored = first.schema_arrow
    schema = pa.schema(
        [
            pa.field("site", pa.string(), nullable=False),
            *(pa.field(field.name, _PLAIN.get(field.type, field.type)) for field in stored),
        ]
    )
    return Table(PREFIX + name, schema, partial(_batches, files, schema, dataset))


def _batches(files: Sequence[ResultFile], schema: pa.Schema, dataset: Path) -> Iterator[pa.RecordBatch]:
    for file in files:
        with _read(file, dataset) as parquet:
            for batch in parquet.iter_batches(BATCH_ROWS, use_threads=False):
                site = pa.repeat(pa.scalar(file.site, pa.string()), batch.num_rows)
                columns = [batch.column(field.name).cast(field.type) for field in list(schema)[1:]]
                yield pa.RecordBatch.from_arrays([site, *columns], schema=schema)


def _read(file: ResultFile, dataset: Path) -> pq.ParquetFile:
    """Read a file whole, and check that it is the one that the run has written."""
    expected = f"{file.path}: expected the result table that the run has written"
    try:
        data = read_regular(file.path)
        if hashlib.sha256(data).hexdigest() != file.entry.sha256:
            raise DamageError(f"{expected}, got other bytes.", dataset)
        # As in `tables`: no threads that outlive the reader.
        return pq.ParquetFile(pa.BufferReader(data), pre_buffer=False)
    except (OSError, *DAMAGED) as error:
        raise DamageError(f"{expected}, got: {error}.", dataset) from None
