"""Put files of events into a folder, each event exactly once, whatever moment the process is killed at.

The protocol. `F` is the folder, `C` its control folder, on the same file system and not for readers (see
`fastgen.emitting.control`: `.F.fastgen` beside it, or `F/_fastgen`), and one state file holds watermark and
names. One process at a time, held to it by a lock in `C` that dies with its process:

1. *Stage*: the window's files are written whole into `C/staging/` under the names that they will have, and
   flushed to the disk, and so is that folder.
2. *Commit*: the state file is replaced, by one atomic rename, with one that has the new watermark, the
   number of files used up, and the names staged, as pending.
3. *Publish*: each pending file is renamed from staging into `F`; both folders are flushed.

A start first publishes what the state calls pending, then removes everything else from staging. So:

- killed before 2: the old state stands, no reader has seen anything, and what was staged is removed. The
  window is due again, and its files get the same names, which nobody has seen.
- killed in 2: a rename is there or not. The state file is the old one or the new one, never torn.
- killed between 2 and the end of 3: the window counts as emitted, and its files exist, each in exactly one of
  the two folders. A file that is no longer in staging has been published: nothing else takes it from there,
  not even a reader who consumes and removes files in `F`. Publishing the rest is all that is missing, and may
  be repeated.
- killed after 3: the state still calls the files pending, and none is in staging: nothing is left to do.

No file is opened in `F`, none changes there, and names hold a running number from the state, so they rise
with time and never come again. Both folders carry a name, given to `C` and then to `F` between 2 and 3 and
repeated in the state: a state is not used with another folder, nor with a folder that has lost its `C` and
what is staged there, and a folder whose state is lost is not taken for a fresh one. Killed before both have
the name, the state has it, and the start gives it to them.
"""

from __future__ import annotations

import os
import re
import uuid
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from fastgen.emitting.control import find_control
from fastgen.errors import OutputError
from fastgen.files import check_folder, refuse_folder, sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from fastgen.wire.formats import WireWriter
    from fastgen.wire.slicer import Chunk

# Files that wait for the disk, each with an open descriptor: a process may have few.
MAX_FLUSHING = 16
_DATA = re.compile(r"events-\d{10}\.")


class FolderSink:
    """A folder that files of events appear in.

    Parameters
    ----------
    folder
        The folder; made if missing.
    suffix
        End of the files' names, such as jsonl.
    max_rows
        Most rows of a file.

    Raises
    ------
    OutputError
        If it is no folder, or can't be written to.
    """

    def __init__(self, folder: str | Path, suffix: str, max_rows: int) -> None:
        self.folder = check_folder(folder)
        self._suffix, self._max_rows = suffix, max_rows
        self.control = find_control(self.folder)
        self._staging = self.control.staging

    def prepare(self) -> None:
        """Make the folders.

        Raises
        ------
        OutputError
            If they can't be made.
        """
        try:
            self._staging.mkdir(parents=True, exist_ok=True)
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise refuse_folder(self.folder, error) from None

    def new_name(self) -> str:
        """Invent a name for the folder; `publish` gives it."""
        return uuid.uuid4().hex

    def holds(self, names: Iterable[str]) -> bool:
        """Whether all of these files are in staging."""
        return all(self.control.staged(name).exists() for name in names)

    def find_data(self) -> str | None:
        """Name of a file that an earlier replay left here, if any."""
        return next((path.name for path in self.folder.glob("events-*") if _DATA.match(path.name)), None)

    def stage(
        self, chunks: Iterable[Chunk], first_number: int, open_writer: Callable[[IO[bytes]], WireWriter]
    ) -> Staged:
        """Write the rows of a window into files that no reader sees yet.

        Parameters
        ----------
        chunks
            The rows.
        first_number
            Number of the first file.
        open_writer
            Makes a writer for the stream of a file.

        Raises
        ------
        OutputError
            If a file can't be written, or one of that name is there already; nothing is left then.
        """
        staged = Staged(self, first_number, open_writer)
        with _output_errors(self.folder):
            try:
                for chunk in chunks:
                    staged.write(chunk)
                staged.close()
                sync_folder(self._staging)
            except BaseException:
                staged.abandon()
                self.clean()
                raise
        return staged

    def open_staged(self, number: int) -> tuple[str, IO[bytes]]:
        """Open the file of a number in staging."""
        name = f"events-{number:010d}.{self._suffix}"
        if (self.folder / name).exists():
            raise OutputError(f"{self.folder / name}: expected no file of that name yet, but there is one.")
        return name, self.control.staged(name).open("wb")

    @property
    def max_rows(self) -> int:
        """Most rows of a file."""
        return self._max_rows

    def publish(self, names: Iterable[str], folder_name: str) -> None:
        """Move files that are still in staging into the folder.

        Raises
        ------
        OutputError
            If one can't be moved; it stays pending then.
        """
        with _output_errors(self.folder):
            self.control.bind(folder_name)
            waiting = [name for name in names if self.control.staged(name).exists()]
            for name in waiting:
                self.control.staged(name).rename(self.folder / name)
            if waiting:
                sync_folder(self.folder)
                sync_folder(self._staging)

    def clean(self) -> None:
        """Remove what a killed run left in staging; what was committed has been published before."""
        with _output_errors(self.folder):
            for path in self._staging.iterdir():
                path.unlink()


class Staged:
    """The files of a window while they are written."""

    def __init__(
        self, sink: FolderSink, first_number: int, open_writer: Callable[[IO[bytes]], WireWriter]
    ) -> None:
        self._sink, self._number, self._open_writer = sink, first_number, open_writer
        self._stream: IO[bytes] | None = None
        self._writer: WireWriter | None = None
        self._room = 0
        self._pool = ThreadPoolExecutor(1)
        self._flushing: deque[Future[None]] = deque()
        self.names: list[str] = []
        self.n_rows = 0
        self.n_bytes = 0

    def write(self, chunk: Chunk) -> None:
        """Write rows, into as many files as they need."""
        at = 0
        while at < len(chunk.order):
            if self._writer is None:
                name, self._stream = self._sink.open_staged(self._number)
                self._writer = self._open_writer(self._stream)
                self.names.append(name)
                self._number += 1
                self._room = self._sink.max_rows
            part = chunk.order[at : at + self._room]
            self._writer.write(chunk.rows, part)
            at += len(part)
            self._room -= len(part)
            self.n_rows += len(part)
            if self._room == 0:
                self._finish_file()

    def _finish_file(self) -> None:
        """Finish the file in hand; the disk takes it in beside the next ones."""
        if self._writer is not None and self._stream is not None:
            self._writer.close()
            self._stream.flush()
            self.n_bytes += self._stream.tell()
            if len(self._flushing) == MAX_FLUSHING:
                self._flushing.popleft().result()
            self._flushing.append(self._pool.submit(_flush_and_close, self._stream))
        self._writer = self._stream = None

    def close(self) -> None:
        """Finish all files, down to the disk."""
        self._finish_file()
        while self._flushing:
            self._flushing.popleft().result()
        self._pool.shutdown()

    def abandon(self) -> None:
        """Let go of a file that could not be written."""
        if self._stream is not None:
            with suppress(OSError):  # a full disk refuses the rest once more
                self._stream.close()
        self._pool.shutdown()


def _flush_and_close(stream: IO[bytes]) -> None:
    with stream:
        os.fsync(stream.fileno())


@contextmanager
def _output_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{folder}: expected to write to the folder, got: {error.strerror or error}."
        ) from None
