"""Name the files that a live run writes, and refuse options by which two files would be one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fastgen.emitting.emission import locks_of
from fastgen.errors import ScenarioError
from fastgen.faults.plan import check_ledger_path
from fastgen.files import check_file
from fastgen.paths import check_input, hidden_beside

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fastgen.emitting.sink import Sink
    from fastgen.live_kitchens.options import LiveOptions


class RunFiles(NamedTuple):
    """Files and folders that a run keeps for itself.

    Attributes
    ----------
    state
        State file.
    journal, rejected
        Accepted orders from outside, and lines that are none; see `OrderJournal`.
    segments
        Folder of the ledger's segments.
    locks
        Files that the run locks.
    """

    state: Path
    journal: Path
    rejected: Path
    segments: Path
    locks: tuple[Path, ...]


def name_files(sink: Sink, state: Path) -> RunFiles:
    """Name the files of a run: in the control folder, or beside the state file that the user names."""
    control = sink.control_folder
    prefix = "" if state == sink.state_path else f"{state.name}."
    return RunFiles(
        state=state,
        journal=state.with_name(f"{prefix}orders.jsonl"),
        rejected=state.with_name(f"{prefix}rejected.jsonl"),
        segments=hidden_beside(state, ".ledger") if control is None else control / "ledger",
        locks=tuple(lock for lock, _ in locks_of(sink, state)),
    )


def check_apart(options: LiveOptions, configs: Iterable[Path], files: RunFiles, sink: Sink) -> None:
    """Check that no option names a file that the run uses for something else; nothing is written.

    Parameters
    ----------
    options
        The options of the run.
    configs
        Its config files.
    files
        Its own files.
    sink
        Where the events go to.

    Raises
    ------
    FastgenError
        If two options name one file or folder, or one that the run keeps for itself, or a file would be
        written where others read all files.
    """
    folders = dict[str, Path]()
    if sink.control_folder is not None:
        ((_, events),) = sink.locks
        folders = {"the folder of the events": events, "the control folder": sink.control_folder}
    drop = None if options.orders_from is None else check_input(options.orders_from, "orders_from")
    if drop is not None:
        # The events would be orders, of which each makes more events.
        _check_outside(drop, "orders_from", "a folder", folders)
        folders["orders_from"] = drop
        _check_outside(files.state, "state", "a file", {"orders_from": drop})
    written = {"state": files.state}
    if options.ledger is not None:
        written["ledger"] = check_ledger_path(options.ledger, *folders.values(), files.state)
    if options.receipts is not None:
        written["receipts"] = check_file(options.receipts, "receipts")
        _check_outside(written["receipts"], "receipts", "a file", folders)
    read = [*_inputs(options), *(("config", path) for path in configs)]
    kept = (files.journal, files.rejected, files.segments, *files.locks)
    own = [("the run's own files", path) for path in kept]
    for what, path in written.items():
        _check_other(what, path, [*read, *own, *(one for one in written.items() if one[0] != what)])
    for what, path in read:
        _check_other(what, path, own)


def _inputs(options: LiveOptions) -> Iterator[tuple[str, Path]]:
    """List the files of options that the run reads."""
    for what, name in (("orders", options.orders), ("faults", options.faults)):
        if isinstance(name, str | Path) and str(name) != "-":
            yield what, check_input(name, what)


def _check_outside(path: Path, what: str, kind: str, folders: Mapping[str, Path]) -> None:
    # Links are followed: the same place may have two names.
    there = Path(os.path.realpath(path))
    for name, folder in folders.items():
        if Path(os.path.realpath(folder)) in (there, *there.parents):
            raise ScenarioError(f"{what}: expected {kind} outside of {name}, {folder}, got {path}.")


def _check_other(what: str, path: Path, others: Iterable[tuple[str, Path]]) -> None:
    for other, there in others:
        if _is_same(path, there):
            raise ScenarioError(f"{what}: expected another file than that of {other}, {there}, got {path}.")


def _is_same(one: Path, other: Path) -> bool:
    if os.path.realpath(one) == os.path.realpath(other):
        return True
    try:
        # Hard links, and names that differ by their case alone where that is no difference.
        return one.samefile(other)
    except OSError:
        return False
