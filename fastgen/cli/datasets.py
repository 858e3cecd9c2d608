"""Read a DATASET argument: a folder, or `scenario:` and the scenario of a dataset that was never written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fastgen.cli import options
from fastgen.cli.places import Place
from fastgen.cli.printing import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fastgen.cli.options import Command
    from fastgen.dataset.opened import OpenDataset
    from fastgen.faults.plan import FaultPlan

PREFIX, CANONICAL = "scenario:", "canonical"


class DatasetPlace(Place):
    """A dataset's folder, converted to a path, or a text that begins with `scenario:`."""

    name = "dataset"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Check the path of the folder or of the scenario file."""
        if not (isinstance(value, str) and value.startswith(PREFIX)):
            return super().convert(value, param, ctx)
        # The text keeps its prefix, which tells it from a folder.
        file = value.removeprefix(PREFIX)
        if not file:
            self.fail(f"expected scenario:canonical or scenario:FILE, got {PREFIX} alone.", param, ctx)
        if file != CANONICAL:
            super().convert(file, param, ctx)
        return value


dataset = click.argument("dataset", metavar="DATASET", type=DatasetPlace())


def of_scenario(command: Command) -> Command:
    """Add the options for `scenario:` to a command, which gets them as `of_days` and so on."""
    # The prefix keeps --start, the date of day 0, apart from a command's own parameter `start`.
    return options.add_options(
        command, (click.option(f"--{name}", f"of_{name}", **option) for name, option in _OPTIONS.items())
    )


_WITH = "With scenario:canonical or :FILE: "
_OPTIONS: dict[str, dict[str, Any]] = {
    "days": {
        "type": options.Whole(),
        "metavar": "N",
        "help": f"{_WITH}days of it.  [default: the scenario's]",
    },
    "seed": {"type": options.Whole(), "metavar": "N", "help": f"{_WITH}seed of all draws."},
    "scale": {
        "type": options.Number(),
        "metavar": "X",
        "help": f"{_WITH}multiply the orders of every location.",
    },
    "start": {
        "type": click.DateTime(["%Y-%m-%d"]),
        "metavar": "DATE",
        "callback": options.take_date,
        "help": f"{_WITH}date of day 0.",
    },
    "dimensions": {
        "type": Place(),
        "metavar": "DIR",
        "help": f"{_WITH}folder of your six dimension tables.",
    },
    "roads": {"type": Place(), "metavar": "DIR", "help": f"{_WITH}folder of CODE.roads files."},
    "kitchen": {
        "type": click.Choice(["statistical", "stations"]),
        "help": f"{_WITH}draw the times of orders, or let them wait for stations and couriers.",
    },
}


def open_named(
    dataset: Path | str,
    given: Mapping[str, Any],
    check: Callable[[OpenDataset], object],
    *,
    has_ids: bool = True,
) -> Path | OpenDataset:
    """Open the dataset that a user has named.

    Parameters
    ----------
    dataset
        A folder, or a text that begins with `scenario:`.
    given
        The options of `of_scenario`.
    check
        Called with the dataset of a scenario before its digest is computed, which may take minutes; raises if
        another option of the command is wrong. A folder is opened at once, so its command checks them itself.
    has_ids
        Whether the output has event ids. They are derived from the dataset's digest; if the cache lacks that
        of a scenario, all events are made once to compute it.

    Raises
    ------
    click.UsageError
        If one of these options is given with a folder.
    ScenarioError, DataError
        If the scenario or its inputs are wrong.
    FastgenError
        What `check` raises.
    """
    wanted = {name.removeprefix("of_"): value for name, value in given.items() if value is not None}
    if isinstance(dataset, Path):
        if wanted:
            # One is enough; the first by the alphabet, so that the same command gives the same error.
            option = f"--{min(wanted)}"
            raise click.UsageError(
                f"{option}: expected scenario:canonical or scenario:FILE with it, got the folder {dataset}."
            )
        return dataset
    from fastgen.generating.digests import digest_days  # noqa: PLC0415  # heavy
    from fastgen.generating.inputs import SimulationOptions, load_simulation  # noqa: PLC0415  # heavy
    from fastgen.generating.progress import progress_of  # noqa: PLC0415  # heavy
    from fastgen.generating.unwritten import open_unwritten  # noqa: PLC0415  # heavy
    from fastgen.roads.cache import default_cache_dir  # noqa: PLC0415  # heavy

    file = dataset.removeprefix(PREFIX)
    wanted["scenario"] = None if file == CANONICAL else Path(file)
    # --locations is the reader's: it selects rows of a dataset that has all locations.
    simulation = load_simulation(
        SimulationOptions(**wanted), lambda line: say(line, err=True), can_select=False
    )
    # Its calendar and locations are known without any event.
    undigested = open_unwritten(simulation, dataset, ())
    check(undigested)
    if not has_ids:
        return undigested
    with progress_of(simulation.events_expected) as advance:
        return open_unwritten(simulation, dataset, digest_days(simulation, default_cache_dir(), advance))


def faults_of_named(dataset: Path | str) -> FaultPlan | None:
    """Load the faults of the scenario file that a user has named; None: there are none.

    Parameters
    ----------
    dataset
        As for `open_named`.

    Raises
    ------
    ScenarioError
        If they are wrong.
    """
    # A folder's scenario is in its manifest, which has no faults, and the canonical scenario has none either.
    if isinstance(dataset, Path) or dataset == PREFIX + CANONICAL:
        return None
    from fastgen.faults.plan import load_scenario_faults  # noqa: PLC0415  # heavy

    return load_scenario_faults(Path(dataset.removeprefix(PREFIX)))
