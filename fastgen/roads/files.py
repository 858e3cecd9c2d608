"""Import a road network from a file: .osm (plain, .bz2 or .gz), .osm.pbf, or .graphml as osmnx saves it."""

from __future__ import annotations

import os
import unicodedata
from typing import TYPE_CHECKING

from fastgen.errors import DataError
from fastgen.roads.area import Area
from fastgen.roads.extras import FOR_STREETS, require_osm_extra
from fastgen.roads.graphml import load_graphml
from fastgen.roads.osm_file import SUFFIXES, load_osm
from fastgen.roads.osmnx_graph import convert_graph

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fastgen.model.road_graph import RoadGraph

GRAPHML_SUFFIX = ".graphml"
# Unicode's controls, invisible marks, halves of surrogate pairs, and ends of lines and paragraphs.
_CONTROLS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def import_roads(
    path: Path,
    lat: float,
    lon: float,
    radius_mi: float,
    announce: Callable[[str], None] = lambda _: None,
) -> RoadGraph:
    """Import the drivable roads of a kitchen's delivery square from a file.

    The same extract gives the same graph in every format of OpenStreetMap.

    Parameters
    ----------
    path
        The file; its name's ending says its format.
    lat, lon
        The kitchen, decimal degrees.
    radius_mi
        Half the side of the delivery square, miles.
    announce
        Called with one line where the roads nearest to the kitchen are an island and others are taken.

    Raises
    ------
    DataError
        If the file can't be read, is damaged or of another format, has no road within 1 km of the kitchen, or
        the extra `fastgen[osm]` is not installed.
    """
    area, name = Area(lat, lon, radius_mi), str(path)
    if not path.name.endswith((*SUFFIXES, GRAPHML_SUFFIX)):
        raise DataError(f"{name}: expected a file ending in {', '.join((*SUFFIXES, GRAPHML_SUFFIX))}.")
    # A pipe can be read once only, and readers take several passes. A folder is refused by `open` below.
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise DataError(f"{name}: expected a regular file, got a pipe or a device.")
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        raise DataError(f"{name}: expected a readable file, got {error.strerror}.") from None
    # After the checks of the file: a user who mistypes a name needn't install anything to learn it.
    require_osm_extra(FOR_STREETS)
    if path.name.endswith(GRAPHML_SUFFIX):
        source = f"OpenStreetMap by way of osmnx, {_clean_name(path)}"
        return convert_graph(load_graphml(path, area), area, source, name, announce)
    source = f"OpenStreetMap extract, {_clean_name(path)}"
    return convert_graph(load_osm(path, area), area, source, name, announce)


def _clean_name(path: Path) -> str:
    """Put a file's name on one line: what is no UTF-8, and control characters, are replaced."""
    name = os.fsencode(path.name).decode("utf-8", "replace")
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in _CONTROLS else c for c in name)
