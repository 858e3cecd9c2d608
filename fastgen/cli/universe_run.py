"""The commands `fastgen universe run` and `resume`: a template folder becomes a dataset."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from fastgen.cli.options import Count, Whole, output, overwrite, roads, take_date, workers
from fastgen.cli.places import Place
from fastgen.cli.printing import say
from fastgen.loading import uncollected

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

snapshot_every = click.option(
    "--snapshot-every",
    type=Count(min=1),
    default=7,
    show_default=True,
    metavar="DAYS",
    help="Days between two snapshots of a site, from which a killed run goes on.",
)
stop_at = click.option(
    "--stop-at",
    metavar="TIME",
    help="Stop at that time, such as '3 18:30' on day 3, or an ISO time; UTC. Orders then stay open.",
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
@click.option("--force", is_flag=True, help="Accept a load over 1, whose queues grow all through a rush.")
@snapshot_every
@stop_at
@workers
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
    workers: int | None,
    overwrite: bool,
    output: Path,
) -> None:
    """Run the template folder DIR into a dataset.

    It is a dataset like any other, for all commands that read one, whose times come from queues at stations
    and from couriers that ride. The folder `universe` in it has what was run. A run that was killed goes on
    with the same command.

    \b
    Examples:
      fastgen universe run kitchens --days 30 -o month
      fastgen universe run europe --seed 7 --roads my_roads
      fastgen universe run kitchens --days 3 --stop-at '2 18:30' -o evening
    """  # noqa: D301  # \b keeps click from joining the lines
    began = time.perf_counter()
    with uncollected():
        from fastgen.cli.build import summarise  # noqa: PLC0415
        from fastgen.cli.universe_progress import TerminalRunProgress  # noqa: PLC0415
        from fastgen.universes.run import RunOptions, run_universe  # noqa: PLC0415
        from fastgen.universes.stop_time import parse_stop  # noqa: PLC0415
    options = RunOptions(
        days=days,
        seed=seed,
        start=start,
        stop_at_us=None if stop_at is None else parse_stop(stop_at, start),
        snapshot_every=snapshot_every,
        roads=roads,
        workers=workers,
    )
    with TerminalRunProgress() as progress:
        result = run_universe(folder, output, options, force=force, overwrite=overwrite, progress=progress)
    say(*summarise(result, time.perf_counter() - began))
