"""Hold what a replay is asked for against the state of an earlier run: no jump or gap in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fastgen.errors import OutputError, ScenarioError
from fastgen.replaying.clock import parse_speed

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

    from fastgen.replaying.options import ReplayOptions
    from fastgen.replaying.sink import FolderSink
    from fastgen.replaying.state import ReplayState

# What stands for the folder in the state of a replay to a stream.
STREAM_NAME = "-"


class Asked(NamedTuple):
    """What is asked for: the dataset's digest, ids and speed found in the options, the options themselves."""

    dataset: str
    locations: tuple[int, ...] | None
    types: tuple[int, ...] | None
    speed: Fraction | None
    options: ReplayOptions


def check_untouched(sink: FolderSink, state_path: Path) -> None:
    """Refuse a folder with data and no state: it is not a first run's.

    Raises
    ------
    OutputError
        If a replay has written there.
    """
    if sink.find_data() or sink.name():
        raise OutputError(
            f"{state_path}: expected the state of the replay that has written into {sink.folder}, got "
            "no file. Put it back, name it with --state, or start anew in another folder."
        )


def check_state(state: ReplayState, asked: Asked, sink: FolderSink | None, where: Path) -> None:
    """Refuse a state that what is asked for contradicts.

    Parameters
    ----------
    state
        The state.
    asked
        What is asked for.
    sink
        Where the events go; None: to a stream.
    where
        The state file.

    Raises
    ------
    ScenarioError
        With both values, and the way out.
    """
    if state.dataset != asked.dataset:
        raise ScenarioError(
            f"{where}: expected the state of dataset {asked.dataset[:12]}, got one of {state.dataset[:12]}. "
            "Replay that dataset, or this one into another folder."
        )
    if not _belongs(state, sink):
        target = "a stream" if sink is None else str(sink.folder)
        raise ScenarioError(
            f"{where}: expected the state of a replay into {target}, got that of another one. "
            "Name the folder that it belongs to, or another state file."
        )
    _check_fixed(state, asked, where)
    if asked.speed is not None and asked.speed != parse_speed(state.speed) and not asked.options.rebase:
        raise ScenarioError(
            f"speed: expected {state.speed}, as the replay in {where} runs, got {asked.speed}. "
            "With --rebase it goes on from its present position at the new speed."
        )


def _check_fixed(state: ReplayState, asked: Asked, where: Path) -> None:
    options = asked.options
    pairs = (
        ("start_day", options.start_day, options.start_day, state.start_day),
        ("loop", options.loop, options.loop, state.loop),
        ("locations", options.locations, asked.locations, state.locations),
        ("types", options.types, asked.types, state.types),
    )
    for name, given, wanted, stated in pairs:
        if given is not None and wanted != stated:
            shown = [
                "all" if v is None else ", ".join(map(str, v)) if isinstance(v, tuple) else str(v)
                for v in (stated, wanted)
            ]
            raise ScenarioError(
                f"{name}: expected {shown[0]}, as the replay in {where} began, got {shown[1]}. "
                "Start another replay in another folder."
            )


def _belongs(state: ReplayState, sink: FolderSink | None) -> bool:
    """Whether a state goes with the folder, or with a stream."""
    if sink is None or state.folder_id == STREAM_NAME:
        return sink is None and state.folder_id == STREAM_NAME
    name = sink.name()
    if name is None:
        # Killed before the folder got its name: then all its files are still to be published.
        return state.n_files == len(state.pending) and sink.holds(state.pending)
    return name == state.folder_id
