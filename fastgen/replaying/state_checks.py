"""Check the request against the state of the last run, so that no jump and no gap goes unnoticed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from fastgen.dataset.index import select_ids, select_types
from fastgen.errors import ScenarioError
from fastgen.replaying.clock import parse_speed
from fastgen.units import S_PER_DAY, US_PER_S

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

    from fastgen.dataset.index import DatasetIndex
    from fastgen.emitting.sink import Sink
    from fastgen.faults.plan import FaultPlan
    from fastgen.replaying.clock import ReplayClock
    from fastgen.replaying.options import ReplayOptions
    from fastgen.replaying.state import ReplayState

# Largest step back of a wall clock that is corrected, and longest pause between two runs; beyond them, the
# wall clock seems to be wrong.
STEP_BACK_S, PAUSE_S = 60, 366 * S_PER_DAY


class ClockError(ScenarioError):
    """The wall clock seems to be wrong, compared to the last run."""


class Request(NamedTuple):
    """What the user requests of a replay.

    Attributes
    ----------
    dataset
        Digest of the dataset; None: not known yet, so that a state may be one of any dataset.
    locations, types
        Ids; None: not requested.
    speed
        Virtual seconds a real second; None: not requested.
    options
        The options, as the user gave them.
    faults
        Digest of the faults; None: a clean stream is requested.
    """

    dataset: str | None
    locations: tuple[int, ...] | None
    types: tuple[int, ...] | None
    speed: Fraction | None
    options: ReplayOptions
    faults: str | None = None

    @classmethod
    def of(cls, index: DatasetIndex, options: ReplayOptions, plan: FaultPlan | None) -> Self:
        """Make the request that options stand for, with the ids that a dataset has for their names.

        Raises
        ------
        ScenarioError
            If the dataset has no such location, or there is no such type.
        """
        return cls(
            dataset=index.digest,
            locations=select_ids(index, options.locations),
            types=select_types(index, options.types),
            speed=None if options.speed is None else parse_speed(options.speed),
            options=options,
            faults=None if plan is None else plan.digest,
        )


def check_state(state: ReplayState, request: Request, sink: Sink, state_path: Path) -> None:
    """Refuse a state that contradicts the request or the sink.

    Parameters
    ----------
    state
        The state.
    request
        What the user requests.
    sink
        Where the events go.
    state_path
        The state file, for the error.

    Raises
    ------
    ScenarioError
        With both values, and the way out.
    DamageError
        If the sink's folder was moved, emptied or replaced.
    """
    if request.dataset is not None and state.dataset != request.dataset:
        raise ScenarioError(
            f"{state_path}: expected the state of dataset {request.dataset[:12]}, got one of "
            f"{state.dataset[:12]}. Replay that dataset, or this one into another folder."
        )
    sink.check(state.sink, state_path)
    _check_fixed(state, request, state_path)
    speed = request.speed
    if speed is not None and speed != parse_speed(state.speed) and not request.options.rebase:
        raise ScenarioError(
            f"speed: expected {state.speed}, as the replay in {state_path} runs, got {speed}. "
            "With --rebase it goes on from its present position at the new speed."
        )


def check_may_be_of(state: ReplayState, index: DatasetIndex, state_path: Path) -> None:
    """Refuse a state that can't be of a dataset, whatever the dataset's digest is.

    Parameters
    ----------
    state, state_path
        The state and its file, for the error.
    index
        The dataset.

    Raises
    ------
    ScenarioError
        If the dataset lacks the start day or a location of the state, or has another day 0.
    """
    # Until the speed is changed, the clock counts from the first run, which is on the start day.
    began_s = state.anchor_virtual_us // US_PER_S // S_PER_DAY * S_PER_DAY
    is_of_start = state.anchor_us == state.sim_start_us
    if (
        state.start_day > index.days
        or not set(state.locations or ()) <= set(index.codes)
        or (is_of_start and began_s != index.epoch_s + state.start_day * S_PER_DAY)
    ):
        raise ScenarioError(
            f"{state_path}: expected the state of a dataset with this one's days and locations, got one of "
            f"{state.dataset[:12]}. Replay that dataset, or this one into another folder."
        )


def _check_fixed(state: ReplayState, request: Request, state_path: Path) -> None:
    """Refuse to change an option that the first run has settled."""
    options = request.options
    requested = (
        ("start_day", options.start_day, options.start_day, state.start_day),
        ("loop", options.loop, options.loop, state.loop),
        ("locations", options.locations, request.locations, state.locations),
        ("types", options.types, request.types, state.types),
    )
    # Unlike the other options, faults that are left out are a request too: for a clean stream.
    if request.faults != state.faults:
        raise ScenarioError(
            f"faults: expected {shown_faults(state.faults)}, as the replay in {state_path} began, got "
            f"{shown_faults(request.faults)}. Name those, or start another replay in another folder."
        )
    for name, option, value, settled in requested:
        if option is not None and value != settled:
            raise ScenarioError(
                f"{name}: expected {_shown(settled)}, as the replay in {state_path} began, got "
                f"{_shown(value)}. Start another replay in another folder."
            )


def shown_faults(digest: str | None) -> str:
    """Name faults by the first digits of their digest."""
    return "no faults" if digest is None else f"the faults file with digest {digest[:12]}"


def _shown(value: tuple[int, ...] | int | None) -> str:
    """Write ids, None for all, or a single value."""
    if value is None:
        return "all"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def check_not_back(clock: ReplayClock, watermark: int, now_us: int, options: ReplayOptions) -> None:
    """Refuse another speed if the wall clock is before the last run: it is wrong, or it was then.

    Parameters
    ----------
    clock, watermark
        The replay's clock, at its present speed, and the last virtual second emitted.
    now_us
        Wall clock, Unix microseconds.
    options
        The request, which may accept the wall clock as it is.

    Raises
    ------
    ClockError
        If it doesn't.
    """
    # Small steps back are what time synchronisation does.
    behind_s = (clock.real_us(watermark) - now_us) // US_PER_S
    if behind_s > STEP_BACK_S and not options.accept_clock:
        raise ClockError(
            f"rebase: expected a present time after the last run, got one {behind_s} s before it: once the "
            "clock is right again, all that time would be due at the new speed. Set the clock, or let "
            "--accept-clock take it for right."
        )


def check_not_ahead(clock: ReplayClock, watermark: int, now_us: int, options: ReplayOptions) -> None:
    """Refuse a wall clock so long after the last run that it seems wrong; parameters as `check_not_back`.

    Less than a loop may always be due at once: the first run emits as much as history.
    """
    ahead_s = (now_us - clock.real_us(watermark)) // US_PER_S
    due_s = clock.position_at(now_us) - watermark
    if clock.loop and ahead_s > PAUSE_S and due_s > clock.length_s and not options.accept_clock:
        raise ClockError(
            f"now: expected at most {PAUSE_S // S_PER_DAY} days since the last run, got "
            f"{ahead_s // S_PER_DAY}, which makes {due_s // S_PER_DAY} days of events due at once. Set the "
            "clock, begin anew in another folder, or let --accept-clock take it for right."
        )
