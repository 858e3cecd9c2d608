"""The command `fastgen publish`: make tables of a dataset."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from fastgen.cli import datasets
from fastgen.cli.printing import say
from fastgen.loading import uncollected

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@datasets.dataset
@click.option(
    "--to",
    required=True,
    metavar="FORM:PATH",
    help="delta:PATH, duckdb:FILE or parquet:PATH; ~ is your home.",
)
@click.option(
    "--overwrite",
    is_flag=True,
    help="Replace tables of another dataset or of another origin, and make all of them again.",
)
@datasets.of_scenario
def publish(*, dataset: Path | str, to: str, overwrite: bool, **of_scenario: Any) -> None:
    """Publish DATASET as tables to query.

    The tables are the six dimension tables, the events with a timestamp and a date, and order_items with one
    row for each line of an order; of a universe's dataset also its result tables, universe_orders and others.
    The views are order_header, item_sales, brand_sales and location_sales.
    Publishing the same dataset again changes nothing. If a run is killed, the next one completes it. DATASET
    is a folder, or scenario:canonical or scenario:FILE for a dataset that was never written.

    \b
    Examples:
      fastgen publish dataset --to duckdb:business.duckdb
      fastgen publish dataset --to delta:lakehouse
      fastgen publish dataset --to parquet:tables --overwrite
      fastgen publish scenario:mine.toml --days 7 --to duckdb:week.duckdb
    """  # noqa: D301  # \b keeps click from joining the lines
    with uncollected():
        from fastgen.publishing.run import check_target  # noqa: PLC0415  # heavy
        from fastgen.publishing.run import publish as publish_dataset  # noqa: PLC0415  # heavy
        from fastgen.publishing.target import parse_target  # noqa: PLC0415  # heavy

    def announce(line: str) -> None:
        if sys.stderr.isatty():  # a log needs only the result
            say(line, err=True)

    target = parse_target(to)
    opened = datasets.open_named(
        dataset, of_scenario, lambda undigested: check_target(target, undigested, overwrite=overwrite)
    )
    done = publish_dataset(opened, to, overwrite=overwrite, announce=announce)
    if not done.made:
        say(f"nothing to do: {done.target} holds the tables of this dataset, {done.digest[:16]}")
        return
    lines = {
        "tables": ", ".join(done.tables),
        "views": ", ".join(done.views),
        "events": f"{done.events:,}",
        "time": f"{done.seconds:.2f} s",
        "digest": done.digest,
        "to": done.target,
    }
    # A run that was killed had finished the others.
    if len(done.made) < len(done.tables):
        lines["kept"] = ", ".join(name for name in done.tables if name not in done.made)
    say(*(f"{name:<6}  {value}" for name, value in lines.items()))
