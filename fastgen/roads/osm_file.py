"""Load the drivable ways around a kitchen from a file of OpenStreetMap: XML, or the binary format PBF.

Memory grows with the nodes in the square, not with the file or its ids: the first pass over the file chooses
the nodes, the second one the ways that touch them. Where ids do not ascend, an element may come twice; then
two more passes find the newest version of each.
"""

from __future__ import annotations

import zlib
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.parsers import expat

import numpy as np

from fastgen.errors import DataError
from fastgen.model.great_circle import compute_distances_m
from fastgen.roads.drive_filter import Direction, is_drivable, travel_direction
from fastgen.roads.extras import quote_error
from fastgen.roads.osm_elements import MAX_ROAD_NODES, check_way_length, find_in
from fastgen.roads.osm_pbf import PbfReader
from fastgen.roads.osm_versions import choose_newest, gather_newest
from fastgen.roads.osm_xml import XmlReader
from fastgen.roads.osmnx_graph import MARGIN_M

if TYPE_CHECKING:
    from pathlib import Path

    import networkx as nx
    from numpy.typing import NDArray

    from fastgen.roads.area import Area
    from fastgen.roads.osm_elements import Nodes, OsmReader, Way

PBF_SUFFIX = ".pbf"
SUFFIXES = (".osm", ".osm.bz2", ".osm.gz", ".osm.pbf", PBF_SUFFIX)
# Where no road is near, the nearest one is searched for among this many nodes: to say how far away it is must
# not take the memory of a whole country.
MAX_NODES_SEARCHED = 1 << 20
_NO_IDS = np.zeros(0, np.int64)
# LookupError: an index beyond the end of a damaged message, or an encoding that Python doesn't know.
_DAMAGE = (expat.ExpatError, zlib.error, ValueError, LookupError, OverflowError, EOFError, OSError)


def load_osm(path: Path, area: Area) -> nx.MultiDiGraph:
    """Load the drivable ways near the square, unsimplified: every vertex a node, every segment an edge.

    Parameters
    ----------
    path
        The file; its ending says its format.
    area
        The kitchen and its square.

    Raises
    ------
    DataError
        If the file is damaged or of another format, or has no road near the square.
    """
    reader: OsmReader = PbfReader(path) if path.name.endswith(PBF_SUFFIX) else XmlReader(path)
    try:
        return draw_roads(reader, area, str(path))
    except _DAMAGE as error:
        # The readers' own errors say what is wrong; those of zlib and expat need their type.
        reason = str(error) if type(error) is ValueError else quote_error(error)
        raise DataError(f"{path}: expected a whole OpenStreetMap file, got {reason}.") from None


def draw_roads(reader: OsmReader, area: Area, name: str) -> nx.MultiDiGraph:
    """Draw the drivable ways near the square, unsimplified.

    Parameters
    ----------
    reader
        Reads the elements.
    area
        The kitchen and its square.
    name
        What to call them in an error.

    Raises
    ------
    DataError
        If there is no road near the square, or one lacks the position of a node.
    ValueError
        If there are too many nodes without a position, or elements that are there and deleted too.
    """
    nodes = _load_nodes(reader, area)
    ways = _load_ways(reader, nodes.ids, area)
    # Most nodes near the square belong to houses, shops and trees.
    nodes = nodes.select(
        find_in(np.unique(np.concatenate([_NO_IDS, *(way.nodes for way in ways)])), nodes.ids)
    )
    _check_positions(reader, ways, nodes, area, name)
    streets = _draw_streets(ways, nodes)
    if not len(streets):
        _refuse_no_roads(reader, area, name)
    return streets


def _load_nodes(reader: OsmReader, area: Area) -> Nodes:
    """Load the nodes near the square, and those without a position, by ascending id."""

    def is_near(batch: Nodes) -> NDArray[np.bool_]:
        return batch.visible & (area.contains(batch.lat, batch.lon, MARGIN_M) | ~batch.has_position())

    # Positions alone: most files are sorted, and then no version is ever compared.
    found, ascending = gather_newest(reader.nodes(versions=False), is_near)
    if not ascending:
        ids = found.ids
        found, _ = gather_newest(reader.nodes(versions=True), lambda batch: find_in(ids, batch.ids))
        # The newest version may be deleted, or have moved away.
        found = found.select(is_near(found))
    return found


def _load_ways(reader: OsmReader, node_ids: NDArray[np.int64], area: Area) -> list[Way]:
    """Load the drivable ways that touch some nodes or store positions near them, by ascending id."""

    def is_wanted(way: Way) -> bool:
        if not _is_drawn(way):
            return False
        return bool(_find_located(way, area).any() or find_in(node_ids, way.nodes).any())

    # Ways that are not drawn are dropped at once: any number of them may meet at one node.
    newest = choose_newest(filter(is_wanted, reader.ways(node_ids, _NO_IDS)))
    if not reader.ways_ascend:
        # A newer version of a way may no longer touch the nodes, so it is read by its id.
        ids = np.array(sorted(newest), np.int64)
        newest = choose_newest(way for way in reader.ways(_NO_IDS, ids) if way.id in newest)
    ways = [newest[key] for key in sorted(newest) if is_wanted(newest[key])]
    for way in ways:
        check_way_length(len(way.nodes), way.id, MAX_ROAD_NODES)
    return ways


def _is_drawn(way: Way) -> bool:
    """Say whether a way exists, is open to cars, and has two different nodes."""
    return way.visible and bool((way.nodes[1:] != way.nodes[:-1]).any()) and is_drivable(way.tags)


def _draw_streets(ways: list[Way], nodes: Nodes) -> nx.MultiDiGraph:
    """Draw the segments of which both ends are near the square."""
    import networkx as nx  # noqa: PLC0415  # heavy

    nodes = nodes.select(nodes.has_position())
    positions = dict(
        zip(nodes.ids.tolist(), zip(nodes.lat.tolist(), nodes.lon.tolist(), strict=True), strict=True)
    )
    segments = [
        (u, v, way.tags.get("name"))
        for way in ways
        for u, v in _directed_segments(way)
        if u in positions and v in positions
    ]
    ends = np.array([(*positions[u], *positions[v]) for u, v, _ in segments], np.float64).reshape(-1, 4)
    streets = nx.MultiDiGraph()
    # All lengths in one call: NumPy takes longer to start a call than to measure a segment.
    for (u, v, street), length_m in zip(segments, compute_distances_m(*ends.T), strict=True):
        streets.add_edge(u, v, length=float(length_m), **({} if street is None else {"name": street}))
    for node, data in streets.nodes(data=True):
        data["y"], data["x"] = positions[node]
    return streets


def _directed_segments(way: Way) -> list[tuple[int, int]]:
    """List a way's segments as pairs of different nodes, in the directions in which cars may drive."""
    forward = [(u, v) for u, v in pairwise(way.nodes.tolist()) if u != v]
    backward = [(v, u) for u, v in reversed(forward)]
    direction = travel_direction(way.tags)
    if direction is Direction.BOTH:
        return forward + backward
    return forward if direction is Direction.FORWARD else backward


def _check_positions(reader: OsmReader, ways: list[Way], nodes: Nodes, area: Area, name: str) -> None:
    """Check that no road of the square lacks the position of a node."""
    lost = nodes.select(~nodes.has_position())
    # A way that leaves the square may lack nodes outside it, as at the border of an extract.
    inside = nodes.ids[area.contains(nodes.lat, nodes.lon)]
    for way in ways:
        if not find_in(nodes.ids, way.nodes[_find_located(way, area)]).all():
            raise DataError(_describe_located(name))
        needed = find_in(np.sort(way.nodes), lost.ids)
        if needed.any() and find_in(inside, way.nodes).any():
            i = int(np.argmax(needed))
            got = reader.describe_place(int(lost.ids[i])) or f"lat={lost.lat[i]} and lon={lost.lon[i]}"
            raise DataError(
                f"{name}: expected a position in degrees of node {lost.ids[i]}, which way {way.id} of the "
                f"delivery square needs, got {got}."
            )


def _find_located(way: Way, area: Area) -> NDArray[np.bool_]:
    """Say which nodes of a way are near the square by the positions that the way itself stores."""
    if way.located is None:
        return np.zeros(len(way.nodes), bool)
    return area.contains(way.located[:, 0], way.located[:, 1], MARGIN_M)


def _describe_located(name: str) -> str:
    return (
        f"{name}: expected nodes with positions, got ways that hold them: export the file with "
        "'out body; >; out skel qt;' in place of Overpass's 'out geom', or take it as it was before "
        "'osmium add-locations-to-ways'."
    )


def _refuse_no_roads(reader: OsmReader, area: Area, name: str) -> None:
    """Say how far the nearest road is, if there is one at all."""
    nearest_m, searched_m = _find_nearest_road(reader, area)
    if np.isinf(nearest_m) and reader.has_located_ways:
        raise DataError(_describe_located(name))
    if np.isinf(nearest_m) and np.isfinite(searched_m):
        raise DataError(
            f"{name}: expected a road within 1 km of the kitchen at {area.lat:.6f}, {area.lon:.6f}, "
            f"got none within {searched_m / 1000:.1f} km."
        )
    area.check_reach(nearest_m, name)
    area.check_reach(np.inf, name)  # roads that leave the square between two of their nodes


def _find_nearest_road(reader: OsmReader, area: Area) -> tuple[float, float]:
    """Find the distance of the nearest road's node, and the distance that was searched, metres."""
    ids, dist_m, searched_m = [_NO_IDS], [np.zeros(0)], np.inf
    for batch in reader.nodes(versions=False):
        there = batch.select(batch.visible & batch.has_position())
        ids.append(there.ids)
        dist_m.append(compute_distances_m(there.lat, there.lon, area.lat, area.lon))
        if sum(map(len, ids)) > 2 * MAX_NODES_SEARCHED:
            all_ids, all_m = np.concatenate(ids), np.concatenate(dist_m)
            nearest = np.argpartition(all_m, MAX_NODES_SEARCHED)[:MAX_NODES_SEARCHED]
            ids, dist_m, searched_m = [all_ids[nearest]], [all_m[nearest]], float(all_m[nearest].max())
    all_ids, all_m = np.concatenate(ids), np.concatenate(dist_m)
    order = np.lexsort((-all_m, all_ids))  # of a node's several positions the farthest comes first
    all_ids, all_m = all_ids[order], all_m[order]
    nearest_m = np.inf
    for way in reader.ways(all_ids, _NO_IDS):
        if way.visible and is_drivable(way.tags):
            found = way.nodes[find_in(all_ids, way.nodes)]
            own_m = all_m[np.searchsorted(all_ids, found)]
            nearest_m = min(nearest_m, float(own_m.min(initial=np.inf)))
    return nearest_m, searched_m
