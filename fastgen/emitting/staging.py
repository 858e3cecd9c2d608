"""Write the rows of a window into files of limited length, one after another, down to the disk."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Generic

from fastgen.emitting.sink import R, Staged

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastgen.emitting.sink import Writer

# Files that wait for the disk. Each has an open descriptor, and a process may have few.
MAX_FLUSHING = 16


class WindowFiles(Generic[R]):
    """The files of a window while they are written.

    Parameters
    ----------
    create_file
        Creates the file of a number; returns its name and the open file.
    first_number
        Number of the first file.
    max_rows
        Most rows of a file.
    open_writer
        Makes a writer for an open file.
    """

    def __init__(
        self,
        create_file: Callable[[int], tuple[str, IO[bytes]]],
        first_number: int,
        max_rows: int,
        open_writer: Callable[[IO[bytes]], Writer[R]],
    ) -> None:
        self._create_file, self._open_writer = create_file, open_writer
        self._next_number, self._max_rows = first_number, max_rows
        self._stream: IO[bytes] | None = None
        self._writer: Writer[R] | None = None
        self._rows_left = 0
        # Flushing waits for the disk; meanwhile the main thread encodes the next file.
        self._pool = ThreadPoolExecutor(1)
        self._flushing: deque[Future[None]] = deque()
        self._names: list[str] = []
        self._n_rows = self._n_bytes = 0

    def write(self, chunk: R) -> None:
        """Write rows, into as many files as they need.

        Raises
        ------
        OSError
            If a file can't be written.
        """
        first = 0
        while first < chunk.n_rows:
            writer = self._begin_file() if self._writer is None else self._writer
            part = chunk.cut(first, first + self._rows_left)
            writer.write(part)
            first += part.n_rows
            self._rows_left -= part.n_rows
            self._n_rows += part.n_rows
            if self._rows_left == 0:
                self._finish_file()

    def close(self) -> Staged:
        """Finish all files, and wait until the disk has them; errors as `write`."""
        self._finish_file()
        while self._flushing:
            self._flushing.popleft().result()
        self._pool.shutdown()
        return Staged(tuple(self._names), self._n_rows, self._n_bytes)

    def abandon(self) -> None:
        """Close what is open, after an error."""
        if self._stream is not None:
            with suppress(OSError):  # a full disk refuses the rest once more
                self._stream.close()
        self._pool.shutdown()

    def _begin_file(self) -> Writer[R]:
        name, self._stream = self._create_file(self._next_number)
        self._writer = self._open_writer(self._stream)
        self._names.append(name)
        self._next_number += 1
        self._rows_left = self._max_rows
        return self._writer

    def _finish_file(self) -> None:
        """Finish the open file; it is flushed to the disk while the next ones are written."""
        if self._writer is not None and self._stream is not None:
            self._writer.close()
            self._stream.flush()
            self._n_bytes += self._stream.tell()
            # Waiting for the oldest one also raises the error of a full disk early.
            if len(self._flushing) == MAX_FLUSHING:
                self._flushing.popleft().result()
            self._flushing.append(self._pool.submit(_flush_and_close, self._stream))
        self._writer = self._stream = None


def _flush_and_close(stream: IO[bytes]) -> None:
    with stream:
        os.fsync(stream.fileno())
