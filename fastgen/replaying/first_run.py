"""Make the clock and the state that a replay begins with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fastgen.errors import ScenarioError
from fastgen.replaying.clock import YEAR_10000_US
from fastgen.replaying.clock_terms import settle_clock_terms
from fastgen.replaying.state import ReplayState
from fastgen.wire.slicer import Slicer

if TYPE_CHECKING:
    from fastgen.dataset.index import DatasetIndex
    from fastgen.emitting.sink import SinkState
    from fastgen.replaying.clock import ReplayClock
    from fastgen.replaying.state_checks import Request


def start_clock(index: DatasetIndex, request: Request, now_us: int) -> ReplayClock:
    """Start the clock of a replay, with defaults for what isn't requested; no event is read.

    Parameters
    ----------
    index
        The dataset.
    request
        What is requested.
    now_us
        Wall clock, Unix microseconds.

    Raises
    ------
    ScenarioError
        If start day or speed is impossible.
    """
    options = request.options
    terms = settle_clock_terms(index, start_day=options.start_day, speed=request.speed, loop=options.loop)
    return terms.start(index, now_us)


def check_first_now(clock: ReplayClock, now_us: int) -> None:
    """Refuse a first run at a time at which the wire has no form for that of the first event.

    Parameters
    ----------
    clock
        The clock that the run would start.
    now_us
        Wall clock, Unix microseconds.

    Raises
    ------
    ScenarioError
        If the first event would be before 1970, or the run after 9999.
    """
    if not clock.earliest_start_us <= now_us < YEAR_10000_US:
        raise ScenarioError(
            f"now: expected a time of the years 1970 to 9999, at least {clock.start_day} days after 1970 "
            "began, for the first event falls so long before it. Set the clock, or replay once with --now."
        )


def first_state(index: DatasetIndex, request: Request, sink_state: SinkState, now_us: int) -> ReplayState:
    """Make the state before the first window.

    Parameters
    ----------
    index, request, now_us
        As for `start_clock`.
    sink_state
        State of the sink before its first window.

    Raises
    ------
    ScenarioError
        As `start_clock` and `check_first_now`.
    """
    clock = start_clock(index, request, now_us)
    check_first_now(clock, now_us)
    # Only a clock without loops ends; to find the last event, files have to be read.
    if not clock.loop:
        last_event_s = Slicer(index, locations=request.locations).last_event_s()
        clock = replace(clock, last_event_s=last_event_s)
    return ReplayState(
        dataset=index.digest,
        folder_id=sink_state.folder_id,
        start_day=clock.start_day,
        sim_start_us=now_us,
        speed=str(clock.speed),
        loop=clock.loop,
        last_event_s=clock.last_event_s,
        anchor_us=clock.anchor_us,
        anchor_virtual_us=clock.anchor_virtual_us,
        locations=request.locations,
        types=request.types,
        watermark=clock.first_s - 1,  # nothing is emitted yet
        n_files=sink_state.n_files,
        pending=sink_state.pending,
        faults=request.faults,
    )
