"""Turn a street graph as osmnx makes it (a networkx MultiDiGraph) into a RoadGraph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.errors import DataError
from fastgen.model.great_circle import compute_distances_m
from fastgen.model.road_graph import MAX_LENGTH_MM, Provenance, RoadGraph
from fastgen.roads.attribute_text import is_missing
from fastgen.roads.components import choose_component, label_components
from fastgen.roads.simplify import simplify_streets
from fastgen.units import E6, NO_STREET

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import networkx as nx
    from numpy.typing import NDArray

    from fastgen.roads.area import Area

MM_PER_M = 1000
# The attribution that OpenStreetMap asks for, wherever its data appear.
LICENCE = "ODbL 1.0, © OpenStreetMap contributors"
# Roads this far outside the square help to tell its own junctions from mere bends; osmnx downloads as much.
MARGIN_M = 500.0
_MAX_LAT, _MAX_LON = 90.0, 180.0


def convert_graph(
    streets: nx.MultiDiGraph, area: Area, source: str, name: str, announce: Callable[[str], None]
) -> RoadGraph:
    """Simplify a street graph to its junctions, cut it to the square, and keep the kitchen's component.

    Parameters
    ----------
    streets
        Directed; nodes with y and x in degrees, edges with length in metres and, where known, name and
        geometry.
    area
        The kitchen and its square.
    source
        Where the streets come from, for the provenance.
    name
        What to call them in an error.
    announce
        Called with one line where the nearest component is passed over.

    Raises
    ------
    DataError
        If an attribute is missing or impossible, or no road is within 1 km of the kitchen.
    """
    streets = _drop_nowhere(streets, area, name)
    # Before roads are cut away, so that the error for an extract of another region says how far away it is.
    area.check_reach(_measure_courses(streets, area), name)
    # A saved graph may be simplified already: then its courses are in the edges' geometry.
    if not streets.graph.get("simplified"):
        streets = simplify_streets(_cut(streets, area, MARGIN_M))
    streets = _cut(streets, area, 0.0)
    graph = _pack(streets, area, Provenance(source, LICENCE, synthetic=False), name, announce)
    # Once more by what is stored, which a build measures: it must not refuse a network just imported.
    area.check_reach(area.measure_roads_m(graph).min(initial=np.inf), name)
    return graph


def _take_nodes(streets: nx.MultiDiGraph) -> tuple[list[int], NDArray[np.float64], NDArray[np.float64]]:
    """List node ids, latitudes and longitudes, each (n_nodes,), by ascending id."""
    # Sorted, so that the order of a file decides nothing.
    ids = sorted(streets)
    lat, lon = (np.array([_number(streets.nodes[i].get(key)) for i in ids], np.float64) for key in "yx")
    return ids, lat, lon


def _drop_nowhere(streets: nx.MultiDiGraph, area: Area, name: str) -> nx.MultiDiGraph:
    """Leave out nodes without a place on earth, as long as no road of the square needs one."""
    import networkx as nx  # noqa: PLC0415  # heavy

    ids, lat, lon = _take_nodes(streets)
    # Negated, so that NaN is wrong too.
    wrong = ~((np.abs(lat) <= _MAX_LAT) & (np.abs(lon) <= _MAX_LON))
    inside = {node for node, is_in in zip(ids, area.contains(lat, lon) & ~wrong, strict=True) if is_in}
    # Far from the square a file may lack positions, as long as nothing in the square depends on them.
    for i in np.flatnonzero(wrong).tolist():
        if wrong.all() or not inside.isdisjoint(nx.all_neighbors(streets, ids[i])):
            raise DataError(
                f"{name}: expected y and x of node {ids[i]} in degrees (epsg:4326), got {lat[i]}, {lon[i]}."
            )
    if not wrong.any():
        return streets
    return streets.subgraph([node for node, is_wrong in zip(ids, wrong, strict=True) if not is_wrong])


def _measure_courses(streets: nx.MultiDiGraph, area: Area) -> float:
    """Note on each edge how far its course is from the kitchen, metres; return the nearest's."""
    from shapely import get_coordinates  # noqa: PLC0415  # heavy

    place = {node: (data["y"], data["x"]) for node, data in streets.nodes(data=True)}
    edges = list(streets.edges(data=True))
    ends = np.array([(*place[u], *place[v]) for u, v, _ in edges], np.float64).reshape(-1, 4)
    reach_m = area.measure_segments_m(*ends.T)
    for i, (_, _, data) in enumerate(edges):
        if data.get("geometry") is not None:
            lon, lat = get_coordinates(data["geometry"]).T
            reach_m[i] = area.measure_segments_m(lat[:-1], lon[:-1], lat[1:], lon[1:]).min()
        # On the edge itself, because simplifying takes the bends away that come nearest.
        data["reach_m"] = float(reach_m[i])
    return float(reach_m.min(initial=np.inf))


def _cut(streets: nx.MultiDiGraph, area: Area, margin_m: float) -> nx.MultiDiGraph:
    """Keep the nodes in the square and its margin, and the edges between them."""
    ids, lat, lon = _take_nodes(streets)
    inside = area.contains(lat, lon, margin_m)
    return streets.subgraph([i for i, is_in in zip(ids, inside, strict=True) if is_in])


def _pack(
    streets: nx.MultiDiGraph,
    area: Area,
    provenance: Provenance,
    name: str,
    announce: Callable[[str], None],
) -> RoadGraph:
    """Pack the kitchen's component into arrays: microdegrees, millimetres, numbers of streets."""
    ids, lat, lon = _take_nodes(streets)
    index = {node_id: i for i, node_id in enumerate(ids)}
    # The first entry stands for roads without a name, so the n-th name gets the number n - 1.
    names: dict[str, int] = {"": NO_STREET}
    rows = []
    for u, v, data in streets.edges(data=True):
        length_mm = _number(data.get("length")) * MM_PER_M
        if not 0 <= length_mm <= MAX_LENGTH_MM:
            raise DataError(
                f"{name}: expected 0 <= length <= {MAX_LENGTH_MM // MM_PER_M} m of the edge from {u} to {v}, "
                f"got {data.get('length')!r}."
            )
        # A merged edge has a list of names, of the ways that it was drawn from.
        name_or_names = data.get("name")
        found = name_or_names if isinstance(name_or_names, list) else [name_or_names]
        street = names.setdefault(first_name(found), len(names) - 1)
        rows.append((index[u], index[v], round(length_mm), street))
    edges = np.array(rows, np.int64).reshape(-1, 4)
    reach_m = np.array([reach for *_, reach in streets.edges(data="reach_m")], np.float64)
    lat_e6, lon_e6 = (np.round(degrees * E6).astype(np.int64) for degrees in (lat, lon))
    kept = _keep_component(lat_e6, lon_e6, edges, reach_m, area, name, announce)
    tail, head, length, street_index = edges[kept].T
    return RoadGraph.from_edges(
        lat_e6, lon_e6, tail, head, length, street_index, tuple(names)[1:], provenance
    )


def _keep_component(
    lat_e6: NDArray[np.int64],
    lon_e6: NDArray[np.int64],
    edges: NDArray[np.int64],
    reach_m: NDArray[np.float64],
    area: Area,
    name: str,
    announce: Callable[[str], None],
) -> NDArray[np.bool_]:
    """Say which edges, loops aside, are connected with the kitchen, one-way rules aside."""
    tail, head = edges[:, 0], edges[:, 1]
    # A loop leads nowhere, and a RoadGraph has none.
    is_road = tail != head
    area.check_reach(reach_m[is_road].min(initial=np.inf), name)
    label = label_components(len(lat_e6), tail, head)
    # The nearest node, of equals the first by position, as in the graph that is made.
    used = np.unique(edges[is_road, :2])
    dist_m = np.round(compute_distances_m(lat_e6[used] / E6, lon_e6[used] / E6, area.lat, area.lon), 3)
    node = int(used[np.lexsort((lon_e6[used], lat_e6[used], dist_m))[0]])
    choice = choose_component(label, tail[is_road], reach_m[is_road], node)
    if choice.larger != choice.nearest:
        announce(f"{name}: {choice}; took the {choice.n_larger} nodes {choice.larger_m:.0f} m away.")
    kept: NDArray[np.bool_] = is_road & (label[tail] == choice.larger)
    return kept


def _number(value: Any) -> float:
    """Take a number as it is; all else, a number in quotes too, becomes NaN, which every check refuses."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else float("nan")


def first_name(names: Sequence[Any]) -> str:
    """Choose the alphabetically first of a merged edge's names: osmnx's own order varies between runs.

    Parameters
    ----------
    names
        What is no text, or only says that there is no name, is passed over.

    Returns
    -------
    str
        The name on one line; empty where there is none.
    """
    cleaned = sorted(" ".join(n.split()) for n in names if isinstance(n, str) and not is_missing(n))
    return cleaned[0] if cleaned else ""
