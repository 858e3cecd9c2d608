"""Hold what a replay is asked for against the state of an earlier run: no jump or gap in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fastgen.errors import DamageError, OutputError, ScenarioError
from fastgen.replaying.clock import parse_speed
from fastgen.units import S_PER_DAY, US_PER_S

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

    from fastgen.emitting.folder import FolderSink
    from fastgen.replaying.clock import ReplayClock
    from fastgen.replaying.options import ReplayOptions
    from fastgen.replaying.state import ReplayState

# A step back that clocks make when they are set right, and the longest pause of a replay that is no fault.
STEP_BACK_S, PAUSE_S = 60, 366 * S_PER_DAY
# What stands for the folder in the state of a replay to a stream.
STREAM_NAME = "-"


class ClockError(ScenarioError):
    """The wall clock stands where it can't be right, seen from the last run."""


class Request(NamedTuple):
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
        If a replay has written there, or a file has a name of a replay's.
    """
    found = sink.find_data()
    if found and not sink.control.names():
        raise OutputError(
            f"{sink.folder}: expected a folder without files named as a replay's, got {found} and no state. "
            "Replay into another folder, or name the state of the replay that wrote it with --state."
        )
    if sink.control.names():
        raise OutputError(
            f"{state_path}: expected the state of the replay that has written into {sink.folder}, got "
            f"no file. Put it back ({sink.control.path.name} moves with its folder), name it with --state, "
            "or start anew in another folder."
        )


def check_state(state: ReplayState, asked: Request, sink: FolderSink | None, where: Path) -> None:
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
    DamageError
        If the folder was moved, emptied or replaced.
    """
    if state.dataset != asked.dataset:
        raise ScenarioError(
            f"{where}: expected the state of dataset {asked.dataset[:12]}, got one of {state.dataset[:12]}. "
            "Replay that dataset, or this one into another folder."
        )
    _check_folder(state, sink, where)
    _check_fixed(state, asked, where)
    if asked.speed is not None and asked.speed != parse_speed(state.speed) and not asked.options.rebase:
        raise ScenarioError(
            f"speed: expected {state.speed}, as the replay in {where} runs, got {asked.speed}. "
            "With --rebase it goes on from its present position at the new speed."
        )


def _check_fixed(state: ReplayState, asked: Request, where: Path) -> None:
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


def _check_folder(state: ReplayState, sink: FolderSink | None, where: Path) -> None:
    """Refuse the state of another folder's replay, and a folder that was torn from what is staged for it."""
    is_stream = state.folder_id == STREAM_NAME
    names = set() if sink is None else sink.control.names()
    if not is_stream and sink is not None and names <= {state.folder_id}:
        if state.n_files == len(state.pending) and sink.holds(state.pending):
            return  # killed before both folders got their name, all files are still to be published
        missing = sink.control.missing(state.folder_id)
        if missing is None:
            return
        if names:
            raise DamageError(
                f"{where}: expected the state of a replay into {sink.folder}, got no {missing}, which binds "
                f"the two: the folder was moved without {sink.control.path.name}, emptied or replaced. Bring "
                "the two together again, or remove both to begin anew."
            )
    elif is_stream and sink is None:
        return
    target = "a stream" if sink is None else str(sink.folder)
    raise ScenarioError(
        f"{where}: expected the state of a replay into {target}, got that of another one. "
        "Name the folder that it belongs to, or another state file."
    )


def check_not_back(clock: ReplayClock, watermark: int, now_us: int, options: ReplayOptions) -> None:
    """Refuse to take over another speed at a present before the last run: the clock is, or was, wrong.

    Parameters
    ----------
    clock, watermark
        The replay's clock, at its present speed, and the last virtual second emitted.
    now_us
        Wall clock, Unix microseconds.
    options
        What is asked for.

    Raises
    ------
    ClockError
        If it does not accept the clock.
    """
    behind_s = (clock.real_us(watermark) - now_us) // US_PER_S
    if behind_s > STEP_BACK_S and not options.accept_clock:
        raise ClockError(
            f"rebase: expected a present time after the last run, got one {behind_s} s before it: once the "
            "clock is right again, all that time would be due at the new speed. Set the clock, or let "
            "--accept-clock take it for right."
        )


def check_not_ahead(clock: ReplayClock, watermark: int, now_us: int, options: ReplayOptions) -> None:
    """Refuse a present so long after the last run that the clock is, or was, wrong; as `check_not_back`.

    What is less than a loop may be due at any time: it is no more than the history of the first run.
    """
    ahead_s = (now_us - clock.real_us(watermark)) // US_PER_S
    due_s = clock.position_at(now_us) - watermark
    if clock.loop and ahead_s > PAUSE_S and due_s > clock.length_s and not options.accept_clock:
        raise ClockError(
            f"now: expected at most {PAUSE_S // S_PER_DAY} days since the last run, got "
            f"{ahead_s // S_PER_DAY}, which makes {due_s // S_PER_DAY} days of events due at once. Set the "
            "clock, begin anew in another folder, or let --accept-clock take it for right."
        )
