"""Options and steps that the commands `fastgen roads ...` share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypedDict

import click

from fastgen.cli.options import add_options
from fastgen.cli.places import Place, take_folder
from fastgen.cli.printing import say
from fastgen.errors import ScenarioError

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.cli.options import Command
    from fastgen.model.road_graph import RoadGraph

# As makers of disks count, and as the defaults are written.
_UNITS = {"B": 1, "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}


class LocationInputs(TypedDict):
    """Where a location is looked up; None: not stated."""

    scenario_path: Path | None
    dimensions_dir: Path | None
    universe_dir: Path | None


class Size(click.ParamType):  # type: ignore[type-arg]  # generic only in later versions of click
    """A size such as 500MB, read as bytes; units are powers of 1000."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the size."""
        # At most nine digits: more bytes than any answer, and no number that takes long to convert.
        found = re.fullmatch(r"([0-9]{1,9})(B|kB|MB|GB)", str(value))
        n_bytes = int(found.group(1)) * _UNITS[found.group(2)] if found else 0
        if not n_bytes:
            self.fail(f"expected a size such as 500MB or 2GB, got {value!r}.", param, ctx)
        return n_bytes


_LOCATION_OPTIONS = (
    click.option("--location", "code", required=True, help="Code of the location."),
    click.option(
        "--scenario",
        "scenario_path",
        type=Place(),
        help="Scenario that has the location.  [default: the canonical one]",
    ),
    click.option(
        "--dimensions",
        "dimensions_dir",
        type=Place(),
        metavar="DIR",
        help="Folder of your six dimension tables, which have the location.",
    ),
    click.option(
        "--universe",
        "universe_dir",
        type=Place(),
        metavar="DIR",
        help="Template folder of a universe, in place of a scenario; the location is the name of a site.",
    ),
)


def location_options(command: Command) -> Command:
    """Add the options that name a location to a command."""
    return add_options(command, _LOCATION_OPTIONS)


output_option = click.option(
    "-o",
    "--output",
    "folder",
    type=Place(),
    callback=take_folder,
    required=True,
    metavar="DIR",
    help="Folder for CODE.roads; `fastgen build --roads DIR` takes it from there.",
)


def find_square(
    code: str,
    scenario_path: Path | None = None,
    dimensions_dir: Path | None = None,
    universe_dir: Path | None = None,
) -> tuple[float, float, float]:
    """Find a location's latitude, longitude and half the side of its delivery square in miles."""
    if universe_dir is not None:
        if scenario_path or dimensions_dir:
            raise click.UsageError("--universe: expected no --scenario or --dimensions beside it.")
        squares = _read_sites(universe_dir)
    else:
        from fastgen.inputs.loading import load_inputs  # noqa: PLC0415  # heavy

        scenario, _ = load_inputs(scenario_path, dimensions_dir)
        squares = {
            place.code: (place.lat, place.lon, scenario.delivery_of(place).radius_mi)
            for place in scenario.locations
        }
    if code in squares:
        return squares[code]
    # A likely cause: the location is of an input that the command doesn't name.
    own = " (your own need --scenario FILE, --dimensions DIR or --universe DIR)"
    is_stated = scenario_path or dimensions_dir or universe_dir
    raise ScenarioError(
        f"--location: expected one of {', '.join(squares)}{'' if is_stated else own}, got {code!r}."
    )


def _read_sites(universe_dir: Path) -> dict[str, tuple[float, float, float]]:
    """Read the squares of a universe's sites, by their names."""
    from fastgen.paths import check_input  # noqa: PLC0415  # --help does without
    from fastgen.templates.reading import read_universe  # noqa: PLC0415

    sites = read_universe(check_input(universe_dir, "universe")).sites.values()
    return {site.info.name: (site.info.latitude, site.info.longitude, site.radius_mi) for site in sites}


def check_network_file(folder: Path, code: str) -> None:
    """Check that CODE.roads can be written in a folder, before work that takes minutes."""
    from fastgen.files import check_file  # noqa: PLC0415  # --help does without
    from fastgen.roads.roads_file import SUFFIX  # noqa: PLC0415  # heavy

    check_file(folder / f"{code}{SUFFIX}", "output")


def announce(line: str) -> None:
    """Say a line beside the result."""
    say(line, err=True)


def write_network(graph: RoadGraph, folder: Path, code: str) -> None:
    """Write CODE.roads as a whole, and say what is in it."""
    from fastgen.files import write_whole  # noqa: PLC0415  # --help does without
    from fastgen.roads.roads_file import SUFFIX, encode_roads  # noqa: PLC0415  # heavy

    path = folder / f"{code}{SUFFIX}"
    write_whole(path, encode_roads(graph))
    row = describe(code, str(path), graph)
    counts = "{nodes} nodes, {edges} edges, {km:.1f} km, {streets} streets".format(**row)
    say(f"{path}: {counts}; {row['source']}; {row['licence']}")


def describe(code: str, file: str, graph: RoadGraph) -> dict[str, Any]:
    """Put a network's summary into the words of `list` and `show`."""
    from fastgen.roads.summary import summarise_roads  # noqa: PLC0415  # heavy

    summary = summarise_roads(graph)
    return {
        "code": code,
        "file": file,
        "synthetic": summary.synthetic,
        "nodes": summary.n_nodes,
        "edges": summary.n_edges,
        "km": summary.street_km,
        "streets": summary.n_streets,
        "source": summary.source,
        "licence": summary.licence,
        "hash": summary.hash,
    }
