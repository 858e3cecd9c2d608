"""Emit windows step by step, the same for every producer: open the sink; then stage, commit, release.

Where a process that is killed leaves a window, and what the next one does with it:

=========================  ==============================  =============================================
killed                     a folder                        a stream
=========================  ==============================  =============================================
before the commit          staged files are removed, and   some or all of the window has been written; it
                           the window is due again         is due again, and its rows come twice
in the commit              the state file is the old one or the new one: as before, or as after
after the commit           files are released that are     nothing is left to do
                           not yet
=========================  ==============================  =============================================

So a folder gets each window once; a stream gets each window, and the last one before a kill perhaps twice.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from fastgen.emitting.folder import FolderSink
from fastgen.emitting.lock import check_free, hold_lock
from fastgen.emitting.sink import SinkState
from fastgen.emitting.stream import StreamSink
from fastgen.errors import ScenarioError
from fastgen.files import check_file
from fastgen.paths import NAME_MAX, hidden_beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from fastgen.emitting.sink import R, Sink, Staged, Writer


def make_sink(to: str | Path | IO[bytes], suffix: str, max_rows: int) -> Sink:
    """Choose the sink of a place.

    Parameters
    ----------
    to
        Folder, or binary stream.
    suffix, max_rows
        See `FolderSink`.

    Raises
    ------
    FastgenError
        If it is no folder, or can't be written to.
    """
    return FolderSink(to, suffix, max_rows) if isinstance(to, str | Path) else StreamSink(to)


def choose_state_path(sink: Sink, state: str | Path | None) -> Path:
    """Choose the state file of a producer.

    Parameters
    ----------
    sink
        The sink.
    state
        The file that the user names; None: that of the sink.

    Raises
    ------
    ScenarioError
        If it can't be a file, or a stream has none.
    """
    path = sink.state_path if state is None else check_file(state, "state")
    if path is None:
        raise ScenarioError("state: expected a state file, which a stream can't hold, got none.")
    return path


@contextmanager
def open_sink(sink: Sink, state_path: Path, load: Callable[[], SinkState | None]) -> Iterator[None]:
    """Keep other processes out of a sink in this block, and finish what a killed one has committed.

    Parameters
    ----------
    sink
        The sink.
    state_path
        The producer's state file.
    load
        Reads and checks the state file, with `Sink.check` too, and changes nothing; None: there is no file.
        It is called twice, and the second time nobody else can change the state.

    Raises
    ------
    OutputError
        If another process has the sink, or it can't be written to.
    FastgenError
        What `load` raises.
    """
    locks = locks_of(sink, state_path)
    if not any(os.path.lexists(lock) for lock, _ in locks):
        load()  # nobody is at work: what is refused here leaves no file behind
    with ExitStack() as held:
        for lock, what in locks:
            held.enter_context(hold_lock(lock, what))
        sink.prepare()
        # Reads the state again: until the locks were taken, another process could change it.
        sink.recover(load())
        yield


def check_idle(sink: Sink, state_path: Path) -> None:
    """Check that no other process has the sink or the state file; nothing is changed.

    Raises
    ------
    OutputError
        If one has.
    """
    for lock, what in locks_of(sink, state_path):
        check_free(lock, what)


def locks_of(sink: Sink, state_path: Path) -> list[tuple[Path, Path]]:
    """List the files to lock, and what each stands for."""
    # Two runs into two folders must not share a state file: each would overwrite the state of the other.
    named = [] if state_path == sink.state_path else [(_lock_beside(state_path), state_path)]
    return [*named, *sink.locks]


def _lock_beside(state_path: Path) -> Path:
    """Name the lock of a state file that the user names."""
    lock = state_path.with_name(f"{state_path.name}.lock")
    return lock if len(os.fsencode(lock.name)) <= NAME_MAX else hidden_beside(state_path, ".lock")


def emit_window(
    sink: Sink,
    chunks: Iterable[R],
    open_writer: Callable[[IO[bytes]], Writer[R]],
    state: SinkState,
    commit: Callable[[SinkState], None],
) -> Staged:
    """Emit one window to an open sink.

    Parameters
    ----------
    sink
        The sink.
    chunks, open_writer
        The rows, and how to write them; see `Sink.stage`.
    state
        State of the sink after the window before.
    commit
        Replaces the producer's state file, as a whole or not at all, with one that has this state of the
        sink and counts the window as emitted.

    Returns
    -------
    Staged
        What was emitted.

    Raises
    ------
    FastgenError
        If the window can't be made or written, which leaves it due, or not be released, which the next run
        makes up for.
    """
    staged = sink.stage(chunks, state.n_files + 1, open_writer)
    state = SinkState(state.folder_id, state.n_files + len(staged.names), staged.names)
    commit(state)
    sink.release(state)
    return staged
