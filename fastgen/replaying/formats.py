"""Write rows in the wire format to a binary stream: JSON lines, plain or packed, CSV, Parquet."""

from __future__ import annotations

import gzip
from typing import IO, TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from fastgen.events.wire import WireEncoder
    from fastgen.kernels.wire import WireRows

GZIP_LEVEL = 4


class WireWriter(Protocol):
    """Writes rows to one stream."""

    def write(self, rows: WireRows, order: NDArray[np.int64]) -> None:
        """Write some of the rows, in this order."""

    def close(self) -> None:
        """Write what is still missing; the stream itself stays open."""


class _LineWriter:
    def __init__(self, stream: IO[bytes], encoder: WireEncoder, shift_s: int) -> None:
        self._stream, self._encoder, self._shift_s = stream, encoder, shift_s

    def write(self, rows: WireRows, order: NDArray[np.int64]) -> None:
        self._stream.write(self._encoder.encode_lines(rows, order, self._shift_s).data)

    def close(self) -> None:
        pass


class _GzipWriter(_LineWriter):
    def __init__(self, stream: IO[bytes], encoder: WireEncoder, shift_s: int) -> None:
        # Neither name nor time: equal rows give equal files.
        packed = gzip.GzipFile("", "wb", GZIP_LEVEL, stream, mtime=0)
        super().__init__(packed, encoder, shift_s)  # type: ignore[arg-type]  # it has a write method

    def close(self) -> None:
        self._stream.close()


class _TableWriter:
    """Writes tables with one of Arrow's writers."""

    def __init__(self, stream: IO[bytes], encoder: WireEncoder, shift_s: int) -> None:
        self._encoder, self._shift_s = encoder, shift_s
        self._writer = self._open(stream)

    def _open(self, stream: IO[bytes]) -> Any:
        raise NotImplementedError

    def write(self, rows: WireRows, order: NDArray[np.int64]) -> None:
        self._writer.write_table(self._encoder.encode_table(rows, order, self._shift_s))

    def close(self) -> None:
        self._writer.close()


class _ParquetWriter(_TableWriter):
    def _open(self, stream: IO[bytes]) -> Any:
        import pyarrow.parquet as pq  # noqa: PLC0415

        from fastgen.events.wire import WIRE_SCHEMA  # noqa: PLC0415

        return pq.ParquetWriter(stream, WIRE_SCHEMA, compression="zstd")


class _CsvWriter(_TableWriter):
    def _open(self, stream: IO[bytes]) -> Any:
        from pyarrow import csv  # noqa: PLC0415

        from fastgen.events.wire import WIRE_SCHEMA  # noqa: PLC0415

        return csv.CSVWriter(stream, WIRE_SCHEMA, write_options=csv.WriteOptions(quoting_style="needed"))


WRITERS: dict[str, Callable[[IO[bytes], WireEncoder, int], WireWriter]] = {
    "jsonl": _LineWriter,
    "jsonl.gz": _GzipWriter,
    "csv": _CsvWriter,
    "parquet": _ParquetWriter,
}
