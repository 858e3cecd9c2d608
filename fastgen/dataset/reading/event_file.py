"""Open event files of a dataset, and check their bytes by hashes before they are decoded.

The manifest has a file's size and the hash of its footer; the footer has the hash of every column chunk. So
a file of another dataset or location, or one that was truncated, is found when it is opened, and a changed
bit in a chunk when that chunk is read. Files of older versions have no hashes: their size is checked, and
PyArrow finds some of the damage.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Self

import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from fastgen.dataset.event_part import RowGroup
from fastgen.dataset.reading.arrow_types import is_stored_as
from fastgen.errors import DamageError
from fastgen.events.schema import SEQUENCE_KINDS, TableForm, stored_columns
from fastgen.parquet.chunk_hashes import CHUNK_HASHES, FOOTER_END_BYTES, MAGIC, decode_hashes, hash_footer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from fastgen.dataset.manifest_entries import FileEntry

# Errors that PyArrow raises when it reads a damaged Parquet file.
DAMAGED = (OSError, pa.ArrowException, ValueError, OverflowError, MemoryError)

_UNKNOWN = -1  # equal to no hash


class EventFile:
    """An event file, open for reading; also a context manager.

    Parameters
    ----------
    folder, entry
        The dataset's folder, and the manifest's entry of the file.
    checked
        Whether to check the file by the manifest and its own hashes. If not, any file of that path is read as
        far as PyArrow can, to find out what is wrong with it.

    Raises
    ------
    DamageError
        If it isn't the file of the manifest; from every method also, if the bytes read are damaged.
    """

    def __init__(self, folder: Path, entry: FileEntry, *, checked: bool = True) -> None:
        self._folder, self._entry = folder, entry
        try:
            # Without O_NONBLOCK, opening a pipe of that name would wait for a writer.
            self._descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError as error:
            raise self.damage("the file that the manifest names", error) from None
        self._checked, self._source = checked, _Source(self._descriptor, self.damage)
        try:
            self._footer = self._read_footer()
            # With hashes the footer is known to be the one that fastgen wrote, with its columns.
            if checked and not self._is_hashed:
                self._check_columns()
        except BaseException as error:
            os.close(self._descriptor)
            if isinstance(error, DAMAGED):
                raise self.damage("a readable event file", error) from None
            raise

    def _read_footer(self) -> bytes:
        """Read the footer, its length and the magic bytes after it; check size and ends of the file."""
        size, entry = os.fstat(self._descriptor).st_size, self._entry
        if self._checked and size != entry.bytes:
            raise self.damage(f"{entry.bytes} bytes as the manifest states", f"{size}")
        tail = os.pread(self._descriptor, FOOTER_END_BYTES, max(0, size - FOOTER_END_BYTES))
        length = int.from_bytes(tail[:4], "little")
        if len(tail) < FOOTER_END_BYTES or tail[4:] != MAGIC or length + FOOTER_END_BYTES + len(MAGIC) > size:
            raise self.damage("a whole Parquet file", f"{size} bytes without a footer at their end")
        footer = os.pread(self._descriptor, length + FOOTER_END_BYTES, size - length - FOOTER_END_BYTES)
        if self._is_hashed and hash_footer(footer) != entry.footer:
            raise self.damage("the footer that the manifest states", "that of another or a damaged file")
        if self._checked and os.pread(self._descriptor, len(MAGIC), 0) != MAGIC:
            raise self.damage("a whole Parquet file", "other bytes at its start")
        return footer

    def _check_columns(self) -> None:
        """Check the columns of a file without hashes."""
        schema = self.schema
        # The file may have either type of sequence: its manifest says which, and is not read here.
        either = (stored_columns(TableForm(kind)) for kind in SEQUENCE_KINDS)
        for narrow, wide in zip(*either, strict=True):
            name = narrow.name
            if name not in schema.names:
                if name != "location_id":  # the folder's name says it
                    raise self.damage(f"a column {name}", f"columns {', '.join(schema.names)}")
            elif not any(is_stored_as(column.kind, schema.field(name).type) for column in (narrow, wide)):
                raise self.damage(f"{name} of type {narrow.kind}", schema.field(name).type)

    @property
    def _is_hashed(self) -> bool:
        return self._checked and self._entry.footer is not None

    @cached_property
    def metadata(self) -> pq.FileMetaData:
        """The footer."""
        try:
            metadata = pq.read_metadata(pa.BufferReader(MAGIC + self._footer))
        except DAMAGED as error:
            raise self.damage("a readable event file", error) from None
        if self._checked and metadata.num_rows != self._entry.rows:
            raise self.damage(f"{self._entry.rows} rows as the manifest states", f"{metadata.num_rows}")
        return metadata

    @cached_property
    def _hashes(self) -> list[int] | None:
        """Hashes of the column chunks, row group by row group; None: the file has none."""
        # Another writer may copy them into a file of its own: they count only if the footer was checked.
        stated = (self.metadata.metadata or {}).get(CHUNK_HASHES.encode()) if self._is_hashed else None
        return None if stated is None else decode_hashes(stated)

    @cached_property
    def _file(self) -> pq.ParquetFile:
        return pq.ParquetFile(
            self._source,
            metadata=self.metadata,
            pre_buffer=False,  # one read for each chunk, whose hash is known
            page_checksum_verification=self._hashes is None,
        )

    @property
    def path(self) -> Path:
        """Path of the file."""
        return self._folder / self._entry.path

    @property
    def n_rows(self) -> int:
        """Rows of the file."""
        return int(self.metadata.num_rows)

    @property
    def schema(self) -> pa.Schema:
        """Columns of the file."""
        return self._file.schema_arrow

    def row_groups(self) -> list[RowGroup]:
        """List the row groups, with the seconds that their statistics state."""
        column, groups = self.schema.get_field_index("ts_seconds"), []
        for number in range(self.metadata.num_row_groups):
            group = self.metadata.row_group(number)
            found = group.column(column).statistics
            bounds = (found.min, found.max) if found is not None and found.has_min_max else (None, None)
            groups.append(RowGroup(group.num_rows, *bounds))
        return groups

    def read(self, groups: Sequence[int], columns: Sequence[str], *, use_threads: bool = False) -> pa.Table:
        """Read some columns of some row groups."""
        try:
            self._expect(groups, columns)
            return self._file.read_row_groups(list(groups), columns=list(columns), use_threads=use_threads)
        except DAMAGED as error:
            raise self.damage("a readable event file", error) from None

    def batches(self, n_rows: int, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Read some columns of the whole file, at most `n_rows` rows at a time."""
        try:
            self._expect(range(self.metadata.num_row_groups), columns)
            yield from self._file.iter_batches(n_rows, columns=list(columns), use_threads=False)
        except DAMAGED as error:
            raise self.damage("a readable event file", error) from None

    def _expect(self, groups: Iterable[int], columns: Sequence[str]) -> None:
        """Tell the source which chunks will be read, and their hashes."""
        names = self.schema.names
        missing = [name for name in columns if name not in names]
        if missing:
            raise self.damage(f"a column {missing[0]}", f"columns {', '.join(names)}")
        if self._hashes is None:
            return
        wanted = [number for number, name in enumerate(names) if name in columns]
        self._source.expected = {}
        for group in groups:
            chunks = self.metadata.row_group(group)
            for number in wanted:
                chunk = chunks.column(number)
                first = chunk.dictionary_page_offset or chunk.data_page_offset
                stated = self._hashes[group * len(names) + number]
                self._source.expected[first, chunk.total_compressed_size] = stated

    def damage(self, expected: str, got: object) -> DamageError:
        """Make the error for a file that is not as expected."""
        reason = (got.strerror if isinstance(got, OSError) else None) or str(got) or type(got).__name__
        reason = " ".join(reason.split())[:120].rstrip(".")
        return DamageError(f"{self.path}: expected {expected}, got {reason}.", self._folder)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        """Return the file, which is closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()


class _Source:
    """A file as PyArrow reads it: whole column chunks, each checked by its hash.

    The bytes are read into memory instead of being mapped, so that exactly what was checked is decoded, and a
    file that is truncated while it is read gives an error instead of a bus error.
    """

    closed = False

    def __init__(self, descriptor: int, damage: Callable[[str, object], DamageError]) -> None:
        self._descriptor, self._damage = descriptor, damage
        self._at = 0
        # Hash of each chunk by its position and size in bytes; None: the file has no hashes.
        self.expected: dict[tuple[int, int], int] | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: os.fstat(self._descriptor).st_size}
        self._at = origin[whence] + place
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, n_bytes: int = -1) -> bytes:
        place = self._at
        data = os.pread(self._descriptor, n_bytes, place)
        self._at += len(data)
        # A read that is not exactly one expected chunk matches no hash, and so is refused.
        wanted = None if self.expected is None else self.expected.get((place, n_bytes), _UNKNOWN)
        if wanted is not None and wanted != xxhash.xxh3_64_intdigest(data):
            raise self._damage("column chunks as they were written", f"other bytes from {place} on")
        return data

    def close(self) -> None:
        """Do nothing: the `EventFile` closes the descriptor."""
