"""Define every option of `fastgen build`; other commands have some of them too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fastgen.cli.places import Place

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable


Command = TypeVar("Command", bound="Callable[..., Any]")


class Workers(click.ParamType):  # type: ignore[type-arg]  # generic only in later versions of click
    """A number of workers, or `auto`, which becomes None."""

    name = "workers"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        """Read the number."""
        if value == "auto":  # the build decides, when it knows how much there is to do
            return None
        # int() alone would also accept blanks, underscores, and digits of other scripts.
        count = int(str(value)) if re.fullmatch("[0-9]{1,9}", str(value)) else 0
        if count < 1:
            self.fail(f"expected auto or a number of at least 1, got {value!r}.", param, ctx)
        return count


class _StatedForms(click.ParamType):  # type: ignore[type-arg]  # as above
    """Refuses blanks, underscores and digits of other scripts, which Python accepts in numbers."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the number."""
        if isinstance(value, str) and re.search(r"[\s_]|[^ -~]", value):
            self.fail(f"expected a number in digits alone, got {value!r}.", param, ctx)
        return super().convert(value, param, ctx)


class Whole(_StatedForms, click.types.IntParamType):
    """A whole number in plain digits."""


class Count(_StatedForms, click.IntRange):
    """A whole number in plain digits, within bounds."""


class Number(_StatedForms, click.types.FloatParamType):
    """A number in plain digits."""


def split_codes(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """Split codes at commas."""
    # Blanks after commas are usual, and no code has any.
    return None if value is None else tuple(code.strip() for code in value.split(","))


def take_date(_ctx: click.Context, _param: click.Parameter, value: dt.datetime | None) -> dt.date | None:
    """Drop the time of day that click adds to a date."""
    return None if value is None else value.date()


def workers_option(meaning: str) -> Callable[[Command], Command]:
    """Make the option --workers of a command, which says what the workers are there."""
    return click.option(
        "--workers", type=Workers(), default="auto", show_default=True, metavar="auto|N", help=meaning
    )


# Defaults that the scenario decides are written into the help by hand: for click, the default is None.
days = click.option("--days", type=Whole(), metavar="N", help="Days to make.  [default: the scenario's, 90]")
seed = click.option(
    "--seed", type=Whole(), metavar="N", help="Seed of all draws.  [default: the scenario's, 42]"
)
scale = click.option(
    "--scale",
    type=Number(),
    metavar="X",
    help="Multiply the orders of every location.  [default: the scenario's, 1.0]",
)
start = click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    callback=take_date,
    help="Date of day 0.  [default: the scenario's, 2024-01-01]",
)
locations = click.option(
    "--locations",
    metavar="CODES",
    callback=split_codes,
    help="Only these, such as sf,chicago.  [default: every location of the scenario]",
)
scenario = click.option(
    "--scenario",
    type=Place(),
    metavar="FILE",
    help="Scenario file (TOML); see `fastgen scenario show`.  [default: the canonical scenario]",
)
dimensions = click.option(
    "--dimensions",
    type=Place(),
    metavar="DIR",
    help="Folder of your six dimension tables.  [default: the built-in ones]",
)
roads = click.option(
    "--roads",
    type=Place(),
    metavar="DIR",
    help="Folder of CODE.roads files; a location without one there takes its built-in network.",
)
force = click.option(
    "--force", is_flag=True, help="Accept a load over 1, whose queues grow all through a rush."
)
kitchen = click.option(
    "--kitchen",
    type=click.Choice(["statistical", "stations"]),
    help="Draw the times of orders, or let them wait for stations and couriers.  "
    "[default: the scenario's, statistical]",
)
layout = click.option(
    "--layout",
    type=click.Choice(["hive", "single"]),
    default="hive",
    show_default=True,
    help="A folder of files by location, or one file.",
)
partition_by = click.option(
    "--partition-by",
    type=click.Choice(["location_id", "location_id,day"]),
    default="location_id",
    show_default=True,
    help="Columns that name the folders of the hive layout.",
)
compression = click.option(
    "--compression",
    type=click.Choice(["zstd", "snappy", "none"]),
    default="zstd",
    show_default=True,
    help="Compression of the Parquet files.",
)
writer = click.option(
    "--writer",
    type=click.Choice(["fastgen", "polars"]),
    default="fastgen",
    show_default=True,
    help="What encodes the event files: fastgen's own encoder, which is faster, or Polars; equal rows.",
)
workers = workers_option(
    "Processes, threads on macOS or with Polars; auto takes every core when the build is large enough."
)
engine = click.option(
    "--engine",
    type=click.Choice(["local", "spark"]),
    default="local",
    show_default=True,
    help="This machine, or tasks of a Spark cluster; the dataset is the same.",
)
master = click.option(
    "--master",
    metavar="URL",
    help="Spark's master, such as local[2] or sc://HOST, with --engine spark.  [default: as Spark is set up]",
)
overwrite = click.option(
    "--overwrite",
    is_flag=True,
    help="Replace another dataset in the folder, or events and tables that no manifest lists.",
)
output = click.option(
    "-o",
    "--output",
    type=Place(),
    default="dataset",
    show_default=True,
    metavar="DIR",
    help="Folder of the dataset.",
)


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def add_options(command: Command, chosen: Iterable[Callable[[Command], Command]]) -> Command:
    """Add options to a command, in the order in which --help is to list them."""
    # click lists the option that was added last first.
    for option in reversed([*chosen]):
        command = option(command)
    return command


def of_dataset(command: Command) -> Command:
    """Add the options that decide a dataset to a command, named as in `building.options.Inputs`."""
    what = (days, seed, scale, start, locations, scenario, dimensions, roads, kitchen)
    return add_options(command, (*what, layout, partition_by, compression, writer))
