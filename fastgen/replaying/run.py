"""Replay a dataset: once, or for as long as it is let run."""

from __future__ import annotations

import time
from threading import Event
from typing import IO, TYPE_CHECKING

from fastgen.errors import ScenarioError
from fastgen.replaying.clock import us_from_utc
from fastgen.replaying.options import MAX_ROWS_PER_FILE, Emitted, ReplayOptions
from fastgen.replaying.session import ReplaySession
from fastgen.units import S_PER_DAY

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

EVERY_S = 10.0
EVERY_MAX_S = 366.0 * S_PER_DAY
NS_PER_US = 1000


def replay(
    dataset: str | Path,
    to: str | Path | IO[bytes],
    *,
    state: str | Path | None = None,
    start_day: int | None = None,
    speed: str | float | None = None,
    loop: bool | None = None,
    locations: Sequence[str] | None = None,
    types: Sequence[str] | None = None,
    max_rows_per_file: int = MAX_ROWS_PER_FILE,
    format: str = "jsonl",  # noqa: A002  # the option's name
    rebase: bool = False,
    accept_clock: bool = False,
    now: dt.datetime | None = None,
    dry_run: bool = False,
) -> Emitted:
    """Emit the window of events that has become due, each event exactly once over all runs.

    The first run emits history: everything from day 0 to `start_day` at the present time of day. Every later
    run emits what has come since, at `speed` simulated seconds a second. A run that is killed leaves nothing
    half done that a reader could see, and the next one makes up for it.

    Parameters
    ----------
    dataset
        Folder that `fastgen build` made.
    to
        Folder that the files appear in, whole and under names that rise with time; or a binary stream, which
        gets the rows and is flushed before the state moves on (killed in between, the window comes again,
        with the same event ids).
    state
        State file. None: beside the folder, see `fastgen.emitting.control`; a stream needs one.
    start_day
        Day that falls on today at the first run. None: the state's, at a first run 70, or the last day of a
        shorter dataset.
    speed
        Simulated seconds a second, as a number or text. None: the state's, at a first run 60.
    loop
        Whether the dataset begins anew after its last day, with order ids that end in -Lk. None: the state's,
        at a first run True.
    locations, types
        Codes or ids; event type names. None: the state's, at a first run all.
    max_rows_per_file
        Most rows of a file.
    format
        "jsonl", "jsonl.gz" or "parquet".
    rebase
        Whether to go on at another speed than the state's, from the present position.
    accept_clock
        Whether to take the present for right where it seems wrong: before the last run, at another speed, or
        more than a year after it, in a replay that loops.
    now
        Time to take for the present, UTC if naive. None: the clock.
    dry_run
        Whether to find out which window is due and write nothing at all.

    Returns
    -------
    Emitted
        The window and what is in it.

    Raises
    ------
    FastgenError
        For anything that is not as it should be; nothing is emitted then, and nothing lost.
    """
    options = ReplayOptions(
        start_day, speed, loop, locations, types, max_rows_per_file, format, rebase, accept_clock
    )
    return run_once(dataset, to, state, options, now, dry_run=dry_run)


def run_once(
    dataset: str | Path,
    to: str | Path | IO[bytes],
    state: str | Path | None,
    options: ReplayOptions,
    now: dt.datetime | None,
    *,
    dry_run: bool,
) -> Emitted:
    """Emit the window that has become due: `replay`, its options put together."""
    session = ReplaySession(dataset, to, state, options)
    now_us = present_us() if now is None else us_from_utc(now)
    if dry_run:
        session.look()
        return session.preview(now_us)
    with session:
        return session.emit(now_us)


def follow(
    dataset: str | Path,
    to: str | Path | IO[bytes],
    *,
    every_s: float = EVERY_S,
    stop: Event | None = None,
    state: str | Path | None = None,
    options: ReplayOptions | None = None,
    clock: Callable[[], int] | None = None,
) -> Iterator[Emitted]:
    """Emit each window when it is due, until told to stop or, without loops, until the last event.

    Parameters
    ----------
    dataset, to, state
        As for `replay`.
    every_s
        Seconds from one window to the next; windows that take longer follow each other at once.
    stop
        Set it, from a signal handler or another thread, to end after the window in hand.
    options
        The other parameters of `replay`.
    clock
        Wall clock, Unix microseconds; None: the system's.

    Yields
    ------
    Emitted
        Each window, once it is committed.

    Raises
    ------
    FastgenError
        As `replay`.
    """
    if not 0 < every_s <= EVERY_MAX_S:
        raise ScenarioError(f"every: expected more than 0 seconds and at most 366 days, got {every_s:g} s.")
    stop, clock = stop or Event(), clock or present_us
    with ReplaySession(dataset, to, state, options or ReplayOptions()) as session:
        while not stop.is_set():
            began = time.monotonic()
            emitted = session.emit(clock())
            yield emitted
            if emitted.clock.is_over(emitted.watermark):
                return
            stop.wait(max(0.0, every_s - (time.monotonic() - began)))


def present_us() -> int:
    """Wall clock, Unix microseconds."""
    return time.time_ns() // NS_PER_US
