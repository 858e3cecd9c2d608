"""Write rows in the wire format to a binary stream: JSON lines, plain or packed, CSV, Parquet."""

from __future__ import annotations

import gzip
import os
from concurrent.futures import ThreadPoolExecutor
from typing import IO, TYPE_CHECKING, Any, Protocol

import numpy as np

from fastgen.events.wire import WIRE_SCHEMA, WireEncoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa
    from numpy.typing import NDArray

    from fastgen.kernels.wire_rows import WireRows

GZIP_LEVEL = 4
# Fewer rows are not worth a second thread.
SHARED_ROWS = 4000


class WireWriter(Protocol):
    """Writes rows to one stream."""

    def write(self, rows: WireRows, order: NDArray[np.int64]) -> None:
        """Write some of the rows, in this order."""

    def close(self) -> None:
        """Write what is still missing; the stream itself stays open."""


class Encoders:
    """Encodes the rows of one dataset, JSON lines in several threads: kernels run without the GIL.

    Parameters
    ----------
    digest
        The dataset's digest.
    n_threads
        How many at a time; None: as many as there are cores, up to 4.
    """

    def __init__(self, digest: str, n_threads: int | None = None) -> None:
        n_threads = n_threads or min(4, os.cpu_count() or 1)
        self._encoders = [WireEncoder(digest) for _ in range(n_threads)]
        self._pool = ThreadPoolExecutor(n_threads)

    def lines(self, rows: WireRows, order: NDArray[np.int64], shift_s: int) -> Iterator[NDArray[np.uint8]]:
        """Encode rows as JSON lines: texts that follow each other; see `WireEncoder.encode_lines`."""
        if len(order) < SHARED_ROWS:
            return iter([self._encoders[0].encode_lines(rows, order, shift_s)])

        def encode(encoder: WireEncoder, share: NDArray[np.int64]) -> NDArray[np.uint8]:
            return encoder.encode_lines(rows, share, shift_s)

        return self._pool.map(encode, self._encoders, np.array_split(order, len(self._encoders)))

    def table(self, rows: WireRows, order: NDArray[np.int64], shift_s: int) -> pa.Table:
        """Encode rows as a table; see `WireEncoder.encode_table`."""
        return self._encoders[0].encode_table(rows, order, shift_s)


class _LineWriter:
    def __init__(self, stream: IO[bytes], encoders: Encoders, shift_s: int) -> None:
        self._stream, self._encoders, self._shift_s = stream, encoders, shift_s

    def write(self, rows: WireRows, order: NDArray[np.int64]) -> None:
        for text in self._encoders.lines(rows, order, self._shift_s):
            self._stream.write(text.data)

    def close(self) -> None:
        pass


class _GzipWriter(_LineWriter):
    def __init__(self, stream: IO[bytes], encoders: Encoders, shift_s: int) -> None:
        # Neither name nor time: equal rows give equal files.
        packed = gzip.GzipFile("", "wb", GZIP_LEVEL, stream, mtime=0)
        super().__init__(packed, encoders, shift_s)  # type: ignore[arg-type]  # it has a write method

    def close(self) -> None:
        self._stream.close()


class _TableWriter:
    """Writes tables with one of Arrow's writers."""

    def __init__(self, stream: IO[bytes], encoders: Encoders, shift_s: int) -> None:
        self._encoders, self._shift_s = encoders, shift_s
        self._writer = self._open(stream)

    def _open(self, stream: IO[bytes]) -> Any:
        raise NotImplementedError

    def write(self, rows: WireRows, order: NDArray[np.int64]) -> None:
        self._writer.write_table(self._encoders.table(rows, order, self._shift_s))

    def close(self) -> None:
        self._writer.close()


class _ParquetWriter(_TableWriter):
    def _open(self, stream: IO[bytes]) -> Any:
        import pyarrow.parquet as pq  # noqa: PLC0415

        return pq.ParquetWriter(stream, WIRE_SCHEMA, compression="zstd")


class _CsvWriter(_TableWriter):
    def _open(self, stream: IO[bytes]) -> Any:
        from pyarrow import csv  # noqa: PLC0415

        return csv.CSVWriter(stream, WIRE_SCHEMA, write_options=csv.WriteOptions(quoting_style="needed"))


WRITERS: dict[str, Callable[[IO[bytes], Encoders, int], WireWriter]] = {
    "jsonl": _LineWriter,
    "jsonl.gz": _GzipWriter,
    "csv": _CsvWriter,
    "parquet": _ParquetWriter,
}
