"""Put files of events into a folder, each event exactly once, at whatever moment the process is killed.

`F` is the folder. `C` is its control folder, on the same file system and not for readers: `.F.fastgen` beside
it, or `F/_fastgen` (see `fastgen.emitting.control`). The state file says how far the producer has come and
which files it has committed. A lock in `C`, which ends with its process, lets one process at a time do this:

1. *Stage*: the window's files are written whole into `C/staging/` under the names that they will have, and
   flushed to the disk, and so is that folder.
2. *Commit*: the state file is replaced, by one atomic rename, with one that counts the window as emitted,
   states the new number of files, and lists the staged files as pending.
3. *Release*: each pending file is renamed from staging into `F`; both folders are flushed.

A start first releases the pending files of the state, then removes everything else from staging. So:

- killed before 2: the state is the old one, no reader has seen anything, and what was staged is removed. The
  window is due again, and its files get the same names, which nobody has seen.
- killed in 2: the rename is atomic, so the state file is the old one or the new one, never a part of one.
- killed between 2 and the end of 3: the window counts as emitted, and its files exist, each in exactly one of
  the two folders. A file that is no longer in staging has been released: nothing else takes it from there,
  not even a reader who consumes and removes files in `F`. The start releases the rest.
- killed after 3: the state still lists the files as pending, and none is in staging: nothing is left to do.

No file is opened in `F`, and none changes there. Names have a running number from the state, so they rise
with time and are never used again. Both folders carry a name (the `folder_id` of the state), given to `C` and
then to `F` between 2 and 3. Because of it, a state is refused with another folder, and with a folder that has
lost its `C` and what is staged there; and a folder whose state is lost is not taken for a fresh one. After a
kill before both have the name, the start gives it to them.
"""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from fastgen.emitting.binding import check_bound, check_unused
from fastgen.emitting.control import find_control
from fastgen.emitting.sink import SinkState, Staged
from fastgen.emitting.staging import WindowFiles
from fastgen.errors import OutputError
from fastgen.files import check_folder, refuse_folder, sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from fastgen.emitting.sink import R, Writer


class FolderSink:
    """A folder in which files of events appear.

    Parameters
    ----------
    folder
        The folder; made if missing.
    suffix
        End of the files' names, such as jsonl.
    max_rows
        Most rows of a file; also an attribute, which may change from window to window.

    Raises
    ------
    FastgenError
        If it is no folder, or can't be written to.
    """

    def __init__(self, folder: str | Path, suffix: str, max_rows: int) -> None:
        self.folder = check_folder(folder)
        self._suffix, self.max_rows = suffix, max_rows
        self._control = find_control(self.folder)

    @property
    def state_path(self) -> Path:
        """State file, if the producer names no other."""
        return self._control.state

    @property
    def control_folder(self) -> Path:
        """Folder of what is not for readers."""
        return self._control.path

    @property
    def locks(self) -> tuple[tuple[Path, Path], ...]:
        """The file to lock, and the folder that it stands for."""
        return ((self._control.lock, self.folder),)

    def new_state(self) -> SinkState:
        """Make the state of a first run, with a new name for the folder; `release` gives it."""
        return SinkState(uuid.uuid4().hex)

    def check(self, state: SinkState | None, state_path: Path) -> None:
        """Refuse a state that doesn't belong to the folder as it is; see `Sink.check`.

        Raises
        ------
        FastgenError
            If it belongs to another one, or the folder was moved, emptied, replaced, or lost its state.
        """
        if state is None:
            check_unused(self._control, state_path)
        else:
            check_bound(self._control, state, state_path)

    def prepare(self) -> None:
        """Make the folders.

        Raises
        ------
        OutputError
            If they can't be made.
        """
        try:
            self._control.staging.mkdir(parents=True, exist_ok=True)
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise refuse_folder(self.folder, error) from None

    def recover(self, state: SinkState | None) -> None:
        """Release the pending files, and remove all others from staging; see `Sink.recover`.

        Raises
        ------
        OutputError
            If one can't be moved or removed.
        """
        if state is not None:
            self.release(state)
        self._clear_staging()

    def stage(
        self, chunks: Iterable[R], first_number: int, open_writer: Callable[[IO[bytes]], Writer[R]]
    ) -> Staged:
        """Write the rows of a window into files that no reader sees yet; see `Sink.stage`.

        Raises
        ------
        OutputError
            If a file can't be written, or one of that name is there already; nothing is left then.
        """
        files = WindowFiles(self._create_file, first_number, self.max_rows, open_writer)
        with self._output_errors():
            try:
                for chunk in chunks:
                    files.write(chunk)
                staged = files.close()
                sync_folder(self._control.staging)
            except BaseException:  # Ctrl-C too: an interrupted window leaves nothing
                files.abandon()
                self._clear_staging()
                raise
        return staged

    def release(self, state: SinkState) -> None:
        """Move the pending files that are still in staging into the folder.

        Raises
        ------
        OutputError
            If one can't be moved; it stays pending then.
        """
        control = self._control
        with self._output_errors():
            # Only after a commit: a folder never carries a name that no state file has.
            control.bind(state.folder_id)
            # A file that isn't in staging was released before a kill; its reader may have removed it since.
            waiting = [name for name in state.pending if control.staged(name).exists()]
            for name in waiting:
                control.staged(name).rename(self.folder / name)
            if waiting:
                # In this order, a power cut can't lose a file from both folders.
                sync_folder(self.folder)
                sync_folder(control.staging)

    def file_name(self, number: int) -> str:
        """Name the file of a number."""
        return f"events-{number:010d}.{self._suffix}"

    def _create_file(self, number: int) -> tuple[str, IO[bytes]]:
        """Create the file of a number in staging; return its name and the open file."""
        name = self.file_name(number)
        # The number of an older state, put back from a backup, was used before: no reader's file is replaced.
        if (self.folder / name).exists():
            raise OutputError(f"{self.folder / name}: expected no file of that name yet, but there is one.")
        return name, self._control.staged(name).open("wb")

    def _clear_staging(self) -> None:
        """Remove what was staged and not committed; what was committed has been released before."""
        with self._output_errors():
            for path in self._control.staging.iterdir():
                path.unlink()

    @contextmanager
    def _output_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(
                f"{self.folder}: expected to write to the folder, got: {error.strerror or error}."
            ) from None
