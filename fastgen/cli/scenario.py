"""The commands `fastgen scenario ...`: print a scenario in full, and check files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fastgen.cli.places import Place
from fastgen.cli.printing import check_each

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.model.scenario import Scenario

dimensions_option = click.option(
    "--dimensions",
    "dimensions_dir",
    type=Place(),
    metavar="DIR",
    help="Folder of six dimension tables that go with the scenario.  [default: the built-in ones]",
)


@click.group()
def scenario() -> None:
    """Print and check scenarios: the files that state every number of the model.

    A scenario file (TOML) states what differs from the canonical scenario.
    """


@scenario.command()
@click.argument("file", required=False, type=Place())
@dimensions_option
def show(file: Path | None, dimensions_dir: Path | None) -> None:
    """Print a scenario, complete and commented.

    Without FILE, the canonical one. The output is itself a scenario file.

    \b
    Examples:
      fastgen scenario show
      fastgen scenario show mine.toml
      fastgen scenario show > mine.toml
    """  # noqa: D301  # \b keeps click from joining the lines
    from fastgen.faults.plan import load_scenario_faults  # noqa: PLC0415
    from fastgen.inputs.loading import load_inputs  # noqa: PLC0415

    loaded, _ = load_inputs(file, dimensions_dir)
    if file is not None:
        load_scenario_faults(file)
    print_scenario(loaded)


def print_scenario(scenario: Scenario, faults: str = "") -> None:
    """Print a scenario as a scenario file, and the tables of its faults behind it."""
    from fastgen.inputs.render import render_scenario  # noqa: PLC0415

    # As bytes: a scenario file is UTF-8 whatever the terminal is.
    click.echo((render_scenario(scenario) + faults).encode(), nl=False)


@scenario.command()
@click.argument("files", nargs=-1, required=True, type=Place())
@dimensions_option
def check(files: tuple[Path, ...], dimensions_dir: Path | None) -> None:
    """Check scenario files, and say how many orders they expect.

    Each file prints one line. The exit code is 2 if any is wrong.

    \b
    Examples:
      fastgen scenario check mine.toml
      fastgen scenario check scenarios/*.toml
    """  # noqa: D301  # \b keeps click from joining the lines
    check_each(files, lambda file: _describe(file, dimensions_dir))


def _describe(file: Path, dimensions_dir: Path | None) -> str:
    from fastgen.errors import ScenarioError  # noqa: PLC0415
    from fastgen.faults.plan import load_scenario_faults  # noqa: PLC0415
    from fastgen.inputs.loading import load_inputs  # noqa: PLC0415
    from fastgen.orders.expected import check_expected_orders, expected_orders  # noqa: PLC0415

    loaded, _ = load_inputs(file, dimensions_dir)
    # They don't change the dataset, so `load_inputs` doesn't check them.
    load_scenario_faults(file)
    expected = expected_orders(loaded)
    try:
        check_expected_orders(loaded, expected)
    except ScenarioError as error:  # it names the keys, and not the file
        raise ScenarioError(f"{file}: {error}") from None
    n_locations, n_orders = len(loaded.locations), round(float(expected.sum()))
    locations = "1 location" if n_locations == 1 else f"{n_locations} locations"
    days = "1 day" if loaded.days == 1 else f"{loaded.days} days"
    return f"{locations}, {days}, about {n_orders:,} orders expected"
