"""Turn a street graph as osmnx makes it (a networkx MultiDiGraph) into a RoadGraph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.errors import DataError
from fastgen.model.road_graph import MAX_LENGTH_MM, Provenance, RoadGraph
from fastgen.roads.area import compute_distances_m, keep_component
from fastgen.roads.attribute_text import is_missing
from fastgen.roads.extras import quote_error
from fastgen.units import E6, NO_STREET

if TYPE_CHECKING:
    from collections.abc import Sequence

    import networkx as nx
    from numpy.typing import NDArray

    from fastgen.roads.area import Area

MM_PER_M = 1000
LICENCE = "ODbL 1.0, © OpenStreetMap contributors"
# Roads this far outside the square help to tell its own junctions from mere bends; osmnx downloads as much.
MARGIN_M = 500.0
_MAX_LAT, _MAX_LON = 90.0, 180.0


def convert_graph(streets: nx.MultiDiGraph, area: Area, source: str, name: str) -> RoadGraph:
    """Simplify a street graph to its junctions, cut it to the square, and keep the kitchen's component.

    Parameters
    ----------
    streets
        Directed; nodes with y and x in degrees, edges with length in metres and, where known, name.
    area
        The kitchen and its square.
    source
        Where the streets come from, for the provenance.
    name
        What to call them in an error.

    Raises
    ------
    DataError
        If an attribute is missing or impossible, or no road is within 1 km of the kitchen.
    """
    import osmnx as ox  # noqa: PLC0415  # heavy

    _, lat, lon = _take_nodes(streets, name)
    dist_m = compute_distances_m(lat, lon, area.lat, area.lon)
    area.check_reach(float(dist_m.min(initial=np.inf)), name)
    if not streets.graph.get("simplified"):
        try:
            streets = ox.simplify_graph(_cut(streets, area, name, MARGIN_M))
        except ValueError as error:
            raise DataError(
                f"{name}: expected a street graph that simplifies, got {quote_error(error)}."
            ) from None
    streets = _cut(streets, area, name, 0.0)
    graph = _pack(streets, Provenance(source, LICENCE, synthetic=False), name)
    return keep_component(graph, area, name)


def _take_nodes(
    streets: nx.MultiDiGraph, name: str
) -> tuple[list[int], NDArray[np.float64], NDArray[np.float64]]:
    """Node ids in ascending order (so that no file's order matters) with their latitudes and longitudes."""
    ids = sorted(streets)
    lat, lon = (np.array([_number(streets.nodes[i].get(key)) for i in ids], np.float64) for key in "yx")
    wrong = ~((np.abs(lat) <= _MAX_LAT) & (np.abs(lon) <= _MAX_LON))
    if wrong.any():
        i = int(np.argmax(wrong))
        raise DataError(
            f"{name}: expected y and x of node {ids[i]} in degrees (epsg:4326), got {lat[i]}, {lon[i]}."
        )
    return ids, lat, lon


def _cut(streets: nx.MultiDiGraph, area: Area, name: str, margin_m: float) -> nx.MultiDiGraph:
    ids, lat, lon = _take_nodes(streets, name)
    inside = area.contains(lat, lon, margin_m)
    return streets.subgraph([i for i, is_in in zip(ids, inside, strict=True) if is_in])


def _pack(streets: nx.MultiDiGraph, provenance: Provenance, name: str) -> RoadGraph:
    ids, lat, lon = _take_nodes(streets, name)
    index = {node_id: i for i, node_id in enumerate(ids)}
    names: dict[str, int] = {"": NO_STREET}
    rows = []
    for u, v, data in streets.edges(data=True):
        length_mm = _number(data.get("length")) * MM_PER_M
        if not 0 <= length_mm <= MAX_LENGTH_MM:
            raise DataError(
                f"{name}: expected 0 <= length <= {MAX_LENGTH_MM // MM_PER_M} m of the edge from {u} to {v}, "
                f"got {data.get('length')!r}."
            )
        name_or_names = data.get("name")
        found = name_or_names if isinstance(name_or_names, list) else [name_or_names]
        street = names.setdefault(first_name(found), len(names) - 1)
        rows.append((index[u], index[v], round(length_mm), street))
    tail, head, length, street_index = np.array(rows, np.int64).reshape(-1, 4).T
    lat_e6, lon_e6 = (np.round(degrees * E6).astype(np.int64) for degrees in (lat, lon))
    return RoadGraph.from_edges(
        lat_e6, lon_e6, tail, head, length, street_index, tuple(names)[1:], provenance
    )


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
