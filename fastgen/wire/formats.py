"""Write rows in the wire format to a binary stream, as JSON lines (plain or gzip), CSV or Parquet."""

from __future__ import annotations

import gzip
import io
import os
from abc import ABC, abstractmethod
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, Protocol

from fastgen.loading import needed_kernels, numba_is_loaded
from fastgen.wire.plain import encode_few_lines
from fastgen.wire.slicer import FEW_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from fastgen.wire.bulk import WireEncoder
    from fastgen.wire.form import WireForm
    from fastgen.wire.rows import WireChunk, WireRows

GZIP_LEVEL = 4
# Rows that one thread encodes at a time: their lines are still in the processor's cache when written.
BLOCK_ROWS = 4000


class WireWriter(Protocol):
    """Writes rows to one stream."""

    def write(self, chunk: WireChunk) -> None:
        """Write the rows of a chunk."""

    def write_lines(self, lines: memoryview) -> None:
        """Write rows that are JSON lines already; each ends with a newline."""

    def close(self) -> None:
        """Write what is still missing; the stream itself stays open."""


class Encoders:
    """Encodes rows in one form; JSON lines in several threads, since kernels run without the GIL.

    Attributes
    ----------
    form
        How they look on the wire.

    Parameters
    ----------
    form
        See above.
    n_threads
        Number of threads; None: the number of cores, but at most 4.
    """

    def __init__(self, form: WireForm, n_threads: int | None = None) -> None:
        self._n_threads = n_threads or min(4, os.cpu_count() or 1)
        self.form = form

    @cached_property
    def _encoders(self) -> list[WireEncoder]:
        """One encoder for each thread, and one more whose lines are being written."""
        with needed_kernels():
            from fastgen.wire.bulk import WireEncoder  # noqa: PLC0415  # see FEW_ROWS
        return [WireEncoder(self.form) for _ in range(self._n_threads + 1)]

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._n_threads)

    def lines(self, rows: WireRows, order: NDArray[np.int64], shift_s: int) -> Iterator[memoryview | bytes]:
        """Encode rows as JSON lines, given in parts one after another; each is valid until the next."""
        if len(order) <= FEW_ROWS and not numba_is_loaded():
            yield encode_few_lines(rows, order, shift_s, self.form)
            return
        at_work: deque[Future[NDArray[np.uint8]]] = deque()
        # An encoder's lines stay in its memory until they are written, so it waits for that.
        for n, first in enumerate(range(0, len(order), BLOCK_ROWS)):
            if len(at_work) == len(self._encoders):
                yield at_work.popleft().result().data
            encoder, block = self._encoders[n % len(self._encoders)], order[first : first + BLOCK_ROWS]
            at_work.append(self._pool.submit(encoder.encode_lines, rows, block, shift_s))
        while at_work:
            yield at_work.popleft().result().data

    @property
    def schema(self) -> pa.Schema:
        """Schema of `table`."""
        with needed_kernels():
            from fastgen.wire.bulk import wire_schema  # noqa: PLC0415  # see FEW_ROWS
        return wire_schema(self.form.place_names)

    def event_ids(self, rows: WireRows, order: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Make the event ids of rows; see `WireEncoder.event_ids`."""
        return self._encoders[0].event_ids(rows, order)

    def table(self, rows: WireRows, order: NDArray[np.int64], shift_s: int) -> pa.Table:
        """Encode rows as a table; see `WireEncoder.encode_table`."""
        return self._encoders[0].encode_table(rows, order, shift_s)


class _LineWriter:
    def __init__(self, stream: IO[bytes], encoders: Encoders, shift_s: int) -> None:
        self._stream, self._encoders, self._shift_s = stream, encoders, shift_s

    def write(self, chunk: WireChunk) -> None:
        for text in self._encoders.lines(chunk.rows, chunk.order, self._shift_s):
            self._stream.write(text)

    def write_lines(self, lines: memoryview) -> None:
        self._stream.write(lines)

    def close(self) -> None:
        pass


class _GzipWriter(_LineWriter):
    def __init__(self, stream: IO[bytes], encoders: Encoders, shift_s: int) -> None:
        # No file name and no time in the header, so that equal rows give equal files.
        packed = gzip.GzipFile("", "wb", GZIP_LEVEL, stream, mtime=0)
        super().__init__(packed, encoders, shift_s)  # type: ignore[arg-type]  # it has a write method

    def close(self) -> None:
        self._stream.close()  # a GzipFile leaves the stream below it open


class _TableWriter(ABC):
    """Writes tables with one of Arrow's writers."""

    def __init__(self, stream: IO[bytes], encoders: Encoders, shift_s: int) -> None:
        self._encoders, self._shift_s = encoders, shift_s
        self._writer = self._open(stream)

    @abstractmethod
    def _open(self, stream: IO[bytes]) -> Any:
        """Open the writer on a stream."""

    def write(self, chunk: WireChunk) -> None:
        self._writer.write_table(self._encoders.table(chunk.rows, chunk.order, self._shift_s))

    def write_lines(self, lines: memoryview) -> None:
        from pyarrow import json  # noqa: PLC0415  # only streams with faults need it

        parse = json.ParseOptions(self._encoders.schema, unexpected_field_behavior="error")
        # One block for all: a line must not be longer than a block.
        read = json.ReadOptions(use_threads=False, block_size=len(lines) + 1)
        table = json.read_json(io.BytesIO(lines), read_options=read, parse_options=parse)
        self._writer.write_table(table.cast(self._encoders.schema))

    def close(self) -> None:
        self._writer.close()


def open_parquet(stream: IO[bytes], schema: pa.Schema) -> Any:
    """Open PyArrow's Parquet writer on a stream; it is silent if an error leaves it unfinished."""
    import pyarrow.parquet as pq  # noqa: PLC0415  # slow to import, and lines do without

    class Writer(pq.ParquetWriter):  # type: ignore[misc]  # PyArrow counts as untyped here
        def __del__(self) -> None:
            """Write no footer: the stream may be closed by now, and Python would print a traceback."""

    return Writer(stream, schema, compression="zstd", write_page_checksum=True)


class _ParquetWriter(_TableWriter):
    def _open(self, stream: IO[bytes]) -> Any:
        return open_parquet(stream, self._encoders.schema)


class _CsvWriter(_TableWriter):
    def _open(self, stream: IO[bytes]) -> Any:
        from pyarrow import csv  # noqa: PLC0415  # as in `open_parquet`

        return csv.CSVWriter(
            stream, self._encoders.schema, write_options=csv.WriteOptions(quoting_style="needed")
        )


# Slices offer those that `wire.slice_file.FORMATS` lists, and its `_RAW_WRITERS` write stored columns in
# each; replays and live kitchens offer those of `replaying.options.FORMATS`. The command line repeats both
# lists in `cli.replay_options`, so that it starts without loading this. A format of lines is in
# `faults.plan.LINE_FORMATS` too, and `faults.undo` reads it. On a stream, each window is a file of its own.
WRITERS: dict[str, Callable[[IO[bytes], Encoders, int], WireWriter]] = {
    "jsonl": _LineWriter,
    "jsonl.gz": _GzipWriter,
    "csv": _CsvWriter,
    "parquet": _ParquetWriter,
}
