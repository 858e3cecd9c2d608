"""Replay a dataset: emit the window that is due, once or again and again."""

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

    from fastgen.dataset.opened import OpenDataset
    from fastgen.faults.plan import FaultPlan

# Seconds between two windows: what is usual, and the most, which is more than any leap year.
EVERY_S = 10.0
EVERY_MAX_S = 366.0 * S_PER_DAY
NS_PER_US = 1000


def replay(
    dataset: str | Path | OpenDataset,
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
    faults: str | Path | FaultPlan | None = None,
    ledger: str | Path | None = None,
) -> Emitted:
    """Emit the window of events that is due; over all runs, each event is emitted exactly once.

    The first run emits history: all events from day 0 to `start_day` at the present time of day. Every later
    run emits the events since the last one, at `speed` simulated seconds a second. A killed run leaves
    nothing half-written that a reader could see, and the next run makes up for it.

    Parameters
    ----------
    dataset
        Folder that `fastgen build` made, or a dataset that is open.
    to
        Folder in which the files appear, whole and under names that rise with time. Or a binary stream, which
        is flushed before the state file is replaced: after a kill in between, the window is written again,
        with the same event ids.
    state
        State file. None: in the control folder, see `fastgen.emitting.control`; a stream needs one.
    start_day
        Day of the dataset that falls on the day of the first run. None: that of the state; at a first run 70,
        or the last day of a shorter dataset.
    speed
        Simulated seconds a second, as a number or text. None: that of the state; at a first run 60.
    loop
        Whether the dataset begins anew after its last day, with order ids that end in -Lk. None: as in the
        state; at a first run True.
    locations, types
        Codes or ids; event type names. None: those of the state; at a first run all.
    max_rows_per_file
        Most rows of a file; a stream has no files.
    format
        "jsonl", "jsonl.gz" or "parquet".
    rebase
        Whether to continue at another speed than that of the state, from the present position.
    accept_clock
        Whether to accept a wall clock that seems wrong: before the last run, at another speed, or more than a
        year after it, in a replay that loops.
    now
        Present time, UTC if naive. None: that of the wall clock.
    dry_run
        Whether to find the window that is due and write nothing.
    faults
        Faults file, or the plan of one, the same in every run; None: a clean stream.
    ledger
        File for the ledger of the faults, made whole after the run; None: none is written.

    Returns
    -------
    Emitted
        The window and the files that were emitted.

    Raises
    ------
    FastgenError
        If an option is impossible or contradicts the state, or something can't be read or written. Nothing is
        emitted then, and the window stays due.
    """
    options = ReplayOptions(
        start_day=start_day,
        speed=speed,
        loop=loop,
        locations=locations,
        types=types,
        max_rows_per_file=max_rows_per_file,
        format=format,
        rebase=rebase,
        accept_clock=accept_clock,
        faults=faults,
        ledger=ledger,
    )
    return run_once(dataset, to, state, options, now, dry_run=dry_run)


def run_once(
    dataset: str | Path | OpenDataset,
    to: str | Path | IO[bytes],
    state: str | Path | None,
    options: ReplayOptions,
    now: dt.datetime | None,
    *,
    dry_run: bool,
) -> Emitted:
    """Emit the window that is due; parameters and errors as `replay`."""
    session = ReplaySession(dataset, to, state, options)
    now_us = present_us() if now is None else us_from_utc(now)
    # Before the locks are taken, which makes folders: a run that is refused leaves none.
    session.check(now_us, dry_run=dry_run)
    if dry_run:
        # Without locks: a dry run may look at a replay that is running.
        return session.preview(now_us)
    with session:
        return session.emit(now_us)


def follow(
    dataset: str | Path | OpenDataset,
    to: str | Path | IO[bytes],
    *,
    every_s: float = EVERY_S,
    stop: Event | None = None,
    state: str | Path | None = None,
    options: ReplayOptions | None = None,
    clock: Callable[[], int] | None = None,
) -> Iterator[Emitted]:
    """Emit windows as they become due, until `stop` is set or, without loops, until the last event.

    Parameters
    ----------
    dataset, to, state
        As for `replay`.
    every_s
        Seconds from the start of one window to that of the next; after a window that takes longer, the next
        begins at once.
    stop
        Set it, from a signal handler or another thread, to end after the present window.
    options
        The other parameters of `replay`; None: its defaults.
    clock
        Wall clock, Unix microseconds; None: that of the system.

    Yields
    ------
    Emitted
        Each window, after it was released.

    Raises
    ------
    FastgenError
        As `replay`.
    """
    check_every(every_s)
    stop, clock = stop or Event(), clock or present_us
    with ReplaySession(dataset, to, state, options or ReplayOptions()) as session:
        while not stop.is_set():
            began = time.monotonic()  # not the wall clock, which may be set meanwhile
            emitted = session.emit(clock())
            yield emitted
            if emitted.clock.is_over(emitted.watermark):
                return
            stop.wait(max(0.0, every_s - (time.monotonic() - began)))


def check_every(every_s: float) -> None:
    """Refuse a time between two windows that no replay can have: none at all, or more than a leap year."""
    if not 0 < every_s <= EVERY_MAX_S:
        raise ScenarioError(f"every: expected more than 0 seconds and at most 366 days, got {every_s:g} s.")


def present_us() -> int:
    """Read the wall clock, Unix microseconds."""
    return time.time_ns() // NS_PER_US
