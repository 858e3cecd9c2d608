"""The command `fastgen plan`: forecast a build."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fastgen.cli import options
from fastgen.cli.printing import say, say_json
from fastgen.cli.tables import show_facts, show_size, show_table
from fastgen.loading import uncollected

if TYPE_CHECKING:
    from typing import Unpack

    from fastgen.building.forecast import Forecast
    from fastgen.building.options import Inputs

_COLUMNS = ("location", "files", "orders", "events", "bytes")
_LOAD_COLUMNS = ("location", "workstations", "stoves", "ovens", "couriers")


@click.command()
@options.of_dataset
@options.workers
@options.as_json
def plan(
    *,
    workers: int | None,
    as_json: bool,
    **inputs: Unpack[Inputs],
) -> None:
    """Say what a build with these options would make.

    Files, orders, events and bytes, in total and by location, and about what time and memory it would take;
    nothing is built. The orders are exact; events and bytes are expectations. A scenario that is too large to
    build is refused; growth over many years makes it so, unless max_orders_day bounds the orders.

    \b
    Examples:
      fastgen plan --scale 100
      fastgen plan --days 3650 --scenario ten_years.toml --compression snappy
      fastgen plan --scale 100 --json | jq .bytes
    """  # noqa: D301  # \b keeps click from joining the lines
    with uncollected():
        from fastgen.building.forecast import plan as plan_dataset  # noqa: PLC0415  # heavy
        from fastgen.cli.compiling import announced_compiling  # noqa: PLC0415  # heavy

    # A kernel counts the orders, so the first run on a machine compiles it.
    with announced_compiling():
        found = plan_dataset(
            workers=workers,
            announce=lambda line: say(line, err=True),
            **inputs,
        )
    if as_json:
        say_json(found.to_dict())
        return
    show_facts([*_facts(found).items()])
    say("")
    rows = [
        [r.code, f"{r.files:,}", f"{r.orders:,}", f"{r.events:,}", show_size(r.bytes)]
        for r in found.locations
    ]
    total = ["total", f"{found.files:,}", f"{found.orders:,}", f"{found.events:,}", show_size(found.bytes)]
    show_table(_COLUMNS, [*rows, total], 1)
    if found.loads:
        say("")
        show_table(_LOAD_COLUMNS, _load_rows(found), 1)


def _load_rows(found: Forecast) -> list[list[str]]:
    """Show the load of each location in its busiest hour, one location a row."""
    cells: dict[str, list[str]] = {}
    for one in found.loads:
        cells.setdefault(one.code, []).append(f"{one.load:.2f}")
    return [[code, *row] for code, row in cells.items()]


def _facts(found: Forecast) -> dict[str, str]:
    partition = f" by {found.partition_by}" if found.layout == "hive" else ""
    files = "1 file" if found.files == 1 else f"{found.files:,} files"
    workers = "1 worker" if found.workers == 1 else f"{found.workers} workers"
    writer = "" if found.writer == "fastgen" else f", written by {found.writer}"
    dates = f"{found.first_date} to {found.last_date}"
    return {
        "scenario": f"{found.scenario}, seed {found.seed}, scale {found.scale:g}",
        "days": f"{found.days:,}, {dates}; {found.location_days:,} location-days",
        "layout": f"{found.layout}{partition}, {files}, {found.compression}{writer}",
        **({"kitchen": f"{found.kitchen}; loads of the busiest hour are below"} if found.loads else {}),
        "time": f"about {_duration(found.seconds)} with {workers}",
        "memory": f"about {show_size(found.memory_bytes)}",
    }


def _duration(seconds: float) -> str:
    """Write a duration in seconds, minutes or hours, with two or three digits."""
    # "75 s" is easier to grasp than "1.2 min", and an estimate is worth no more digits.
    if seconds < 90:  # noqa: PLR2004
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"  # noqa: PLR2004
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"  # noqa: PLR2004
