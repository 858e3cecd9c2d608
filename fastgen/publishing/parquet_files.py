"""Write a table's batches as Parquet files, one after another, in bounded memory."""

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

    from fastgen.publishing.tables import Table

# A file of events of this size has about 40 MB, a row group about 2 MB.
FILE_ROWS = 4_000_000
GROUP_ROWS = 256_000


class TableFile(NamedTuple):
    """One file of a table.

    Attributes
    ----------
    path
        Relative to the table's folder.
    location_id
        Of all its rows, where the table is partitioned; else None.
    rows, bytes
        Its size.
    first_s, last_s
        Least and greatest ts_seconds, None where the table has none.
    """

    path: str
    location_id: int | None
    rows: int
    bytes: int
    first_s: int | None
    last_s: int | None


def write_files(
    table: Table, folder: Path, partition_suffix: str = "", *, place: Path | None = None
) -> list[TableFile]:
    """Write a table's rows as files `part-NNNNN.parquet`.

    Parameters
    ----------
    table
        The table.
    folder
        Where to; made when missing. Files of these names are replaced.
    partition_suffix
        If given: what to append to the names; then rows that have a location_id go location by location into
        folders `location_id=L`, without that column, and a table without rows gets no file.
    place
        What to call the folder in an error; None: by its own name.

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
        for location_id, rows in _runs(table, partitioned=partitioned):
            if open_file is not None and not open_file.takes(location_id):
                files.append(open_file.close())
                open_file = None
            if open_file is None:
                name = f"part-{len(files):05d}{partition_suffix}.parquet"
                name = name if location_id is None else f"location_id={location_id}/{name}"
                open_file = _OpenFile(folder, name, location_id, rows.schema)
            open_file.write(rows)
        if open_file is None and not partitioned:  # readers learn the columns from a file
            open_file = _OpenFile(folder, f"part-00000{partition_suffix}.parquet", None, table.schema)
        if open_file is not None:
            files.append(open_file.close())
    except OSError as error:
        raise OutputError(
            f"{place or folder}: expected to write a table, got {error.strerror or error}."
        ) from None
    return files


def list_files(folder: Path) -> dict[str, int]:
    """List the bytes of each file that a reader of a table's folder would take, by name."""
    return {path.name: path.stat().st_size for path in sorted(folder.glob("*.parquet"))}


def _runs(table: Table, *, partitioned: bool) -> Iterator[tuple[int | None, pa.Table]]:
    """Gather the batches into row groups; of one location each, without that column, where partitioned."""
    held, n_rows, at = list[pa.RecordBatch](), 0, None
    for batch in table.batches():
        for location_id, rows in _by_location(batch) if partitioned else ((None, batch),):
            if held and (location_id != at or n_rows >= GROUP_ROWS):
                yield at, pa.Table.from_batches(held)
                held, n_rows = [], 0
            held, n_rows, at = [*held, rows], n_rows + rows.num_rows, location_id
    if held:
        yield at, pa.Table.from_batches(held)


def _by_location(batch: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Cut a batch, which is ordered by location, at each new one."""
    ids = batch.column("location_id")
    rows = batch.drop_columns(["location_id"])
    first = 0
    while first < batch.num_rows:
        location_id = ids[first].as_py()
        n = pc.sum(pc.equal(ids, location_id)).as_py()
        yield location_id, rows.slice(first, n)
        first += n


class _OpenFile:
    """A Parquet file that is being written."""

    def __init__(self, folder: Path, name: str, location_id: int | None, schema: pa.Schema) -> None:
        self._path, self._name, self._location_id = folder / name, name, location_id
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Texts that rarely repeat make a dictionary useless and large.
        plain = {"order_id", "customer_addr", "items_json", "ts_seconds", "ts"}
        coded = [field.name for field in schema if field.name not in plain]
        self._writer = pq.ParquetWriter(
            self._path,
            schema,
            compression="zstd",
            compression_level=3,
            use_dictionary=coded,
            write_page_checksum=True,
        )
        self._rows = 0
        self._seconds = list[int]()  # least and greatest of each row group

    def takes(self, location_id: int | None) -> bool:
        """Whether rows of a location belong in this file, and it has room."""
        return location_id == self._location_id and self._rows < FILE_ROWS

    def write(self, rows: pa.Table) -> None:
        self._writer.write_table(rows, row_group_size=max(rows.num_rows, 1))
        self._rows += rows.num_rows
        if "ts_seconds" in rows.column_names and rows.num_rows:
            found = pc.min_max(rows.column("ts_seconds")).as_py()
            self._seconds += [found["min"], found["max"]]

    def close(self) -> TableFile:
        """Finish the file, durably."""
        self._writer.close()
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
