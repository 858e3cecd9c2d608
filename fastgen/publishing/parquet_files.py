"""Write the batches of a table as Parquet files, in bounded memory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fastgen.errors import OutputError
from fastgen.files import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastgen.publishing.table import Table

# In bytes, for events: about 40 MB a file, 2 MB a row group.
FILE_ROWS = 4_000_000
GROUP_ROWS = 256_000


class TableFile(NamedTuple):
    """One file of a table.

    Attributes
    ----------
    path
        Relative to the table's folder.
    location_id
        Location of all its rows if the table is partitioned, else None.
    rows, bytes
        Its numbers of rows and bytes.
    first_s, last_s
        Least and greatest ts_seconds, None if the table has no such column.
    """

    path: str
    location_id: int | None
    rows: int
    bytes: int
    first_s: int | None
    last_s: int | None


def write_files(
    table: Table, folder: Path, partition_suffix: str = "", *, named: Path | None = None
) -> list[TableFile]:
    """Write a table's rows as files `part-NNNNN.parquet`.

    Parameters
    ----------
    table
        The table.
    folder
        Folder of the files; made if missing. Files of the same names are replaced.
    partition_suffix
        Suffix of the names. If it isn't empty, rows with a location_id are written to folders
        `location_id=L`, without that column, and a table without rows gets no file.
    named
        What to call the folder in errors, if it has another name until it is complete.

    Raises
    ------
    OutputError
        If a file can't be written.
    DataError
        If the dataset can't be read.
    """
    files, open_file = list[TableFile](), None
    partitioned = bool(partition_suffix) and table.by_location
    try:
        for location_id, rows in _row_groups(table, partitioned=partitioned):
            if open_file is not None and not open_file.takes(location_id):
                files.append(open_file.close())
                open_file = None
            if open_file is None:
                name = f"part-{len(files):05d}{partition_suffix}.parquet"
                name = name if location_id is None else f"location_id={location_id}/{name}"
                open_file = _OpenFile(folder, name, location_id, rows.schema)
            open_file.write(rows)
        if open_file is None and not partitioned:  # readers get the columns from a file
            open_file = _OpenFile(folder, f"part-00000{partition_suffix}.parquet", None, table.schema)
        if open_file is not None:
            files.append(open_file.close())
    except OSError as error:
        raise OutputError(
            f"{named or folder}: expected to write a table, got {error.strerror or error}."
        ) from None
    return files


def list_files(folder: Path) -> dict[str, int]:
    """List the bytes of each file that a reader of a table's folder reads, by name."""
    return {path.name: path.stat().st_size for path in sorted(folder.glob("*.parquet"))}


def _row_groups(table: Table, *, partitioned: bool) -> Iterator[tuple[int | None, pa.Table]]:
    """Join the batches to row groups; if partitioned, each of one location and without that column."""
    batches, n_rows, current = list[pa.RecordBatch](), 0, None
    for batch in table.batches():
        for location_id, rows in _by_location(batch) if partitioned else ((None, batch),):
            # A row group has one location, and about GROUP_ROWS rows.
            if batches and (location_id != current or n_rows >= GROUP_ROWS):
                yield current, pa.Table.from_batches(batches)
                batches, n_rows = [], 0
            batches, n_rows, current = [*batches, rows], n_rows + rows.num_rows, location_id
    if batches:
        yield current, pa.Table.from_batches(batches)


def _by_location(batch: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Split a batch, which is sorted by location, at each new location."""
    ids = batch.column("location_id")
    rows = batch.drop_columns(["location_id"])
    first = 0
    while first < batch.num_rows:
        location_id = ids[first].as_py()
        # Rows of one location are together, so their number is where the next one begins.
        n = pc.sum(pc.equal(ids, location_id)).as_py()
        yield location_id, rows.slice(first, n)
        first += n


class _OpenFile:
    """A Parquet file that is being written."""

    def __init__(self, folder: Path, name: str, location_id: int | None, schema: pa.Schema) -> None:
        self._path, self._name, self._location_id = folder / name, name, location_id
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # A dictionary of values that rarely repeat is as large as the values.
        plain = {"order_id", "customer_addr", "items_json", "ts_seconds", "ts"}
        coded = [field.name for field in schema if field.name not in plain]
        # Given the path itself, PyArrow would take a:b for a URI.
        self._file = pa.OSFile(str(self._path), "wb")
        self._writer = pq.ParquetWriter(
            self._file,
            schema,
            compression="zstd",
            compression_level=3,
            use_dictionary=coded,
            write_page_checksum=True,
        )
        self._rows = 0
        self._seconds = list[int]()  # least and greatest of each row group

    def takes(self, location_id: int | None) -> bool:
        """Say whether rows of a location belong in this file, and it is not full."""
        return location_id == self._location_id and self._rows < FILE_ROWS

    def write(self, rows: pa.Table) -> None:
        # One row group for each call.
        self._writer.write_table(rows, row_group_size=max(rows.num_rows, 1))
        self._rows += rows.num_rows
        if "ts_seconds" in rows.column_names and rows.num_rows:
            found = pc.min_max(rows.column("ts_seconds")).as_py()
            self._seconds += [found["min"], found["max"]]

    def close(self) -> TableFile:
        """Finish the file, and sync it to the disk."""
        self._writer.close()
        self._file.close()
        descriptor = os.open(self._path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            n_bytes = os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)
        sync_folder(self._path.parent)
        return TableFile(
            self._name,
            self._location_id,
            self._rows,
            n_bytes,
            min(self._seconds, default=None),
            max(self._seconds, default=None),
        )
