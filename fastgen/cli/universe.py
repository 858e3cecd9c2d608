"""The commands `fastgen universe ...`: write a template folder, check one with its load, run it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from fastgen.cli.late_compiling import announced_late_compiling
from fastgen.cli.options import force, roads
from fastgen.cli.places import Place
from fastgen.cli.printing import say
from fastgen.cli.universe_compare import compare
from fastgen.cli.universe_run import resume, run

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from fastgen.templates.site_load import CheckedSite

# `fastgen.templates.preset_files.PRESETS`, which --help needn't import.
PRESETS = ("canonical", "european")


@click.group()
def universe() -> None:
    """Write, check and run template folders: kitchens with stations, recipes, customers and couriers."""


@universe.command()
@click.argument("folder", type=Place(), metavar="DIR")
@click.option(
    "--preset",
    type=click.Choice(PRESETS),
    default="canonical",
    show_default=True,
    help="The four built-in cities with all menus, or London and Amsterdam with three small menus.",
)
def init(folder: Path, preset: str) -> None:
    """Write the template folder of a preset to DIR, whole or not at all.

    \b
    Examples:
      fastgen universe init kitchens
      fastgen universe init europe --preset european
    """  # noqa: D301  # \b keeps click from joining the lines
    from fastgen.templates.preset_files import write_preset  # noqa: PLC0415

    write_preset(preset, folder)
    say(str(folder))


@universe.command()
@click.argument("folder", type=Place(), metavar="DIR")
@roads
@force
def check(folder: Path, roads: Path | None, *, force: bool) -> None:
    """Check a template folder, and say how busy its stations and couriers will be.

    Load is work over capacity, in a mean hour and in the busiest one. Over 0.9 there is a warning that says
    what to add; over 1 the exit code is 2.

    \b
    Examples:
      fastgen universe check kitchens
      fastgen universe check europe --roads my_roads
    """  # noqa: D301  # \b keeps click from joining the lines
    from fastgen.loading import uncollected  # noqa: PLC0415

    with announced_late_compiling():
        from fastgen.templates.reading import read_universe  # noqa: PLC0415

        templates = read_universe(folder)
        with uncollected():
            from fastgen.templates.site_load import check_load, refuse_overload, warn_of_load  # noqa: PLC0415

        checked = check_load(templates, roads, partial(say, err=True))
    # Before a load is refused, so that a user sees all of them.
    for site in checked:
        say(*_describe(site))
    for line in warn_of_load(checked):
        say(f"fastgen: {line}", err=True)
    if not force:
        refuse_overload(folder, checked)


def _describe(checked: CheckedSite) -> list[str]:
    """Describe a site in lines: its orders, then a table of what they ask of stations and couriers."""
    from fastgen.model.field_kinds import clock_text  # noqa: PLC0415
    from fastgen.model.stations import STATION_WORDS  # noqa: PLC0415
    from fastgen.queueing.load import MEAN, PEAK  # noqa: PLC0415
    from fastgen.units import US_PER_MIN  # noqa: PLC0415

    site, load = checked.site, checked.load
    ride_min = checked.rides.out_us.mean() / US_PER_MIN
    mean, peak = load.orders_per_h
    orders = f"{mean * 24:,.0f} orders a day, {peak:,.1f} in the busiest hour"
    lines = [
        f"{site.info.name}: {orders}, from {clock_text(load.peak_minute)}",
        f"  a ride takes {ride_min:.1f} min, {checked.rides.source}",
        f"  {'':<32}{'number':>7}{'load':>7}{'peak':>7}{'wait at peak':>15}",
    ]

    def row(what: str, n: int, loads: NDArray[np.float64], wait: float) -> str:
        return f"  {what:<32}{n:>7}{loads[MEAN]:>7.2f}{loads[PEAK]:>7.2f}{_minutes(wait):>15}"

    for k, kitchen in enumerate(site.kitchens):
        for kind, n in enumerate(kitchen.count_stations()):
            # A recipe that needs a type of which there is none has been refused.
            if n:
                loads, wait = load.stations[:, k, kind], load.station_wait_min[PEAK, k, kind]
                lines.append(row(f"{kitchen.info.name} {STATION_WORDS[kind]}", n, loads, wait))
    lines.append(row("couriers", site.n_couriers, load.couriers, load.courier_wait_min[PEAK]))
    for word, minutes in (("ready", load.ready_min), ("delivered", load.delivered_min)):
        lines.append(
            f"  {word} after {_minutes(minutes[MEAN])}, in the busiest hour {_minutes(minutes[PEAK])}"
        )
    return lines


def _minutes(minutes: float) -> str:
    return "ever longer" if minutes == float("inf") else f"{minutes:.1f} min"


universe.add_command(run)
universe.add_command(resume)
universe.add_command(compare)
