"""The commands `fastgen universe run` and `resume`: a template folder becomes a dataset, and a stream."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from fastgen.cli.options import (
    Count,
    Whole,
    add_options,
    force,
    output,
    overwrite,
    roads,
    take_date,
    workers_option,
)
from fastgen.cli.places import Place
from fastgen.cli.printing import say
from fastgen.cli.replay_options import Duration
from fastgen.errors import ScenarioError
from fastgen.loading import uncollected

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path

    from fastgen.building.job import BuildResult
    from fastgen.cli.options import Command
    from fastgen.cli.universe_progress import TerminalRunProgress

_snapshot_every = click.option(
    "--snapshot-every",
    type=Count(min=1),
    default=7,
    show_default=True,
    metavar="DAYS",
    help="Days between two snapshots of a site, from which a killed run goes on.",
)
_stop_at = click.option(
    "--stop-at",
    metavar="TIME",
    help="Stop all sites at that time of UTC, such as '3 18:30' on day 3, or an ISO time. Orders then stay "
    "open, and a last day that has not begun at a site by then has none.",
)
_workers = workers_option(
    "Sites that run at the same time, in threads; then also processes that make the events, as of `fastgen "
    "build`. auto takes every core."
)
_mode = click.option(
    "--mode",
    type=click.Choice(["backfill", "realtime", "catchup"]),
    default="backfill",
    show_default=True,
    help="The dataset alone; then also its stream from day 0 on; or all but its last day at once, then that.",
)
_to = click.option(
    "--to", type=Place(), metavar="DIR", help="Folder of the stream, with --mode realtime or catchup."
)
_speed = click.option("--speed", metavar="X", help="Simulated seconds a second in the stream.  [default: 1]")
_every = click.option(
    "--every",
    type=Duration(),
    metavar="TIME",
    help="From one window of the stream to the next.  [default: 10s]",
)


class Stream(TypedDict):
    """Options of the stream."""

    mode: str
    to: Path | None
    speed: str | None
    every: float | None


def _with_stream(command: Command) -> Command:
    return add_options(command, (_mode, _to, _speed, _every))


_cloudevents = click.option(
    "--cloudevents",
    type=Place(),
    metavar="FILE|FOLDER",
    help="Also write what happened to orders, lines, steps and people as CloudEvents 1.0, JSON lines: to a "
    "file whose name ends in .jsonl, or to a folder, a file a day.",
)


@click.command()
@click.argument("folder", type=Place(), metavar="DIR")
@click.option("--days", type=Whole(), default=7, show_default=True, metavar="N", help="Days to make.")
@click.option("--seed", type=Whole(), default=42, show_default=True, metavar="N", help="Seed of all draws.")
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d"]),
    default="2024-01-01",
    show_default=True,
    metavar="DATE",
    callback=take_date,
    help="Date of day 0.",
)
@roads
@force
@_snapshot_every
@_stop_at
@_cloudevents
@_workers
@_with_stream
@overwrite
@output
def run(
    *,
    folder: Path,
    days: int,
    seed: int,
    start: dt.date,
    roads: Path | None,
    force: bool,
    snapshot_every: int,
    stop_at: str | None,
    cloudevents: Path | None,
    workers: int | None,
    overwrite: bool,
    output: Path,
    **stream: Unpack[Stream],
) -> None:
    """Run the template folder DIR into a dataset.

    It is a dataset like any other, for all commands that read one, whose times come from queues at stations
    and from couriers that ride. The folder `universe` in it has what was run. A run that was killed goes on
    with the same command. With --mode realtime or catchup the events then also appear in the folder --to when
    they are due, each exactly once, until the last one.

    \b
    Examples:
      fastgen universe run kitchens --days 30 -o month
      fastgen universe run europe --seed 7 --roads my_roads
      fastgen universe run kitchens --days 3 --stop-at '2 18:30' -o evening
      fastgen universe run kitchens --mode catchup --to landing --speed 60
    """  # noqa: D301  # \b keeps click from joining the lines
    _check_stream(stream, folder, output, cloudevents)
    if stream["to"] is not None:
        _check_mode(stream, stream["to"], days)
    with uncollected():
        from fastgen.universes.run import run_universe  # noqa: PLC0415
        from fastgen.universes.run_options import RunOptions  # noqa: PLC0415
        from fastgen.universes.stop_time import parse_stop  # noqa: PLC0415
    options = RunOptions(
        days=days,
        seed=seed,
        start=start,
        stop_at_us=parse_stop(stop_at, start),
        snapshot_every=snapshot_every,
        roads=roads,
        workers=workers,
        cloud_events=cloudevents,
    )

    def make(progress: TerminalRunProgress) -> BuildResult:
        return run_universe(folder, output, options, force=force, overwrite=overwrite, progress=progress)

    result = _make(make, stop_at)
    if stream["to"] is not None:
        _play(result, stream["to"], stream)


@click.command()
@click.argument("dataset", type=Place())
@click.option("--days", type=Whole(), required=True, metavar="N", help="Days that it then has.")
@roads
@_snapshot_every
@_stop_at
@_cloudevents
@_workers
def resume(
    *,
    dataset: Path,
    days: int,
    roads: Path | None,
    snapshot_every: int,
    stop_at: str | None,
    cloudevents: Path | None,
    workers: int | None,
) -> None:
    """Go on with the run of DATASET from its last snapshots: to more days, or beyond where it stopped.

    The dataset becomes the one that a single run would have made. DATASET is a folder that `fastgen universe
    run` made; templates, seed and start are those of that run. Its event ids are others than before, so a
    stream of it begins anew.

    \b
    Examples:
      fastgen universe resume month --days 60
      fastgen universe resume evening --days 3
    """  # noqa: D301  # \b keeps click from joining the lines
    with uncollected():
        from fastgen.universes.run import read_run, resume_universe  # noqa: PLC0415
        from fastgen.universes.stop_time import parse_stop  # noqa: PLC0415
    start = read_run(dataset).start_date
    stop_at_us = parse_stop(stop_at, start)

    def make(progress: TerminalRunProgress) -> BuildResult:
        return resume_universe(
            dataset,
            days,
            stop_at_us=stop_at_us,
            snapshot_every=snapshot_every,
            roads=roads,
            workers=workers,
            cloud_events=cloudevents,
            progress=progress,
        )

    _make(make, stop_at)


def _check_stream(stream: Stream, templates: Path, output: Path, cloudevents: Path | None) -> None:
    """Refuse options of a stream without one, and what no stream can have, before anything is run."""
    if stream["mode"] == "backfill":
        for name in ("to", "speed", "every"):
            if stream[name] is not None:
                raise click.UsageError(f"--{name}: expected --mode realtime or catchup beside it.")
        return
    if stream["to"] is None:
        raise click.UsageError(f"--mode {stream['mode']}: expected --to DIR beside it, got none.")
    from fastgen.files import check_folder  # noqa: PLC0415
    from fastgen.paths import check_apart  # noqa: PLC0415
    from fastgen.replaying.clock import check_speed, parse_speed  # noqa: PLC0415
    from fastgen.replaying.run import check_every  # noqa: PLC0415  # heavy

    if stream["speed"] is not None:
        check_speed(parse_speed(stream["speed"]))
    if stream["every"] is not None:
        check_every(stream["every"])
    # The replay would find it too, but only after the run.
    to = check_folder(stream["to"])
    check_apart(to, "to", output, "dataset")
    check_apart(to, "to", templates, "template folder")
    if cloudevents is not None:
        # Each refuses the other's files, but only once some are there.
        check_apart(to, "to", cloudevents, "folder of CloudEvents")
        check_apart(cloudevents, "cloudevents", to, "stream")


def _check_mode(stream: Stream, to: Path, days: int) -> None:
    """Refuse another mode than that by which the stream in a folder began, which the replay finds last."""
    from fastgen.emitting.emission import make_sink  # noqa: PLC0415
    from fastgen.replaying.options import ReplayOptions  # noqa: PLC0415
    from fastgen.replaying.state import read_replay_state  # noqa: PLC0415

    options = ReplayOptions()
    path = make_sink(to, options.format, options.max_rows_per_file).state_path
    state = None if path is None else read_replay_state(path)
    if state is None or days == 1:
        return
    began = "realtime" if state.start_day == 0 else "catchup"
    if began != stream["mode"]:
        raise ScenarioError(f"mode: expected {began}, as the stream in {to} began, got {stream['mode']}.")


def _make(make: Callable[[TerminalRunProgress], BuildResult], stop_at: str | None) -> BuildResult:
    """Make the dataset, and say what it is."""
    began = time.perf_counter()
    with uncollected():
        from fastgen.cli.build import summarise  # noqa: PLC0415
        from fastgen.cli.universe_progress import TerminalRunProgress  # noqa: PLC0415
    with TerminalRunProgress() as progress:
        result = make(progress)
    say(*summarise(result, time.perf_counter() - began))
    if stop_at is not None:
        say(f"stop    {stop_at} (UTC): orders that had not ended by then are open")
    return result


def _play(result: BuildResult, to: Path, stream: Stream) -> None:
    """Emit the events of a dataset as they become due, until the last one."""
    from fastgen.cli.replay import follow_dataset  # noqa: PLC0415
    from fastgen.replaying.options import ReplayOptions  # noqa: PLC0415
    from fastgen.replaying.run import EVERY_S  # noqa: PLC0415

    # The day of the dataset that falls on today: what is before it is history.
    start_day = 0 if stream["mode"] == "realtime" else result.manifest.scenario["days"] - 1
    options = ReplayOptions(start_day=start_day, speed=stream["speed"] or 1, loop=False)
    every_s = EVERY_S if stream["every"] is None else stream["every"]
    follow_dataset(result.path, str(to), every_s, None, options, say)
