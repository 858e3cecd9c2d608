"""The commands `fastgen roads ...`: download, import, invent and look at road networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Unpack

import click

from fastgen.cli import options
from fastgen.cli.options import Count
from fastgen.cli.places import Place
from fastgen.cli.printing import say, say_json
from fastgen.cli.replay_options import Duration
from fastgen.cli.road_options import (
    LocationInputs,
    Size,
    announce,
    check_network_file,
    describe,
    find_square,
    location_options,
    output_option,
    write_network,
)
from fastgen.cli.tables import show_facts
from fastgen.errors import DataError

# What a network that ships with fastgen has as its file.
BUILT_IN = "built-in"
# Of the printed table, by their keys; licence and hash are too long for it, and in --json.
_COLUMNS = ("code", "kind", "nodes", "edges", "km", "streets", "file", "source")
_NUMERIC = frozenset({"nodes", "edges", "km", "streets"})

# As in the generator, which would load NumPy for every --help; a test compares them.
STYLES = ("grid", "suburb", "old-town", "mixed")
WATERS = (
    *("none", "north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"),
    "river",
)


@click.group()
def roads() -> None:
    """Download, import, invent and look at road networks.

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
    # The defaults of these three are those of roads/download.py, in a user's units.
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
    overpass_url: str | None,
    timeout_s: float,
    max_time_s: float,
    max_bytes: int,
    folder: Path,
    **inputs: Unpack[LocationInputs],
) -> None:
    """Download the roads around a location from OpenStreetMap.

    Needs the extra: pip install 'fastgen[osm]'.

    \b
    Example:
      fastgen roads fetch --location sf -o my_roads
      fastgen build --roads my_roads --locations sf
    """  # noqa: D301  # \b keeps click from joining the lines
    lat, lon, radius_mi = find_square(code, **inputs)
    check_network_file(folder, code)
    from fastgen.roads.download import download_roads  # noqa: PLC0415  # heavy

    limits = timeout_s, max_time_s, max_bytes
    graph = download_roads(lat, lon, radius_mi, overpass_url, *limits, announce)
    write_network(graph, folder, code)


@roads.command("import")
@click.argument("file", type=Place())
@location_options
@output_option
def import_(*, file: Path, code: str, folder: Path, **inputs: Unpack[LocationInputs]) -> None:
    """Import the roads around a location from FILE.

    FILE is an OpenStreetMap extract (.osm, .osm.bz2, .osm.gz, .osm.pbf) or a .graphml saved by osmnx. Needs
    the extra: pip install 'fastgen[osm]'.

    \b
    Example:
      fastgen roads import bay-area.osm.pbf --location sf -o my_roads
    """  # noqa: D301  # \b keeps click from joining the lines
    lat, lon, radius_mi = find_square(code, **inputs)
    check_network_file(folder, code)
    from fastgen.roads.files import import_roads  # noqa: PLC0415  # heavy

    write_network(import_roads(file, lat, lon, radius_mi, announce), folder, code)


@roads.command()
@location_options
@click.option("--style", type=click.Choice(STYLES), default="mixed", show_default=True, help="Kind of city.")
@click.option(
    "--water",
    type=click.Choice(WATERS),
    default="none",
    show_default=True,
    help="Side of the open water, or a river through the city.",
)
@click.option(
    "--seed",
    type=Count(0, 2**64 - 1),
    default=0,
    show_default=True,
    help="Another seed, another city.",
)
@output_option
def invent(
    *,
    code: str,
    style: str,
    water: str,
    seed: int,
    folder: Path,
    **inputs: Unpack[LocationInputs],
) -> None:
    """Invent a synthetic road network for a location, offline.

    The streets are made up and not for navigation, and the network says so wherever it appears. Location,
    style, water and seed decide everything: the same ones give the same file on any machine.

    \b
    Example:
      fastgen roads invent --location austin --scenario mine.toml --style grid --water south -o my_roads
      fastgen build --scenario mine.toml --roads my_roads
      fastgen roads invent --location london --universe europe -o my_roads
    """  # noqa: D301  # \b keeps click from joining the lines
    lat, lon, radius_mi = find_square(code, **inputs)
    check_network_file(folder, code)
    from rich.console import Console  # noqa: PLC0415  # heavy

    # On stderr, so that stdout has the result alone.
    with Console(stderr=True).status("inventing streets"):
        from fastgen.roads.synthetic.invention import MOST_MI, invent_roads  # noqa: PLC0415  # heavy

        graph = invent_roads(lat, lon, radius_mi, style, water, seed)
    # A larger square is no error: customers live where there are roads.
    if radius_mi > MOST_MI:
        announce(
            f"The city ends {MOST_MI:g} miles from the kitchen, though delivery.radius_mi is {radius_mi:g}."
        )
    write_network(graph, folder, code)


@roads.command("list")
@click.option(
    "--roads",
    "folder",
    type=Place(exists=True, file_okay=False),
    metavar="DIR",
    help="List the networks of this folder too.",
)
@options.as_json
def list_(folder: Path | None, as_json: bool) -> None:  # noqa: FBT001  # click passes it by name
    """List the built-in road networks, and those in a folder.

    \b
    Example:
      fastgen roads list --roads my_roads
    """  # noqa: D301  # \b keeps click from joining the lines
    from fastgen.roads.offline import builtin_codes, load_builtin  # noqa: PLC0415  # heavy
    from fastgen.roads.roads_file import SUFFIX, load_roads  # noqa: PLC0415  # heavy

    rows = [describe(code, BUILT_IN, load_builtin(code)) for code in builtin_codes()]
    # A name with a leading dot is an unfinished file, which a killed command left.
    files = sorted(folder.glob(f"[!.]*{SUFFIX}")) if folder else []
    rows += [describe(file.stem, str(file), load_roads(file)) for file in files]
    if as_json:
        say_json(rows)
    else:
        say(*_format_table(rows))


@roads.command()
@click.argument("network", metavar="CODE|FILE", type=Place(str))
@options.as_json
def show(network: str, as_json: bool) -> None:  # noqa: FBT001  # click passes it by name
    """Show a network's figures, source, licence and measures.

    A built-in network goes by its CODE, any other by its FILE. docs/roads.md says what the measures are, and
    what they are in real places.

    \b
    Example:
      fastgen roads show chicago
      fastgen roads show my_roads/sf.roads
    """  # noqa: D301  # \b keeps click from joining the lines
    from fastgen.roads.measures import measure_streets  # noqa: PLC0415  # heavy
    from fastgen.roads.offline import builtin_codes, load_builtin  # noqa: PLC0415  # heavy
    from fastgen.roads.roads_file import SUFFIX, load_roads  # noqa: PLC0415  # heavy

    # Told apart by the ending alone, so that a file that doesn't exist is reported as that.
    if network.endswith(SUFFIX):
        path = Path(network)
        graph = load_roads(path)
        row = describe(path.stem, network, graph)
    elif network in builtin_codes():
        graph = load_builtin(network)
        row = describe(network, BUILT_IN, graph)
    else:
        known = ", ".join(builtin_codes())
        raise DataError(f"Expected a built-in network ({known}) or a {SUFFIX} file, got {network!r}.")
    # Without a street, means and shares would be divisions by zero.
    if graph.n_edges:
        row |= {name: round(value, 3) for name, value in measure_streets(graph)._asdict().items()}
    if as_json:
        say_json(row)
    else:
        show_facts([(key, str(value)) for key, value in row.items()])


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
