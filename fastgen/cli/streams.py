"""Write to the standard streams as they are found: open, closed, full, or a pipe whose reader has left."""

from __future__ import annotations

import io
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fastgen.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO, Any

_STDOUT, _STDERR = 1, 2


class Pipe(io.FileIO):
    """A standard stream whose reader may leave: what is written then is dropped, and the work goes on.

    Attributes
    ----------
    is_patient
        Whether it is so; if not, BrokenPipeError is raised as usual.
    """

    is_patient = True

    def write(self, data: Any, /) -> int:
        """Write some bytes."""
        try:
            return super().write(data)
        except BrokenPipeError:
            if not self.is_patient:
                raise
            return memoryview(data).nbytes


class Aside(io.FileIO):
    """A standard stream that nothing hangs on: what can't be written is dropped, and the work goes on."""

    def write(self, data: Any, /) -> int:
        """Write some bytes."""
        try:
            return super().write(data)
        except OSError:  # a reader that has left, a full disk, a terminal that is gone
            return memoryview(data).nbytes


_closed_stdout = False


def take_over() -> None:
    """Take the standard streams over from Python, in a process that is fastgen's own.

    One that the caller has closed is opened on the null device: else the next file opened would get its
    number, and whatever is printed.
    """
    global _closed_stdout  # noqa: PLW0603  # there is one process
    _closed_stdout = sys.stdout is None
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        os.set_inheritable(descriptor, True)  # noqa: FBT003  # as standard streams are
    os.close(descriptor)
    # Tests put streams of their own in the place of these.
    if sys.stdout is sys.__stdout__:
        sys.stdout = _open(Pipe, _STDOUT, sys.stdout)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _open(Aside, _STDERR, sys.stderr)


def _open(kind: type[io.FileIO], descriptor: int, like: Any) -> io.TextIOWrapper:
    raw = kind(descriptor, "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=None if like is None else like.encoding,
        errors=None if like is None else like.errors,
        line_buffering=descriptor == _STDERR or raw.isatty(),
    )


@contextmanager
def stdout_bytes() -> Iterator[IO[bytes]]:
    """Open the standard output for data, which have to arrive, in this block.

    Raises
    ------
    OutputError
        If it was closed by the caller.
    BrokenPipeError
        Where its reader has left.
    """
    if _closed_stdout:
        raise OutputError("-: expected an open standard output, got a closed one.")
    stream = sys.stdout.buffer
    raw = getattr(stream, "raw", None)
    if isinstance(raw, Pipe):
        raw.is_patient = False
    try:
        yield stream
    finally:
        if isinstance(raw, Pipe):
            raw.is_patient = True


def drop_output() -> None:
    """Drop what could not be written: Python would try once more when the process ends."""
    if sys.stdout is not None and isinstance(getattr(getattr(sys.stdout, "buffer", None), "raw", None), Pipe):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, _STDOUT)
        os.close(null)
