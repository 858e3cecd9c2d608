"""Read the rows of a file, some at a time, whatever the file is like."""

from __future__ import annotations

import gzip
import os
import stat
import zlib
from typing import IO, TYPE_CHECKING, Any

from fastgen.errors import DataError
from fastgen.watching.rows import Malformed, parse_line, read_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fastgen.watching.rows import Row

    Rows = list[Row | Malformed]

# Longest line; the longest of the wire, with a way of hundreds of points, have some 20,000 bytes.
LINE_MAX = 1_000_000
READ_BYTES = 1 << 17
# Most bytes that a packed file may have unpacked; a file of a replay has about 85 MB.
UNPACKED_MAX = 2 << 30
# Most bytes of a row group of Parquet, which is unpacked as a whole.
GROUP_MAX = 512 << 20
BATCH_ROWS = 500
# About how many bytes of JSON a row of Parquet stands for.
ROW_BYTES = 350
WIRE_NAMES = frozenset(
    ("event_id", "event_type", "ts", "location_id", "gk_id", "location", "order_id", "sequence", "body")
)
# About how many times as large the lines are as the file.
PACKED = {"jsonl": 1, "jsonl.gz": 8, "parquet": 5}


def read_rows(path: Path, suffix: str, last_bytes: int) -> Iterator[Rows]:
    """Read the last rows of a file.

    Parameters
    ----------
    path
        The file.
    suffix
        Its form, one of `PACKED`.
    last_bytes
        About how many bytes of its end to read, counted as lines of JSON.

    Yields
    ------
    list
        Some rows; none where much had to be skipped.

    Raises
    ------
    DataError
        If it can't be read, here or later.
    """
    read = _READERS[suffix]
    try:
        # Opening a pipe would wait for its writer.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise DataError(f"{path}: expected a file of events, got none.")
            yield from read(file, last_bytes)
    except (OSError, EOFError, zlib.error) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise DataError(f"{path}: expected a file that can be read, got: {why}.") from None


class LineCutter:
    """Cuts what is read into lines, and keeps no line that is longer than `LINE_MAX`."""

    def __init__(self) -> None:
        self._rest, self._is_long = b"", False

    def cut(self, data: bytes) -> Rows:
        """Read the lines that end in the next bytes."""
        first, *others = data.split(b"\n")
        if not others:
            self._keep(first)
            return []
        self._keep(first)
        rows = self.finish()
        self._keep(others.pop())
        return [*rows, *(parse_line(line) for line in others if line)]

    def finish(self) -> Rows:
        """Read the line that has no end yet."""
        line, is_long = self._rest, self._is_long
        self._rest, self._is_long = b"", False
        if is_long:
            return [Malformed(is_json=False)]
        return [parse_line(line)] if line else []

    def _keep(self, part: bytes) -> None:
        self._is_long |= len(self._rest) + len(part) > LINE_MAX
        self._rest = b"" if self._is_long else self._rest + part


def _read_lines(file: IO[bytes], last_bytes: int) -> Iterator[Rows]:
    skipped = os.fstat(file.fileno()).st_size - last_bytes
    if skipped > 0:
        file.seek(skipped)
    yield from _cut_all(file, skips_line=skipped > 0)


def _read_packed_lines(file: IO[bytes], last_bytes: int) -> Iterator[Rows]:
    # The last four bytes state how many there are unpacked. If that is a lie, other rows are skipped.
    size = os.fstat(file.fileno()).st_size
    file.seek(max(0, size - 4))
    to_skip = int.from_bytes(file.read(4), "little") - last_bytes
    file.seek(0)
    with gzip.GzipFile(fileobj=file) as lines:
        skipped = 0
        while skipped < to_skip and (data := lines.read(READ_BYTES)):
            skipped += len(data)
            yield []
        yield from _cut_all(lines, skips_line=skipped > 0)


def _cut_all(file: IO[bytes] | gzip.GzipFile, *, skips_line: bool) -> Iterator[Rows]:
    """Read lines to the end of a file; the first one may begin before."""
    cutter, n_bytes = LineCutter(), 0
    while data := file.read(READ_BYTES):
        n_bytes += len(data)
        if n_bytes > UNPACKED_MAX:
            raise OSError(f"more than {UNPACKED_MAX:,} bytes")
        if skips_line:
            _, end, data = data.partition(b"\n")
            skips_line = not end
        yield cutter.cut(data)
    yield cutter.finish()


def _read_parquet(file: IO[bytes], last_bytes: int) -> Iterator[Rows]:
    import pyarrow as pa  # noqa: PLC0415  # slow to import, and most streams are lines
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        opened = pq.ParquetFile(file)
        names = [name for name in opened.schema_arrow.names if name in WIRE_NAMES]
        for number in _last_groups(opened.metadata, last_bytes // ROW_BYTES):
            for batch in opened.iter_batches(BATCH_ROWS, row_groups=[number], columns=names):
                yield [read_row(raw) for raw in batch.to_pylist()]
    except pa.ArrowException as error:
        raise OSError(" ".join(str(error).split())) from None


def _last_groups(metadata: Any, n_rows: int) -> list[int]:
    """Choose the last row groups, down to the first with which there are enough rows."""
    chosen: list[int] = []
    for number in reversed(range(metadata.num_row_groups)):
        group = metadata.row_group(number)
        if group.total_byte_size > GROUP_MAX:
            raise OSError(f"a row group of more than {GROUP_MAX:,} bytes")
        chosen.insert(0, number)
        n_rows -= group.num_rows
        if n_rows <= 0:
            break
    return chosen


_READERS: dict[str, Callable[[IO[bytes], int], Iterator[Rows]]] = {
    "jsonl": _read_lines,
    "jsonl.gz": _read_packed_lines,
    "parquet": _read_parquet,
}
