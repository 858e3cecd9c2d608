"""Import a road network from a file: .osm (plain, .bz2 or .gz), .osm.pbf, or .graphml as osmnx saves it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastgen.errors import DataError
from fastgen.roads.area import Area, compute_distances_m
from fastgen.roads.drive_filter import Direction, is_drivable, travel_direction
from fastgen.roads.extras import quote_error, require_osm_extra
from fastgen.roads.graphml import load_graphml
from fastgen.roads.osmnx_graph import MARGIN_M, convert_graph

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import networkx as nx

    from fastgen.model.road_graph import RoadGraph

OSM_SUFFIXES = (".osm", ".osm.bz2", ".osm.gz", ".osm.pbf", ".pbf")
GRAPHML_SUFFIX = ".graphml"


class Way(NamedTuple):
    """A drivable way of OpenStreetMap, its nodes in the order in which they are drawn."""

    id: int
    nodes: tuple[int, ...]
    direction: Direction
    name: str | None


def import_roads(path: Path, lat: float, lon: float, radius_mi: float) -> RoadGraph:
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

    Raises
    ------
    DataError
        If the file can't be read, is damaged or of another format, has no road within 1 km of the kitchen, or
        the extra `fastgen[osm]` is not installed.
    """
    area, name = Area(lat, lon, radius_mi), str(path)
    if not path.name.endswith((*OSM_SUFFIXES, GRAPHML_SUFFIX)):
        raise DataError(f"{name}: expected a file ending in {', '.join((*OSM_SUFFIXES, GRAPHML_SUFFIX))}.")
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        raise DataError(f"{name}: expected a readable file, got {error.strerror}.") from None
    require_osm_extra()
    if path.name.endswith(GRAPHML_SUFFIX):
        return convert_graph(
            load_graphml(path, area), area, f"OpenStreetMap by way of osmnx, {path.name}", name
        )
    return convert_graph(_load_osm(path, area), area, f"OpenStreetMap extract, {path.name}", name)


def _load_osm(path: Path, area: Area) -> nx.MultiDiGraph:
    """Load the drivable ways near the square, unsimplified: every vertex a node, every segment an edge."""
    import networkx as nx  # noqa: PLC0415  # heavy

    ways, positions = _read_ways(path)
    ids = np.array(list(positions), np.int64)
    lat, lon = np.array(list(positions.values()), np.float64).reshape(-1, 2).T
    nearest_m = compute_distances_m(lat, lon, area.lat, area.lon).min(initial=np.inf)
    area.check_reach(float(nearest_m), str(path))
    near = set(ids[area.contains(lat, lon, MARGIN_M)].tolist())
    segments = [(u, v, way.name) for way in ways for u, v in _directed_segments(way) if {u, v} <= near]
    ends = np.array([(*positions[u], *positions[v]) for u, v, _ in segments], np.float64).reshape(-1, 4)
    streets = nx.MultiDiGraph()
    for (u, v, name), length_m in zip(segments, compute_distances_m(*ends.T), strict=True):
        streets.add_edge(u, v, length=float(length_m), **({} if name is None else {"name": name}))
    for node, data in streets.nodes(data=True):
        data["y"], data["x"] = positions[node]
    return streets


def _directed_segments(way: Way) -> list[tuple[int, int]]:
    """List the pairs of neighbouring nodes between which a way may be driven, but for repeated nodes."""
    forward = [(u, v) for u, v in pairwise(way.nodes) if u != v]
    backward = [(v, u) for u, v in reversed(forward)]
    if way.direction is Direction.BOTH:
        return forward + backward
    return forward if way.direction is Direction.FORWARD else backward


def _read_ways(path: Path) -> tuple[list[Way], dict[int, tuple[float, float]]]:
    """Read the drivable ways in the order of their ids, and the latitude and longitude of their nodes.

    An extract cut through a way lacks some of its nodes; they get no position, and the way ends there.
    """
    import osmium  # noqa: PLC0415  # heavy

    # Two passes, since a file may have its ways before its nodes.
    try:
        ways = []
        for road in _scan(path, osmium.osm.WAY, osmium.filter.KeyFilter("highway")):
            tags = {tag.k: tag.v for tag in road.tags}
            if is_drivable(tags):
                nodes = tuple(node.ref for node in road.nodes)
                ways.append(Way(road.id, nodes, travel_direction(tags), tags.get("name")))
        used = osmium.filter.IdFilter({node for way in ways for node in way.nodes})
        positions = {node.id: (node.lat, node.lon) for node in _scan(path, osmium.osm.NODE, used)}
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        raise DataError(f"{path}: expected a whole OpenStreetMap file, got {quote_error(error)}.") from None
    return sorted(ways, key=lambda way: way.id), positions


def _scan(path: Path, kind: Any, chosen: Any) -> Iterator[Any]:
    """Go through the nodes or the ways of a file that pass a filter."""
    import osmium  # noqa: PLC0415  # heavy

    # An absolute path: osmium takes "-" for standard input and "http:..." for an address. Both kinds are
    # read, because a reader of one kind stops at the first of the other.
    found = osmium.FileProcessor(str(path.absolute()), osmium.osm.NODE | osmium.osm.WAY)
    found.with_filter(osmium.filter.EntityFilter(kind)).with_filter(chosen)
    yield from found
