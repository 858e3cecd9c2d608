"""Encode Parquet files row group by row group, and write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from fastgen.files import read_regular
from fastgen.parquet.chunk_hashes import CHUNK_HASHES, MAGIC, encode_hashes, hash_chunk, hash_footer
from fastgen.parquet.pages import describe_chunk, make_chunk
from fastgen.parquet.thrift import I16, I64, Encoded, Struct, encode_struct
from fastgen.parquet.whole_file import WholeFile
from fastgen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from fastgen.parquet.codecs import Codec
    from fastgen.parquet.pages import Values
    from fastgen.parquet.schema import Field
    from fastgen.parquet.thrift import Value

# Version that the footer states.
FORMAT_VERSION = 2
MAKER = "fastgen version "


class Written(NamedTuple):
    """A file that was written: rows, bytes, SHA-256, and the hash of its footer."""

    rows: int
    bytes: int
    sha256: str
    footer: str


class Body:
    """Encodes the row groups of a file one by one, and records for the footer where each column chunk lies.

    Parameters
    ----------
    fields
        The columns.
    codec
        Compression of every page.
    """

    def __init__(self, fields: Sequence[Field], codec: Codec) -> None:
        self._fields, self._codec = fields, codec
        self._groups: list[Encoded] = []
        self.hashes: list[int] = []
        self._at = len(MAGIC)
        self.n_rows = 0

    def encode_group(self, n_rows: int, columns: Iterable[Values]) -> list[bytes]:
        """Encode the next row group: its columns in the order of the fields."""
        first, total, entries, pieces = self._at, 0, list[Struct](), list[bytes]()
        for field, values in zip(self._fields, columns, strict=True):
            chunk = make_chunk(values, self._codec)
            entries.append(describe_chunk(chunk, field, self._codec, self._at))
            pieces += chunk.pages
            self.hashes.append(hash_chunk(chunk.pages))
            self._at += chunk.n_bytes
            total += chunk.n_bytes_uncompressed
        fields: dict[int, Value | None] = {1: entries, 2: I64(total), 3: I64(n_rows), 5: I64(first)}
        # The format has 16 bits for a row group's number; it is optional.
        ordinal = I16(len(self._groups)) if len(self._groups) < 2**15 else None
        group = Struct({**fields, 6: I64(self._at - first), 7: ordinal})
        self._groups.append(Encoded(encode_struct(group)))  # encoded, it takes a tenth of the memory
        self.n_rows += n_rows
        return pieces

    def encode_footer(self, metadata: Mapping[str, str]) -> bytes:
        """Encode the footer, its length and the magic bytes, which end the file."""
        # The schema is a tree: a root that has the columns as children.
        root = Struct({4: "schema", 5: len(self._fields)})
        # Bounds are in the order of the column's type: without this, readers ignore them.
        by_type = Struct({1: Struct({})})
        footer = encode_struct(
            Struct(
                {
                    1: FORMAT_VERSION,
                    2: [root, *(field.element() for field in self._fields)],
                    3: I64(self.n_rows),
                    4: self._groups,
                    5: [Struct({1: key, 2: value}) for key, value in metadata.items()] or None,
                    6: f"{MAKER}{__version__}",
                    7: [by_type] * len(self._fields),
                }
            )
        )
        return footer + len(footer).to_bytes(4, "little") + MAGIC


def encode_file(
    fields: Sequence[Field], codec: Codec, n_rows: int, columns: Sequence[Values], metadata: Mapping[str, str]
) -> bytes:
    """Encode a small file of one row group, or of none if there are no rows."""
    body = Body(fields, codec)
    pieces = body.encode_group(n_rows, columns) if n_rows else []
    return b"".join([MAGIC, *pieces, body.encode_footer(metadata)])


def is_made_here(path: Path) -> bool:
    """Whether any version of fastgen wrote a file: its footer names the writer."""
    try:
        data = read_regular(path)
    except OSError:
        return False
    # The footer's length is in the 4 bytes before the magic bytes.
    footer = data[-int.from_bytes(data[-8:-4], "little") - 8 :]
    return data.endswith(MAGIC) and MAKER.encode() in footer


class FileWriter:
    """Writes a file row group by row group, under a temporary name until it is complete; see `WholeFile`.

    Parameters
    ----------
    path
        Final path of the file.
    fields, codec
        Columns and compression.
    metadata
        Key-value metadata of the footer; the hashes of the column chunks are added to it.
    make_folder
        Whether to make missing folders.

    Raises
    ------
    OutputError
        From every method, if the file can't be written.
    """

    def __init__(
        self,
        path: Path,
        fields: Sequence[Field],
        codec: Codec,
        metadata: Mapping[str, str],
        *,
        make_folder: bool = True,
    ) -> None:
        self._body, self._metadata = Body(fields, codec), metadata
        self._file = WholeFile(path, make_folder=make_folder)
        self._file.write(MAGIC)

    def __enter__(self) -> Self:
        """Begin the block that writes the file."""
        return self

    def add_group(self, n_rows: int, columns: Iterable[Values]) -> None:
        """Append a row group: its columns in the order of the fields."""
        for piece in self._body.encode_group(n_rows, columns):
            self._file.write(piece)

    def finish(self) -> Written:
        """Write the footer, sync the file, and rename it."""
        hashes = {CHUNK_HASHES: encode_hashes(self._body.hashes)}
        footer = self._body.encode_footer({**self._metadata, **hashes})
        self._file.write(footer)
        sha256 = self._file.finish()
        return Written(self._body.n_rows, self._file.size, sha256, hash_footer(footer))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove an unfinished file."""
        self._file.__exit__(kind, error, traceback)
