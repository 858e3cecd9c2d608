"""Check that a state file, a folder and its control folder belong together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from fastgen.emitting.sink import STREAM_ID
from fastgen.errors import DamageError, OutputError, ScenarioError

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.emitting.control import Control
    from fastgen.emitting.sink import SinkState

# Names that `FolderSink` gives its files.
_DATA = re.compile(r"events-\d{10}\.")


def check_unused(control: Control, state_path: Path) -> None:
    """Refuse a folder that a run has written into, if its state is missing.

    Raises
    ------
    OutputError
        If the folder carries a name, or has a file with the name of an event file.
    """
    found = next((path.name for path in control.folder.glob("events-*") if _DATA.match(path.name)), None)
    names = control.names()
    if found and not names:
        raise OutputError(
            f"{control.folder}: expected a folder without event files, got {found} and no state. Choose "
            "another folder, or name the state of the run that wrote it with --state."
        )
    if names:
        raise OutputError(
            f"{state_path}: expected the state of the run that has written into {control.folder}, got "
            f"no file. Put it back ({control.path.name} moves with its folder), name it with --state, "
            "or start anew in another folder."
        )


def check_bound(control: Control, state: SinkState, state_path: Path) -> None:
    """Refuse the state of another folder, and a folder that was separated from its control folder.

    Raises
    ------
    ScenarioError
        If the state is that of another folder, or of a stream.
    DamageError
        If the folder was moved, emptied or replaced.
    """
    names = control.names()
    if state.folder_id == STREAM_ID or not names <= {state.folder_id}:
        refuse_other_sink(str(control.folder), state_path)
    if state.n_files == len(state.pending) and control.are_staged(state.pending):
        return  # killed in the first commit: no file is released, and the folders may have no name yet
    missing = control.missing(state.folder_id)
    if missing is None:
        return
    if not names:  # nothing was ever written here, so the state comes from elsewhere
        refuse_other_sink(str(control.folder), state_path)
    raise DamageError(
        f"{state_path}: expected the state of a run into {control.folder}, got no {missing}, which binds "
        f"the two: the folder was moved without {control.path.name}, emptied or replaced. Bring "
        "the two together again, or remove both to begin anew."
    )


def refuse_other_sink(target: str, state_path: Path) -> NoReturn:
    """Say that a state belongs to another folder or stream.

    Raises
    ------
    ScenarioError
        Always.
    """
    raise ScenarioError(
        f"{state_path}: expected the state of a run into {target}, got that of another one. "
        "Name the folder that it belongs to, or another state file."
    )
