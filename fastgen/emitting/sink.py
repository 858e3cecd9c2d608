"""Define the protocols of sinks, rows and writers, and the part of a producer's state that is the sink's."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from typing import IO, Self


class Rows(Protocol):
    """Rows of a window, such as a `WireChunk`. A sink counts and cuts them; a writer knows what they are."""

    @property
    def n_rows(self) -> int:
        """Number of rows."""

    def cut(self, first: int, last: int) -> Self:
        """Take the rows first..last-1; a last beyond the end means the end."""


R = TypeVar("R", bound=Rows)
_R_contra = TypeVar("_R_contra", contravariant=True)


class Writer(Protocol[_R_contra]):
    """Writes rows to one stream, such as a writer of `fastgen.wire.formats`."""

    def write(self, rows: _R_contra) -> None:
        """Write rows."""

    def close(self) -> None:
        """Write what is still in memory; the stream itself stays open."""


class SinkState(NamedTuple):
    """What a producer's state file says of its sink.

    Attributes
    ----------
    folder_id
        Name by which the folder is recognised; `STREAM_ID` for a stream.
    n_files
        Number of files committed so far.
    pending
        Names of the files of the last commit, which may not have been released yet.
    """

    folder_id: str
    n_files: int = 0
    pending: tuple[str, ...] = ()


class Staged(NamedTuple):
    """A window that is staged: the names of its files, its rows, and the bytes of its files."""

    names: tuple[str, ...]
    n_rows: int
    n_bytes: int


# Stands for the folder in the state of a producer that writes to a stream.
STREAM_ID = "-"


class Sink(Protocol):
    """Where the windows of a producer go; `fastgen.emitting.emission` calls the methods in the right order.

    Attributes
    ----------
    max_rows
        Most rows of a file; it may change from window to window.
    """

    max_rows: int

    @property
    def state_path(self) -> Path | None:
        """State file, if the producer names no other; None: there is no place for one."""

    @property
    def control_folder(self) -> Path | None:
        """Folder of what is not for readers; None: there is none."""

    @property
    def locks(self) -> tuple[tuple[Path, Path], ...]:
        """Files to lock, and what each stands for."""

    def new_state(self) -> SinkState:
        """Make the state of a first run; nothing is written."""

    def check(self, state: SinkState | None, state_path: Path) -> None:
        """Refuse the state of another sink, and a sink that was changed since; nothing is written.

        Parameters
        ----------
        state
            What the state file says; None: there is no such file.
        state_path
            The state file, for the error.

        Raises
        ------
        FastgenError
            If the two don't belong together, or the sink was moved or damaged.
        """

    def prepare(self) -> None:
        """Make what the sink needs to be written to.

        Raises
        ------
        OutputError
            If it can't be made.
        """

    def recover(self, state: SinkState | None) -> None:
        """Release what a killed run has committed, and remove what it hasn't.

        Raises
        ------
        OutputError
            If the sink can't be written to.
        """

    def file_name(self, number: int) -> str:
        """Name the file of a number, which counts all files of the sink from 1 on."""

    def stage(
        self, chunks: Iterable[R], first_number: int, open_writer: Callable[[IO[bytes]], Writer[R]]
    ) -> Staged:
        """Write the rows of a window; readers of a folder don't see them yet.

        Parameters
        ----------
        chunks
            The rows.
        first_number
            Number of the first file.
        open_writer
            Makes a writer for a stream.

        Raises
        ------
        OutputError
            If the rows can't be written; nothing is left in a folder then.
        """

    def release(self, state: SinkState) -> None:
        """Show readers what is committed; repeated, it does nothing.

        Raises
        ------
        OutputError
            If that fails; what is left stays pending.
        """
