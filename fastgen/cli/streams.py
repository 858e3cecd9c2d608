"""Write to the standard streams whatever they are: open, closed, a full disk, or a pipe without a reader."""

from __future__ import annotations

import io
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fastgen.cli.printing import say
from fastgen.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO, Any

STDOUT = "-"
_STDOUT, _STDERR = 1, 2


class Pipe(io.FileIO):
    """A standard output whose reader may close the pipe while the work goes on.

    Attributes
    ----------
    drops
        Whether bytes written to a closed pipe are dropped; if not, BrokenPipeError is raised as usual.
    """

    drops = True

    def write(self, data: Any, /) -> int:
        """Write bytes, or drop them."""
        try:
            return super().write(data)
        except BrokenPipeError:
            if not self.drops:
                raise
            return memoryview(data).nbytes


class Diagnostics(io.FileIO):
    """A standard error whose failures don't matter: bytes that can't be written are dropped."""

    def write(self, data: Any, /) -> int:
        """Write bytes, or drop them."""
        try:
            return super().write(data)
        except OSError:  # a closed pipe, a full disk, a terminal that was closed
            return memoryview(data).nbytes


# Whether the caller had closed the standard output.
_closed_stdout = False


def take_over() -> None:
    """Replace Python's standard streams by those of this module; for commands.

    A stream that the caller has closed is opened on the null device. Otherwise the next file that is opened
    would get its number, and with it everything that is printed.
    """
    global _closed_stdout  # noqa: PLW0603  # there is one process
    _closed_stdout = sys.stdout is None
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        os.set_inheritable(descriptor, True)  # noqa: FBT003  # as standard streams are
    os.close(descriptor)
    # Streams that a test has put there are left alone.
    if sys.stdout is sys.__stdout__:
        sys.stdout = _open(Pipe, _STDOUT, sys.stdout)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _open(Diagnostics, _STDERR, sys.stderr)


def _open(kind: type[io.FileIO], descriptor: int, like: Any) -> io.TextIOWrapper:
    # The descriptor stays open when the object is collected: whatever opens next would get its number.
    raw = kind(descriptor, "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=None if like is None else like.encoding,
        errors=None if like is None else like.errors,
        line_buffering=descriptor == _STDERR or raw.isatty(),
    )


@contextmanager
def stdout_bytes() -> Iterator[IO[bytes]]:
    """Open the standard output for data in this block; none of the bytes are dropped.

    Raises
    ------
    OutputError
        If the caller had closed it.
    BrokenPipeError
        If its reader closes the pipe.
    """
    if _closed_stdout:
        raise OutputError("-: expected an open standard output, got a closed one.")
    stream = sys.stdout.buffer
    raw = getattr(stream, "raw", None)
    if isinstance(raw, Pipe):
        raw.drops = False
    try:
        yield stream
    finally:
        if isinstance(raw, Pipe):
            raw.drops = True


@contextmanager
def target(to: str) -> Iterator[str | IO[bytes]]:
    """Yield the folder, or the open standard output; a reader that closes the pipe ends the block quietly."""
    if to != STDOUT:
        yield to
        return
    try:
        with stdout_bytes() as stream:
            yield stream
    except BrokenPipeError:
        say("-: the reader has left before the end; the window stays due", err=True)


def drop_output() -> None:
    """Drop output that couldn't be written: Python would fail on it again when the process ends."""
    if sys.stdout is not None and isinstance(getattr(getattr(sys.stdout, "buffer", None), "raw", None), Pipe):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, _STDOUT)
        os.close(null)
