"""The commands `fastgen roads ...`: download, import and look at road networks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fastgen.cli.places import Place, take_folder
from fastgen.cli.printing import say, say_json
from fastgen.cli.replay_options import Duration
from fastgen.errors import DataError, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastgen.model.road_graph import RoadGraph

BUILT_IN = "built-in"
_COLUMNS = ("code", "kind", "nodes", "edges", "km", "streets", "file", "source")
_NUMERIC = frozenset({"nodes", "edges", "km", "streets"})

_UNITS = {"B": 1, "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}


class Size(click.ParamType):  # type: ignore[type-arg]  # generic only in later versions of click
    """A size such as 500MB, read as bytes."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the size."""
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
)


def location_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that name a location."""
    for option in reversed(_LOCATION_OPTIONS):  # click lists the last one first
        command = option(command)
    return command


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
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def roads() -> None:
    """Download, import and look at road networks.

    A build uses the built-in network of a location unless --roads DIR has a CODE.roads; it never downloads.
    """


@roads.command()
@location_options
@click.option(
    "--overpass-url",
    metavar="URL",
    help="Overpass server. User, password, and what follows ? # ; or & (such as a key) are used, and stored "
    "nowhere; the path before them, with any key in it, is stored and shown.  "
    "[default: https://overpass-api.de/api]",
)
@click.option(
    "--timeout",
    "timeout_s",
    type=Duration(),
    metavar="TIME",
    default="3m",
    show_default=True,
    help="How long the server may be silent, and work on the query.",
)
@click.option(
    "--max-time",
    "max_time_s",
    type=Duration(),
    metavar="TIME",
    default="15m",
    show_default=True,
    help="How long all of it may take.",
)
@click.option(
    "--max-size",
    "max_bytes",
    type=Size(),
    metavar="SIZE",
    default="500MB",
    show_default=True,
    help="How large the answer may be, decompressed. Reading it takes about its size in memory; "
    "drawing the roads near the square takes more.",
)
@output_option
def fetch(
    *,
    code: str,
    scenario_path: Path | None,
    dimensions_dir: Path | None,
    overpass_url: str | None,
    timeout_s: float,
    max_time_s: float,
    max_bytes: int,
    folder: Path,
) -> None:
    """Download the roads around a location from OpenStreetMap.

    Needs the extra: pip install 'fastgen[osm]'.

    \b
    Example:
      fastgen roads fetch --location sf -o my_roads
      fastgen build --roads my_roads --locations sf
    """  # noqa: D301  # \b keeps click from joining the lines
    lat, lon, radius_mi = _find_square(code, scenario_path, dimensions_dir)
    from fastgen.roads.download import download_roads  # noqa: PLC0415  # heavy

    limits = timeout_s, max_time_s, max_bytes
    graph = download_roads(lat, lon, radius_mi, overpass_url, *limits, _announce)
    _write_network(graph, folder, code)


@roads.command("import")
@click.argument("file", type=Place())
@location_options
@output_option
def import_(
    file: Path, code: str, scenario_path: Path | None, dimensions_dir: Path | None, folder: Path
) -> None:
    """Import the roads around a location from FILE.

    FILE is an OpenStreetMap extract (.osm, .osm.bz2, .osm.gz, .osm.pbf) or a .graphml saved by osmnx. Needs
    the extra: pip install 'fastgen[osm]'.

    \b
    Example:
      fastgen roads import bay-area.osm.pbf --location sf -o my_roads
    """  # noqa: D301  # \b keeps click from joining the lines
    lat, lon, radius_mi = _find_square(code, scenario_path, dimensions_dir)
    from fastgen.roads.files import import_roads  # noqa: PLC0415  # heavy

    _write_network(import_roads(file, lat, lon, radius_mi, _announce), folder, code)


@roads.command("list")
@click.option(
    "--roads",
    "folder",
    type=Place(exists=True, file_okay=False),
    metavar="DIR",
    help="List the networks of this folder too.",
)
@json_option
def list_(folder: Path | None, as_json: bool) -> None:  # noqa: FBT001  # click passes it by name
    """List the built-in road networks, and those in a folder.

    \b
    Example:
      fastgen roads list --roads my_roads
    """  # noqa: D301  # \b keeps click from joining the lines
    from fastgen.roads.offline import builtin_codes, load_builtin  # noqa: PLC0415  # heavy
    from fastgen.roads.roads_file import SUFFIX, load_roads  # noqa: PLC0415  # heavy

    rows = [_describe(code, BUILT_IN, load_builtin(code)) for code in builtin_codes()]
    files = sorted(folder.glob(f"[!.]*{SUFFIX}")) if folder else []
    rows += [_describe(file.stem, str(file), load_roads(file)) for file in files]
    if as_json:
        say_json(rows)
    else:
        say(*_format_table(rows))


@roads.command()
@click.argument("network", metavar="CODE|FILE", type=Place(str))
@json_option
def show(network: str, as_json: bool) -> None:  # noqa: FBT001  # click passes it by name
    """Show a network's figures, source and licence.

    A built-in network goes by its CODE, any other by its FILE.

    \b
    Example:
      fastgen roads show chicago
      fastgen roads show my_roads/sf.roads
    """  # noqa: D301  # \b keeps click from joining the lines
    from fastgen.roads.offline import builtin_codes, load_builtin  # noqa: PLC0415  # heavy
    from fastgen.roads.roads_file import SUFFIX, load_roads  # noqa: PLC0415  # heavy

    if network.endswith(SUFFIX):
        path = Path(network)
        row = _describe(path.stem, network, load_roads(path))
    elif network in builtin_codes():
        row = _describe(network, BUILT_IN, load_builtin(network))
    else:
        known = ", ".join(builtin_codes())
        raise DataError(f"Expected a built-in network ({known}) or a {SUFFIX} file, got {network!r}.")
    if as_json:
        say_json(row)
    else:
        width = max(map(len, row))
        say(*(f"{key:<{width}}  {value}" for key, value in row.items()))


def _find_square(
    code: str, scenario_path: Path | None, dimensions_dir: Path | None
) -> tuple[float, float, float]:
    """Find a location's latitude, longitude and half the side of its delivery square in miles."""
    from fastgen.inputs.loading import load_inputs  # noqa: PLC0415  # heavy

    scenario, _ = load_inputs(scenario_path, dimensions_dir)
    for place in scenario.locations:
        if place.code == code:
            return place.lat, place.lon, scenario.delivery.radius_mi
    known = ", ".join(place.code for place in scenario.locations)
    own = "" if scenario_path or dimensions_dir else " (your own need --scenario FILE or --dimensions DIR)"
    raise ScenarioError(f"--location: expected one of {known}{own}, got {code!r}.")


def _announce(line: str) -> None:
    say(line, err=True)


def _write_network(graph: RoadGraph, folder: Path, code: str) -> None:
    from fastgen.files import write_whole  # noqa: PLC0415  # kept with the other lazy imports
    from fastgen.roads.roads_file import SUFFIX, encode_roads  # noqa: PLC0415  # heavy

    path = folder / f"{code}{SUFFIX}"
    write_whole(path, encode_roads(graph))
    row = _describe(code, str(path), graph)
    counts = "{nodes} nodes, {edges} edges, {km:.1f} km, {streets} streets".format(**row)
    say(f"{path}: {counts}; {row['source']}; {row['licence']}")


def _describe(code: str, file: str, graph: RoadGraph) -> dict[str, Any]:
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


def _format_table(rows: list[dict[str, Any]]) -> list[str]:
    """Lay out the rows under a heading, numbers to the right."""
    shown = [
        {**row, "kind": "synthetic" if row["synthetic"] else "real", "km": f"{row['km']:.0f}"} for row in rows
    ]
    lines = [list(_COLUMNS), *([str(row[column]) for column in _COLUMNS] for row in shown)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [_align(line, widths) for line in lines]


def _align(cells: list[str], widths: list[int]) -> str:
    padded = (
        cell.rjust(width) if name in _NUMERIC else cell.ljust(width)
        for cell, width, name in zip(cells, widths, _COLUMNS, strict=True)
    )
    return "  ".join(padded).rstrip()
