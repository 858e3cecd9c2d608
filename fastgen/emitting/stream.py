"""Write windows to a stream. There is no staging: what is written to a stream can't be taken back.

The state file is replaced after a window was written and flushed. If the process is killed in between, the
next one writes that window again: no event is lost, and readers recognise repeated events by their ids.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from fastgen.emitting.binding import refuse_other_sink
from fastgen.emitting.sink import STREAM_ID, SinkState, Staged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from fastgen.emitting.sink import R, Writer


class StreamSink:
    """A stream that rows are written to.

    Parameters
    ----------
    stream
        Binary stream; flushed after each window and left open.
    """

    state_path: Path | None = None
    control_folder: Path | None = None
    locks: tuple[tuple[Path, Path], ...] = ()
    max_rows = 0  # a stream isn't cut into files

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def new_state(self) -> SinkState:
        """Make the state of a first run."""
        return SinkState(STREAM_ID)

    def check(self, state: SinkState | None, state_path: Path) -> None:
        """Refuse the state of a folder; see `Sink.check`.

        Raises
        ------
        ScenarioError
            If it is one.
        """
        if state is not None and state.folder_id != STREAM_ID:
            refuse_other_sink("a stream", state_path)

    def prepare(self) -> None:
        """Do nothing: the stream is open."""

    def recover(self, state: SinkState | None) -> None:
        """Do nothing: readers may have read what a killed run wrote."""

    def file_name(self, number: int) -> str:  # noqa: ARG002  # there is one stream
        """Name the stream, whatever the number."""
        return STREAM_ID

    def stage(
        self, chunks: Iterable[R], first_number: int, open_writer: Callable[[IO[bytes]], Writer[R]]
    ) -> Staged:
        """Write the rows of a window, and flush them; see `Sink.stage`.

        Raises
        ------
        OSError
            If the stream takes no more.
        """
        del first_number
        writer, n_rows = open_writer(self._stream), 0
        for chunk in chunks:
            writer.write(chunk)
            n_rows += chunk.n_rows
        writer.close()
        # Before the commit: rows that a killed process leaves in its buffer must not count as emitted.
        self._stream.flush()
        return Staged((), n_rows, 0)  # no files, and so no bytes of files

    def release(self, state: SinkState) -> None:
        """Do nothing: readers get the rows when they are written."""
