"""The command `fastgen replay`: play a dataset as a stream of files."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from typing import IO, TYPE_CHECKING, Any

import click

from fastgen.cli import datasets
from fastgen.cli import replay_options as options
from fastgen.cli.late_compiling import announced_late_compiling
from fastgen.cli.printing import say
from fastgen.cli.signals import ended_by_signals
from fastgen.cli.streams import STDOUT, target
from fastgen.loading import uncollected

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path

    from fastgen.dataset.opened import OpenDataset
    from fastgen.replaying.options import Emitted, ReplayOptions


@click.command()
@datasets.dataset
@options.to
@options.state
@options.start_day
@options.speed
@options.loop
@options.locations
@options.types
@options.max_rows
@options.replay_format
@options.rebase
@options.accept_clock
@options.now
@options.dry_run
@options.follow
@options.every
@options.faults
@options.ledger
@datasets.of_scenario
def replay(
    *,
    dataset: Path | str,
    to: str,
    state: Path | None,
    now: dt.datetime | None,
    dry_run: bool,
    follow: bool,
    every: float | None,
    **settings: Any,
) -> None:
    """Play DATASET as a stream: write the events that have fallen due into a folder, each exactly once.

    The first run writes the history: all events from day 0 to the start day at the present time of day. Every
    later run writes the events since the one before. Files appear whole, under names that rise with time, and
    never change. If a run is killed, the next one completes it. DATASET is a folder, or scenario:canonical or
    scenario:FILE for a dataset that was never written; if it is built later, replays of the folder continue
    with the same state. --faults breaks the stream on purpose.

    \b
    Examples:
      fastgen replay dataset --to landing
      fastgen replay dataset --to landing --follow --every 5s
      fastgen replay dataset --to landing --dry-run
      fastgen replay dataset --to - --state replay.json | head
      fastgen replay scenario:canonical --to landing
      fastgen replay dataset --to landing --faults faults.toml --ledger ledger.parquet
    """  # noqa: D301  # \b keeps click from joining the lines
    _check_companions(settings, to, every, follow=follow, looks_once=now is not None or dry_run)
    with uncollected():
        from fastgen.replaying.clock import us_from_utc  # noqa: PLC0415  # heavy
        from fastgen.replaying.options import ReplayOptions  # noqa: PLC0415  # heavy
        from fastgen.replaying.run import EVERY_S, check_every, present_us, run_once  # noqa: PLC0415  # heavy
        from fastgen.replaying.session import ReplaySession  # noqa: PLC0415  # heavy
        from fastgen.replaying.state_checks import ClockError  # noqa: PLC0415  # heavy

    # With events on stdout, everything else goes to stderr.
    report = partial(say, file=sys.stderr if to == STDOUT else sys.stdout)
    every_s = EVERY_S if every is None else every
    check_every(every_s)

    of_scenario = {name: settings.pop(name) for name in list(settings) if name.startswith("of_")}
    # What is left are the fields of ReplayOptions, whose default is used for what isn't given.
    settings["faults"] = settings["faults"] or datasets.faults_of_named(dataset)
    if settings["max_rows_per_file"] is None:
        del settings["max_rows_per_file"]
    replay_options = ReplayOptions(**settings)

    now_us = None if now is None else us_from_utc(now)

    def play(replay_options: ReplayOptions) -> None:
        def check(undigested: OpenDataset) -> None:
            # Nothing is written, so the standard output stays as it is.
            session = ReplaySession(
                undigested, sys.stdout.buffer if to == STDOUT else to, state, replay_options
            )
            session.check(present_us() if now_us is None else now_us, has_digest=False, dry_run=dry_run)

        opened = datasets.open_named(dataset, of_scenario, check)
        with announced_late_compiling(), target(to) as sink:
            if follow:
                follow_dataset(opened, sink, every_s, state, replay_options, report)
                return
            emitted = run_once(opened, sink, state, replay_options, now, dry_run=dry_run)
            _warn_of_own_files(emitted)
            _warn_of_rebase(emitted, replay_options)
            report(*describe(emitted, present_us() if now is None else None, dry_run=dry_run))

    try:
        play(replay_options)
    except ClockError as error:
        # Only a person at a terminal can answer; a scheduled run fails.
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise
        say(str(error), err=True)
        if not click.confirm("Take the clock for right?", err=True):
            raise
        play(replace(replay_options, accept_clock=True))


def _check_companions(
    settings: dict[str, Any], to: str, every: float | None, *, follow: bool, looks_once: bool
) -> None:
    """Refuse options that contradict each other, or that change nothing without another one."""
    # --follow needs a clock that runs on, and a dry run looks once.
    if follow and looks_once:
        raise click.UsageError("--follow: expected neither --now nor --dry-run beside it.")
    if every is not None and not follow:
        raise click.UsageError("--every: expected --follow beside it, got none.")
    if settings["rebase"] and settings["speed"] is None:
        raise click.UsageError("--rebase: expected --speed beside it, got none.")
    if settings["max_rows_per_file"] is not None and to == STDOUT:
        raise click.UsageError("--max-rows-per-file: expected a folder as --to beside it, got a stream, -.")


def _warn_of_rebase(emitted: Emitted, replay_options: ReplayOptions) -> None:
    """Say that a first run has no speed to change; a script that always has --rebase goes on."""
    if emitted.first_run and replay_options.rebase:
        say("--rebase: this is the first run: it begins at this speed, and there is none to change", err=True)


def _warn_of_own_files(emitted: Emitted) -> None:
    """Say after the first run if fastgen's own files are in the target folder, where readers meet them."""
    from fastgen.emitting.control import INSIDE  # noqa: PLC0415  # heavy

    # Once, and not in the log of every scheduled run.
    if emitted.first_run and emitted.control is not None and emitted.control.name == INSIDE:
        say(
            f"{emitted.control}: fastgen's own files are in the folder itself, since nothing can be put "
            "beside it: readers have to leave them out",
            err=True,
        )


def follow_dataset(
    dataset: Path | OpenDataset,
    to: str | IO[bytes],
    every_s: float,
    state: Path | None,
    replay_options: ReplayOptions,
    report: Callable[[str], None],
) -> None:
    """Emit window after window until a signal ends it."""
    from fastgen.cli.replay_status import ReplayStatus  # noqa: PLC0415  # only here
    from fastgen.replaying.run import follow, present_us  # noqa: PLC0415  # heavy

    stop = ended_by_signals()
    with ReplayStatus(report) as status:
        for emitted in follow(dataset, to, every_s=every_s, stop=stop, state=state, options=replay_options):
            _warn_of_own_files(emitted)
            _warn_of_rebase(emitted, replay_options)
            status.show(emitted, present_us())


def describe(emitted: Emitted, now_us: int | None, *, dry_run: bool) -> list[str]:
    """Describe what a run emitted, or a dry run would, one figure a line.

    Parameters
    ----------
    emitted
        The result of the run.
    now_us
        Wall clock, Unix microseconds; None if the user stated another time.
    dry_run
        Whether it was a dry run.
    """
    clock, window = emitted.clock, emitted.window
    if window is None:
        reached = clock.shown(emitted.watermark)
        if clock.is_over(emitted.watermark):
            return [f"nothing new: the last event was emitted, simulated time {reached}"]
        # The wall clock was set back: what falls due until then was emitted before.
        behind_s = 0 if now_us is None else (clock.real_us(emitted.watermark) - now_us) // 1_000_000
        if behind_s > 0:
            return [
                f"nothing new: emitted up to simulated time {reached}; the clock has gone back {behind_s} s"
            ]
        return [f"nothing new: emitted up to simulated time {reached}"]
    lines = {
        "window": f"{clock.shown(window.start_s)} to {clock.shown(window.end_s)}, simulated time",
        "dataset": f"{_dataset_time(emitted, window.start_s)} to {_dataset_time(emitted, window.end_s)}",
    }
    if dry_run:
        return _in_columns({"due": "a first run" if emitted.first_run else "a window", **lines})
    lines["events"] = f"{emitted.events:,}"
    if emitted.files:
        first, last = emitted.files[0], emitted.files[-1]
        names = first if first == last else f"{first} to {last}"
        lines["files"] = f"{len(emitted.files)}, {emitted.bytes:,} bytes, {names}"
    return _in_columns(lines)


def _dataset_time(emitted: Emitted, virtual_s: int) -> str:
    """Write a virtual second as day and time of the dataset, and the number of a later loop."""
    clock = emitted.clock
    # Virtual time runs on through all loops; the dataset's days begin again in each.
    loop = clock.loop_of(virtual_s)
    day, second = divmod(virtual_s - clock.epoch_s - loop * clock.length_s, 86_400)
    name = f"day {day} {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
    return f"{name} of loop {loop}" if loop else name


def _in_columns(facts: dict[str, str]) -> list[str]:
    return [f"{key:<8} {value}" for key, value in facts.items()]
