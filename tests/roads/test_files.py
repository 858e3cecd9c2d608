"""An imported network must be the town's own in every format: junctions, one-way rules, lengths and names.

What osmnx makes of the same roads is the independent reference.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import osmnx as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st
from osmnx._overpass import _get_network_filter

from fastgen.roads.area import Area
from fastgen.roads.drive_filter import EXCLUDED, Direction, is_drivable, travel_direction
from fastgen.roads.files import import_roads
from fastgen.units import M_PER_MILE
from tests.roads.imports import import_town, osmnx_town
from tests.roads.overpass import passes
from tests.roads.town import KITCHEN, NODES, RADIUS_MI, ROADS, WAYS, TownWay, write_osm

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.model.road_graph import RoadGraph

FORMATS = (".osm", ".osm.bz2", ".osm.gz", ".osm.pbf", ".pbf")
# From, to, the nodes on the way, and the name: what one reads off the map.
STREETS = {
    (1, 2): ((1, 21, 2), "Main Street"),
    (2, 1): ((2, 21, 1), "Main Street"),
    (2, 3): ((2, 3), "Main Street"),
    (3, 2): ((3, 2), "Main Street"),
    (1, 4): ((1, 4), "Açaí Avenue"),
    (5, 2): ((5, 2), "Caffè Row"),
    (4, 5): ((4, 5), "大通り"),
    (5, 4): ((5, 4), "大通り"),
    (5, 6): ((5, 6), "大通り"),
    (6, 5): ((6, 5), "大通り"),
    (3, 6): ((3, 6), ""),
    (6, 3): ((6, 3), ""),
    (6, 31): ((6, 30, 31), ""),
    (31, 6): ((31, 32, 6), ""),
    (31, 41): ((31, 40, 41), "Lake Road"),
    (41, 31): ((41, 40, 31), "Lake Road"),
    (3, 61): ((3, 60, 61), "Alpha Street"),
    (61, 3): ((61, 60, 3), "Alpha Street"),
    (3, 90): ((3, 90), "Border Freeway"),
    (90, 3): ((90, 3), "Border Freeway"),
    (90, 94): ((90, 94), ""),
}


def town_ids(graph: RoadGraph) -> list[int]:
    by_position = {(round(lat * 1e6), round(lon * 1e6)): node for node, (lat, lon) in NODES.items()}
    positions = zip(graph.lat_e6.tolist(), graph.lon_e6.tolist(), strict=True)
    return [by_position[position] for position in positions]


def named_edges(graph: RoadGraph) -> dict[tuple[int, int], tuple[int, str]]:
    """Edges by the town's own node ids, with their millimetres and names."""
    ids, names = town_ids(graph), (*graph.street_names, "")
    columns = (graph.edge_from(), graph.edge_to, graph.edge_length_mm, graph.edge_street)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return {(ids[tail], ids[head]): (length, names[street]) for tail, head, length, street in rows}


@pytest.fixture(scope="module")
def town(town_folder: Path) -> RoadGraph:
    return import_town(write_osm(town_folder / "town.osm"))


def test_import_keeps_junctions_directions_and_names(town: RoadGraph) -> None:
    edges = named_edges(town)
    assert {ends: name for ends, (_, name) in edges.items()} == {k: name for k, (_, name) in STREETS.items()}


def test_lengths_are_great_circles_along_the_bends(town: RoadGraph) -> None:
    edges = named_edges(town)
    for ends, (path, _) in STREETS.items():
        assert abs(edges[ends][0] - 1000 * _path_m(path)) <= 0.5 + 1e-6, ends


def _path_m(path: tuple[int, ...]) -> float:
    return sum(_haversine_m(NODES[u], NODES[v]) for u, v in pairwise(path))


def _haversine_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    (y_1, x_1), (y_2, x_2) = (map(math.radians, point) for point in (a, b))
    h = math.sin((y_2 - y_1) / 2) ** 2 + math.cos(y_1) * math.cos(y_2) * math.sin((x_2 - x_1) / 2) ** 2
    return 2 * 6_371_009 * math.asin(math.sqrt(h))


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_gives_the_same_graph(suffix: str, town: RoadGraph, tmp_path: Path) -> None:
    graph = import_town(write_osm(tmp_path / f"extract{suffix}"))
    assert graph.content_hash() == town.content_hash()
    assert graph.provenance.source == f"OpenStreetMap extract, extract{suffix}"
    assert graph.provenance.licence == "ODbL 1.0, © OpenStreetMap contributors"
    assert graph.provenance.synthetic is False


@pytest.mark.parametrize("suffix", [".osm", ".osm.pbf"])
def test_order_within_the_file_does_not_matter(suffix: str, town: RoadGraph, tmp_path: Path) -> None:
    graph = import_town(write_osm(tmp_path / f"unsorted{suffix}", ways_first=True))
    assert graph.content_hash() == town.content_hash()


@pytest.mark.parametrize("simplify", [True, False])
def test_graphml_gives_the_same_graph(
    simplify: bool,  # noqa: FBT001
    town: RoadGraph,
    town_folder: Path,
    tmp_path: Path,
) -> None:
    ox.save_graphml(osmnx_town(town_folder, simplify=simplify), tmp_path / "town.graphml")
    graph = import_town(tmp_path / "town.graphml")
    assert graph.content_hash() == town.content_hash()
    assert graph.provenance.source == "OpenStreetMap by way of osmnx, town.graphml"


def test_graphml_of_all_ways_loses_its_footways(town: RoadGraph, tmp_path: Path) -> None:
    # Beyond the last building and the bus lane: osmnx keeps no tag in the file that would tell those.
    ways = [way for way in WAYS if "highway" in way.tags and "motor_vehicle" not in way.tags]
    path = write_osm(tmp_path / "all.osm", ways)
    ox.save_graphml(ox.graph_from_xml(path, simplify=False, retain_all=True), tmp_path / "all.graphml")
    assert import_town(tmp_path / "all.graphml").content_hash() == town.content_hash()


def test_routes_are_as_long_as_on_osmnx_own_graph(town: RoadGraph, town_folder: Path) -> None:
    reference = ox.truncate.truncate_graph_bbox(osmnx_town(town_folder), _osmnx_square(RADIUS_MI))
    ours = nx.DiGraph()
    ours.add_weighted_edges_from((u, v, mm) for (u, v), (mm, _) in named_edges(town).items())
    distances = dict(nx.all_pairs_dijkstra_path_length(ours))
    expected = dict(nx.all_pairs_dijkstra_path_length(reference, weight="length"))
    n_routes = 0
    for source, lengths in distances.items():
        assert lengths.keys() == expected[source].keys()
        for target, length_mm in lengths.items():
            assert abs(length_mm - 1000 * expected[source][target]) <= len(ours)
            n_routes += 1
    assert n_routes > 60


def _osmnx_square(radius_mi: float) -> Any:
    return ox.utils_geo.bbox_from_point(KITCHEN, radius_mi * M_PER_MILE)


@given(lat=st.floats(-84, 84), lon=st.floats(-179, 179), radius_mi=st.floats(0.1, 50), data=st.data())
def test_square_is_osmnx_own(lat: float, lon: float, radius_mi: float, data: st.DataObject) -> None:
    west, south, east, north = ox.utils_geo.bbox_from_point((lat, lon), radius_mi * M_PER_MILE)
    x = data.draw(st.floats(west - (east - west), east + (east - west)))
    y = data.draw(st.floats(south - (north - south), north + (north - south)))
    inside = Area(lat, lon, radius_mi).contains(np.array([y]), np.array([x]))
    border = min(abs(x - west), abs(x - east), abs(y - south), abs(y - north))
    assert inside[0] == (west <= x <= east and south <= y <= north) or border < 1e-9


def test_clip_ends_at_the_square_and_margin_keeps_its_junctions(town_folder: Path) -> None:
    write_osm(town_folder / "clip.osm")
    # 400 m: node 3 is on the border of 0.2486 mi, the freeway's next junction is not.
    graph = import_roads(town_folder / "clip.osm", *KITCHEN, 0.25)
    assert set(town_ids(graph)) == {1, 2, 3, 4, 5, 6, 31}
    assert {ends for ends in named_edges(graph) if 31 in ends} == {(6, 31), (31, 6)}


def test_large_square_takes_the_freeway_to_its_end(town_folder: Path) -> None:
    graph = import_roads(write_osm(town_folder / "large.osm"), *KITCHEN, 3.0)
    length_mm = round(1000 * _path_m((90, 91, 92, 93)))
    assert named_edges(graph)[90, 93] == (length_mm, "Border Freeway")
    assert not {80, 81} & set(town_ids(graph)), "the island is not connected with the kitchen"


def test_island_beside_the_kitchen_gives_way_to_the_town(town_folder: Path, town: RoadGraph) -> None:
    path = write_osm(town_folder / "island.osm")
    lines: list[str] = []
    graph = import_roads(path, *NODES[80], RADIUS_MI, lines.append)
    assert not {80, 81} & set(town_ids(graph))
    sizes = f"2 of the square's {graph.n_nodes + 2} nodes; took the {graph.n_nodes} nodes 573 m away."
    assert lines == [f"{path}: the roads nearest to the kitchen, 0 m away, connect only {sizes}"]
    lines.clear()
    assert import_roads(path, *KITCHEN, RADIUS_MI, lines.append).content_hash() == town.content_hash()
    assert not lines


def test_island_out_of_the_towns_reach_is_kept(town_folder: Path) -> None:
    far = TownWay(40, (92, 93), {"highway": "residential"})
    island = TownWay(41, (80, 81), {"highway": "residential"})
    path = write_osm(town_folder / "far.osm", [far, island])
    assert set(town_ids(import_roads(path, *NODES[80], 3.0))) == {80, 81}


def test_way_cut_by_the_extract_ends_where_its_nodes_end(tmp_path: Path) -> None:
    ways = [*ROADS, TownWay(60, (41, 998, 999), {"highway": "residential"})]
    cut = import_town(write_osm(tmp_path / "cut.osm.pbf", ways))
    assert named_edges(cut).keys() == STREETS.keys()


def test_of_parallel_streets_the_shortest_stays(tmp_path: Path) -> None:
    without_main = [way for way in ROADS if way.id != 10]
    main = TownWay(10, (1, 21, 2), {"highway": "secondary", "name": "Main Street"})
    graph = import_town(write_osm(tmp_path / "parallel.osm", [*without_main, main]))
    assert named_edges(graph)[2, 3][1] == "Parallel Lane"


@given(
    st.dictionaries(
        st.sampled_from([*EXCLUDED, "name", "oneway"]),
        st.sampled_from(sorted({word for words in EXCLUDED.values() for word in words}))
        | st.sampled_from(
            ["residential", "motorway_link", "services;yes", "unknown", "destination", "permissive"]
        )
        | st.text("denosy;_", max_size=8),
    )
)
def test_drive_filter_selects_what_osmnx_queries(tags: dict[str, str]) -> None:
    assert is_drivable(tags) == passes(_get_network_filter("drive"), tags)


@pytest.mark.parametrize(
    "value", ["yes", "true", "1", "-1", "reverse", "T", "F", "no", "reversible", "alternating", ""]
)
@pytest.mark.parametrize("junction", [None, "roundabout", "circular"])
def test_direction_is_osmnx_own(value: str, junction: str | None, tmp_path: Path) -> None:
    tags = {"highway": "residential", "oneway": value} | ({"junction": junction} if junction else {})
    path = write_osm(tmp_path / "road.osm", [TownWay(1, (1, 2), tags)])
    edges = set(ox.graph_from_xml(path, simplify=False).edges(keys=False))
    expected = {
        Direction.BOTH: {(1, 2), (2, 1)},
        Direction.FORWARD: {(1, 2)},
        Direction.BACKWARD: {(2, 1)},
    }
    assert edges == expected[travel_direction(tags)]
