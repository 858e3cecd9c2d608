"""Write OpenStreetMap XML by hand, with whatever attributes a test needs, and import it."""

from __future__ import annotations

import bz2
import gzip
from typing import TYPE_CHECKING

from fastgen.roads.files import import_roads
from tests.roads.town import place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from fastgen.model.road_graph import RoadGraph

KITCHEN = (41.9, -87.7)
ROAD = '<tag k="highway" v="residential"/>'
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".osm": bytes,
    ".osm.gz": gzip.compress,
    ".osm.bz2": bz2.compress,
}


def grid_place(row: int, column: int, kitchen: tuple[float, float] = KITCHEN) -> tuple[float, float]:
    """Position of a crossing of streets 100 m apart, the kitchen at row 0 and column 0."""
    return place(100 * column, 100 * row, kitchen)


def node(number: object, lat: object, lon: object, attributes: str = "") -> str:
    """Write a node."""
    return f'<node id="{number}" lat="{lat}" lon="{lon}" {attributes}/>'


def way(number: object, nodes: Iterable[object], inner: str = ROAD, attributes: str = "") -> str:
    """Write a way."""
    refs = "".join(f'<nd ref="{one}"/>' for one in nodes)
    return f'<way id="{number}" {attributes}>{refs}{inner}</way>'


def osm(*elements: str) -> str:
    """Write a file."""
    return '<osm version="0.6">' + "\n".join(elements) + "</osm>"


def grid(
    side: int = 4, ids: list[int] | None = None, kitchen: tuple[float, float] = KITCHEN
) -> tuple[list[str], list[str]]:
    """Nodes and ways of a town of `side` by `side` crossings; a street's ends are nodes of two streets."""
    crossings = [(row, column) for row in range(side) for column in range(side)]
    number = dict(zip(crossings, ids or range(1, side * side + 1), strict=True))
    nodes = [node(number[at], *grid_place(*at, kitchen)) for at in crossings]
    lines = [[number[row, column] for column in range(side)] for row in range(side)]
    lines += [[number[row, column] for row in range(side)] for column in range(side)]
    return nodes, [way(100 + i, line) for i, line in enumerate(lines)]


def import_text(text: str | bytes, folder: Path, suffix: str = ".osm") -> RoadGraph:
    """Import a file of such text around the kitchen."""
    path = folder / f"written{suffix}"
    path.write_bytes(PACKERS[suffix](text.encode() if isinstance(text, str) else text))
    return import_roads(path, *KITCHEN, 4.0)


def count(graph: RoadGraph) -> tuple[int, int, float]:
    """Nodes, edges and kilometres of streets; every street of the town is two-way."""
    return graph.n_nodes, graph.n_edges, round(int(graph.edge_length_mm.sum(dtype="int64")) / 2e6, 3)


NODES, WAYS = grid()
TOWN = (12, 40, 2.4)  # its count
TEXT = osm(*NODES, *WAYS)
