"""Import the town: by fastgen, and by osmnx alone."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import osmnx as ox
from osmnx._overpass import _get_network_filter

from fastgen.roads.files import import_roads
from tests.roads.overpass import passes
from tests.roads.town import KITCHEN, RADIUS_MI, WAYS, write_osm

if TYPE_CHECKING:
    from pathlib import Path

    import networkx as nx

    from fastgen.model.road_graph import RoadGraph


def import_town(path: Path) -> RoadGraph:
    """Import a file of the town around its kitchen."""
    return import_roads(path, *KITCHEN, RADIUS_MI)


@cache
def osmnx_town(folder: Path, *, simplify: bool = True) -> nx.MultiDiGraph:
    """Make the town's graph by osmnx alone; it doesn't filter files, so it gets what the query lets pass."""
    query = _get_network_filter("drive")
    ways = [way for way in WAYS if passes(query, way.tags)]
    path = write_osm(folder / "for_osmnx.osm", ways)
    return ox.graph_from_xml(path, simplify=simplify, retain_all=True)
