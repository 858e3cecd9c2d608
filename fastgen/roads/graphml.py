"""Read a street graph from GraphML, written by osmnx or passed on by igraph, Gephi and other programs.

Every value is read as text, whatever type the file declares, because programs declare different ones.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from fastgen.errors import DataError
from fastgen.model.great_circle import compute_distances_m
from fastgen.model.road_graph import MAX_LENGTH_MM
from fastgen.roads.attribute_text import is_list, is_missing, read_flag, read_number, split_list
from fastgen.roads.drive_filter import EXCLUDED, is_drivable
from fastgen.roads.extras import quote_value
from fastgen.roads.graphml_courses import (
    INTEGER,
    SHORTER_M,
    SHORTER_SHARE,
    Edge,
    quote_id,
    read_courses,
)
from fastgen.roads.graphml_parser import GraphmlParser, wrong_graph
from fastgen.roads.osm_elements import MAX_LAT, MAX_LON
from fastgen.roads.osmnx_graph import MARGIN_M, MM_PER_M, first_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import networkx as nx
    from numpy.typing import NDArray

    from fastgen.roads.area import Area

Value = TypeVar("Value")

# An edge may be so much longer than the straight line: mountain roads, and crescents whose ends are near each
# other.
LONGER_M, LONGER_TIMES = 10_000.0, 100.0
_WANTED = {
    "graph": frozenset({"simplified"}),
    "node": frozenset({"y", "x"}),
    "edge": frozenset({"length", "name", "osmid", "geometry", *EXCLUDED}),
}
# Well-known text of a line. Possessive quantifiers (++) bound the time by the length of the text.
_NUMBER = r"[-+]?+(?:[0-9]++\.?+[0-9]*+|\.[0-9]++)(?:[eE][-+]?+[0-9]++)?+"
_POINT = rf"\s*+{_NUMBER}(?:\s++{_NUMBER}){{1,3}}\s*+"
_POINTS = rf"\({_POINT}(?:,{_POINT})*+\)"
_LINE = re.compile(rf"\s*+LINESTRING\s*+(?:ZM|Z|M)?\s*+(?:EMPTY|{_POINTS})\s*+", re.IGNORECASE)
# osmnx never writes these; they are ignored, as older versions of fastgen did.
_NO_LINE = re.compile(
    r"\s*+(?:MULTILINESTRING|POINT)\s*+(?:ZM|Z|M)?\s*+(?:EMPTY\s*+|\([-+0-9.,()\sE]++)", re.IGNORECASE
)


class _Streets:
    """The nodes and drivable edges that have been read from a file.

    Edges far from the square are dropped at once if their nodes precede them, as in nearly every file.
    """

    def __init__(self, area: Area) -> None:
        self.area = area
        # Whether each node that precedes the first edge is near the square.
        self.is_near: dict[str, bool] = {}
        self.nodes: dict[str, tuple[float, float]] = {}
        self.edges: list[Edge] = []
        self.flag: bool | None = None
        self.has_merged_edges = False

    def take(self, kind: str, attributes: dict[str, str], values: dict[str, str]) -> None:
        """Take an element of the file."""
        if kind == "node":
            self._take_node(attributes, values)
        elif kind == "edge":
            self._take_edge(attributes, values)
        else:
            self._take_graph(attributes, values)

    def _take_node(self, attributes: dict[str, str], values: dict[str, str]) -> None:
        node = _demand(attributes, "id", "node")
        where = f"node {quote_id(node)}"
        if node in self.nodes:
            raise wrong_graph(f"{where} twice")
        y, x = (_read(read_number, values.get(key, ""), f"{key} of {where}") for key in "yx")
        self.nodes[node] = y, x

    def _take_edge(self, attributes: dict[str, str], values: dict[str, str]) -> None:
        tail, head = (_demand(attributes, key, "edge") for key in ("source", "target"))
        edge = Edge(tail, head, float("nan"), "", "")
        if _read(read_flag, attributes.get("directed", ""), f"directed of {edge}") is False:
            raise DataError(f"expected a directed graph, got {edge} undirected")
        geometry = values.get("geometry", "")
        if not is_missing(geometry):
            self.has_merged_edges = True
            if _LINE.fullmatch(geometry):
                edge = edge._replace(geometry=geometry)
            elif _NO_LINE.fullmatch(geometry) is None:
                raise wrong_graph(f"the geometry {quote_value(geometry)} of {edge}")
        # Only ways that were merged have several ids.
        self.has_merged_edges |= is_list(values.get("osmid", ""))
        length_m = _read(read_number, values.get("length", ""), f"length of {edge}")
        texts = {
            key: _read(split_list, values[key], f"{key} of {edge}")
            for key in values.keys() & {"name", *EXCLUDED}
        }
        name = first_name(texts.pop("name", []))
        tags = {key: ";".join(found) for key, found in texts.items() if found}
        if ("highway" not in tags or is_drivable(tags)) and self._may_be_near(tail, head):
            self.edges.append(edge._replace(length_m=length_m, name=name))

    def _may_be_near(self, tail: str, head: str) -> bool:
        """Say whether an end is near the square, or not known yet."""
        if not self.is_near:
            y, x = self._positions(self.nodes)
            near = self.area.contains(y, x, MARGIN_M)
            self.is_near = dict(zip(self.nodes, near.tolist(), strict=True))
        return self.is_near.get(tail, True) or self.is_near.get(head, True)

    def check_reach(self, name: str) -> None:
        """Refuse a file without an edge, if its nodes tell how far away it is."""
        y, x = self._positions(self.nodes)
        on_earth = (np.abs(y) <= MAX_LAT) & (np.abs(x) <= MAX_LON)
        if not self.edges and on_earth.any():
            dist_m = compute_distances_m(y[on_earth], x[on_earth], self.area.lat, self.area.lon)
            self.area.check_reach(float(dist_m.min()), name)

    def _positions(self, nodes: Iterable[str]) -> NDArray[np.float64]:
        return np.array([self.nodes[node] for node in nodes], np.float64).reshape(-1, 2).T

    def _take_graph(self, attributes: dict[str, str], values: dict[str, str]) -> None:
        if attributes.get("edgedefault") != "directed":
            raise DataError("expected a directed graph, got an undirected one")
        self.flag = _read(read_flag, values.get("simplified", ""), "simplified")

    def is_simplified(self) -> bool:
        """Say whether nodes are junctions: by the flag, or else by merged edges, as osmnx 0 did."""
        return self.has_merged_edges if self.flag is None else self.flag

    def keep_near(self) -> None:
        """Keep what is near the square; refuse an edge there that is shorter than the straight line."""
        for edge in self.edges:
            if not {edge.tail, edge.head} <= self.nodes.keys():
                raise wrong_graph(f"{edge}, one of which is no node")
        y_1, x_1 = self._positions(edge.tail for edge in self.edges)
        y_2, x_2 = self._positions(edge.head for edge in self.edges)
        near = self.area.contains(y_1, x_1, MARGIN_M) | self.area.contains(y_2, x_2, MARGIN_M)
        straight_m = compute_distances_m(y_1, x_1, y_2, x_2)
        length_m = np.array([edge.length_m for edge in self.edges], np.float64)
        invalid = ~((length_m >= 0) & (length_m <= MAX_LENGTH_MM / MM_PER_M))
        short = length_m < straight_m * (1 - SHORTER_SHARE) - SHORTER_M
        longest_m = LONGER_TIMES * straight_m + LONGER_M
        long = length_m > longest_m
        for i in np.flatnonzero(near & (invalid | short | long))[:1]:
            edge = self.edges[i]
            if invalid[i]:
                raise DataError(
                    f"expected 0 <= length <= {MAX_LENGTH_MM // MM_PER_M} m of {edge}, got {edge.length_m}"
                )
            if short[i]:
                wanted = f"length >= {straight_m[i]:.1f} m, the straight line,"
            else:
                wanted = f"length <= {longest_m[i]:.1f} m, {LONGER_TIMES:g} straight lines and 10 km,"
            raise DataError(f"expected {wanted} of {edge}, got {edge.length_m}")
        if near.any():
            self.edges = [edge for edge, is_near in zip(self.edges, near.tolist(), strict=True) if is_near]
            self.nodes = {node: self.nodes[node] for edge in self.edges for node in (edge.tail, edge.head)}


def load_graphml(path: Path, area: Area) -> nx.MultiDiGraph:
    """Load a street graph without the edges that its tags close to cars.

    Parameters
    ----------
    path
        The file.
    area
        The kitchen and its square; lengths are checked near it.

    Returns
    -------
    nx.MultiDiGraph
        Nodes with y and x in degrees, NaN where the file has none; edges with length in metres and, where
        known, names and courses; the attribute `simplified` says whether its nodes are junctions.

    Raises
    ------
    DataError
        If the file is not the GraphML of one directed graph, a value can't be read, or an edge is shorter
        than the straight line between its ends, or has a geometry that ends elsewhere.
    """
    import networkx as nx  # noqa: PLC0415  # heavy

    found = _Streets(area)
    try:
        with path.open("rb") as file:
            GraphmlParser(_WANTED, found.take).parse(file)
        found.keep_near()
        courses = read_courses(found.edges, found.nodes)
    except DataError as error:
        raise DataError(f"{path}: {error}.") from None
    found.check_reach(str(path))
    # "1" and "01" are two nodes.
    are_integers = all(INTEGER.fullmatch(node) for node in found.nodes)
    are_integers = are_integers and len(set(map(int, found.nodes))) == len(found.nodes)
    identify: Callable[[str], int | str] = int if are_integers else str
    streets = nx.MultiDiGraph(simplified=found.is_simplified())
    streets.add_nodes_from((identify(node), {"y": y, "x": x}) for node, (y, x) in found.nodes.items())
    for edge, course in zip(found.edges, courses, strict=True):
        attributes = {"length": edge.length_m, "name": edge.name, "geometry": course}
        streets.add_edge(identify(edge.tail), identify(edge.head), **attributes)
    return streets


def _demand(attributes: dict[str, str], key: str, kind: str) -> str:
    if key not in attributes:
        raise wrong_graph(f"{kind} without {key}")
    return attributes[key]


def _read(read: Callable[[str], Value], text: str, what: str) -> Value:
    try:
        return read(text)
    except ValueError:
        raise wrong_graph(f"{quote_value(text)} as {what}") from None
