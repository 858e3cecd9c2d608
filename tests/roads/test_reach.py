"""Roads are as near to a kitchen as their course, and an island gives way to the town around it."""

from __future__ import annotations

import json
import math
import re
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import osmnx as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastgen.building.build import build
from fastgen.building.options import BuildOptions
from fastgen.building.plan import prepare
from fastgen.cli import main
from fastgen.dataset.verify.run import verify_dataset
from fastgen.errors import DataError
from fastgen.model.road_graph import RoadGraph
from fastgen.roads.area import Area
from fastgen.roads.download import download_roads
from fastgen.roads.files import import_roads
from fastgen.roads.osm_file import load_osm
from fastgen.roads.roads_file import encode_roads
from fastgen.units import NO_STREET
from tests.roads.osm_text import KITCHEN, count, grid, grid_place, import_text, node, osm, way
from tests.roads.overpass import running_overpass
from tests.roads.town import place
from tests.small_town import INVENTED

if TYPE_CHECKING:
    from pathlib import Path


SEAM = (-16.8, 179.999)


def scenario_file(folder: Path, kitchen: tuple[float, float] = KITCHEN) -> Path:
    """Move the canonical scenario's sf to a kitchen."""
    path = folder / "scenario.toml"
    path.write_text(f"[locations.sf]\nlat = {kitchen[0]}\nlon = {kitchen[1]}\n")
    return path


def check_builds(graph: RoadGraph, folder: Path, kitchen: tuple[float, float] = KITCHEN) -> None:
    """Check that a dataset over a network is built and verified without a word."""
    (folder / "sf.roads").write_bytes(encode_roads(graph))
    result = build(
        folder / "data", days=1, locations=["sf"], scenario=scenario_file(folder, kitchen), roads=folder
    )
    assert result.manifest.orders > 50
    report = verify_dataset(folder / "data")
    assert report.passed, report.checks


def road(course: list[tuple[float, float]]) -> str:
    """Write a road along metres east and north of the kitchen, with a junction of three roads at each end."""
    sides = [(x, y + side) for x, y in (course[0], course[-1]) for side in (-100, 100)]
    nodes = [node(i, *place(*metres, KITCHEN)) for i, metres in enumerate([*sides, *course], 1)]
    first, last = 5, 4 + len(course)
    return osm(*nodes, way(1, range(first, last + 1)), way(2, [1, first, 2]), way(3, [3, last, 4]))


COURSES = {
    "straight": [(-1300.0, 5.0), (1300.0, 5.0)],
    "with vertices": [(x, 5.0) for x in np.linspace(-1300, 1300, 14).tolist()],
    "aside": [(-3000.0, 900.0), (3000.0, 900.0)],
    "around a lake": [(-1300.0, 2500.0), (-800.0, 0.0), (800.0, 0.0), (1300.0, 2500.0)],
}


@pytest.mark.parametrize("course", COURSES)
def test_kitchen_beside_a_long_road_is_imported_built_and_verified(course: str, tmp_path: Path) -> None:
    check_builds(import_text(road(COURSES[course]), tmp_path), tmp_path)


def test_kitchen_far_from_the_course_is_refused_with_its_distance(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected a road within 1 km .*, got the nearest 1\.1 km"):
        import_text(road([(-3000.0, 1100.0), (3000.0, 1100.0)]), tmp_path)
    # The straight line between the ends passes by the kitchen, the road does not.
    with pytest.raises(DataError, match=r"expected a road within 1 km .*, got the nearest 1\.8 km"):
        import_text(road([(-2000.0, 0.0), (0.0, 4000.0), (2000.0, 0.0)]), tmp_path)


@pytest.mark.parametrize("away_m", [1001.0, 1010.0, 1049.0])
def test_kitchen_hardly_too_far_is_told_by_the_metre(away_m: float, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"within 1 km .*, got the nearest {away_m / 1000:.3f} km\."):
        import_text(road([(-3000.0, away_m), (3000.0, away_m)]), tmp_path)


def save_simplified(text: str, folder: Path) -> Path:
    """Save a file's streets as osmnx does, from junction to junction, with the course of bent ones."""
    path = folder / "streets.osm"
    path.write_text(text)
    streets = load_osm(path, Area(*KITCHEN, 4.0))
    streets.graph["crs"] = "epsg:4326"
    ox.save_graphml(ox.simplify_graph(streets), folder / "streets.graphml")
    return folder / "streets.graphml"


def test_course_in_the_geometry_of_a_graphml_counts(tmp_path: Path) -> None:
    path = save_simplified(road(COURSES["around a lake"]), tmp_path)
    check_builds(import_roads(path, *KITCHEN, 4.0), tmp_path)
    far = save_simplified(road([(-2000.0, 0.0), (0.0, 4000.0), (2000.0, 0.0)]), tmp_path)
    with pytest.raises(DataError, match=r"expected a road within 1 km .*, got the nearest 1\.8 km"):
        import_roads(far, *KITCHEN, 4.0)


@pytest.mark.parametrize(("y", "shown"), [("91.5", "91.5"), ("nan", "nan"), ("", "nan")])
def test_bad_node_of_a_graphml_is_named_where_a_road_needs_it(y: str, shown: str, tmp_path: Path) -> None:
    path = save_simplified(osm(*grid()[0], *grid()[1]), tmp_path)
    text = path.read_text()
    key = re.search(r'<key id="(d\d+)" for="node" attr.name="y"', text)
    assert key
    lost = f'<node id="-5"><data key="{key[1]}">{y}</data></node>'
    expected = import_roads(path, *KITCHEN, 4.0).content_hash()
    path.write_text(re.sub("(<graph [^>]*>)", rf"\1{lost}", text))
    assert import_roads(path, *KITCHEN, 4.0).content_hash() == expected
    edge = re.search(r'<edge source="\d+" target="2"', text)
    assert edge
    needed = re.sub("(<graph [^>]*>)", rf"\1{lost}", text).replace(edge[0], '<edge source="-5" target="2"')
    path.write_text(needed)
    with pytest.raises(
        DataError, match=rf"expected y and x of node -5 in degrees \(epsg:4326\), got {shown}"
    ):
        import_roads(path, *KITCHEN, 4.0)


def test_stored_network_far_from_the_kitchen_is_refused(tmp_path: Path) -> None:
    graph = import_text(road([(-3000.0, 990.0), (3000.0, 990.0)]), tmp_path)
    (tmp_path / "sf.roads").write_bytes(encode_roads(graph))
    south = place(0, -40, KITCHEN)
    with pytest.raises(DataError, match=r"expected a road within 1000 m of the kitchen .* is 1030 m away"):
        prepare(
            BuildOptions(days=1, locations=["sf"], scenario=scenario_file(tmp_path, south), roads=tmp_path)
        )


@given(
    ends=st.lists(st.tuples(st.floats(-8000, 8000), st.floats(-8000, 8000)), min_size=2, max_size=5),
    lat=st.sampled_from([0.0, 37.8, -60.0]),
    lon=st.sampled_from([0.0, 179.99, -180.0]),
)
def test_no_point_of_a_course_is_nearer_than_measured(
    ends: list[tuple[float, float]], lat: float, lon: float
) -> None:
    area = Area(lat, lon, 4.0)
    points = np.array([place(*metres, (lat, lon)) for metres in ends])
    (lat_1, lon_1), (lat_2, lon_2) = points[:-1].T, points[1:].T
    measured_m = area.measure_segments_m(lat_1, lon_1, lat_2, lon_2).min()
    walked = np.concatenate(
        [np.linspace(a, b, 2000) for a, b in zip(np.array(ends)[:-1], np.array(ends)[1:], strict=True)]
    )
    assert measured_m == pytest.approx(np.hypot(*walked.T).min(), rel=0.01, abs=10)
    # A stored road knows its ends and its length: what it may reach holds every course of that length.
    leg_mm = 1000 * np.array([math.dist(a, b) for a, b in pairwise(ends)])
    lat_e6, lon_e6 = np.round(points[[0, -1]].T * 1e6).astype(np.int64)
    length_mm = round(1.001 * leg_mm.sum())
    graph = RoadGraph.from_edges(
        lat_e6,
        lon_e6,
        np.array([0]),
        np.array([1]),
        np.array([length_mm]),
        np.array([NO_STREET]),
        (),
        INVENTED,
    )
    assert area.measure_roads_m(graph).min() <= measured_m * 1.01 + 10


ISLAND = [node(901, *place(3, 1, KITCHEN)), node(902, *place(4, 1, KITCHEN)), way(900, [901, 902])]


def test_island_in_the_town_gives_way_to_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nodes, ways = grid()
    path = tmp_path / "town.osm"
    path.write_text(osm(*nodes, *ISLAND, *ways))
    south = place(0, 10, KITCHEN)
    lines: list[str] = []
    graph = import_roads(path, *south, 4.0, lines.append)
    assert count(graph) == (12, 40, 2.4)
    assert lines == [
        (
            f"{path}: the roads nearest to the kitchen, 9 m away, connect only 2 of the square's 14 nodes; "
            "took the 12 nodes 0 m away."
        )
    ]
    arguments = ["--location", "sf", "--scenario", str(scenario_file(tmp_path, south)), "-o", str(tmp_path)]
    with pytest.raises(SystemExit) as caught:
        main(["roads", "import", str(path), *arguments])
    assert not caught.value.code
    assert capsys.readouterr().err.splitlines() == lines


def island_network() -> RoadGraph:
    """Store a town of 8 by 8 crossings and an island at the kitchen in one network."""
    points = [grid_place(row + 1, column + 1) for row in range(8) for column in range(8)]
    points += [place(3, 0, KITCHEN), place(20, 0, KITCHEN)]
    pairs = [(i, i + 1) for i in range(63) if i % 8 < 7] + [(i, i + 8) for i in range(56)] + [(64, 65)]
    lat_e6, lon_e6 = np.round(np.array(points).T * 1e6).astype(np.int64)
    tail, head = np.array(pairs + [pair[::-1] for pair in pairs]).T
    lengths = np.full(len(tail), 99_000)  # no longer than the straight line
    lengths[[len(pairs) - 1, -1]] = 16_000
    streets = np.full(len(tail), NO_STREET)
    return RoadGraph.from_edges(lat_e6, lon_e6, tail, head, lengths, streets, (), INVENTED)


def test_build_over_a_stored_island_warns_each_time_and_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "sf.roads").write_bytes(encode_roads(island_network()))
    for n_lines in (3, 2):  # the first build computes routes, the second one finds them in the cache
        lines: list[str] = []
        plan = prepare(
            BuildOptions(
                days=1,
                locations=["sf"],
                scenario=scenario_file(tmp_path),
                roads=tmp_path,
            ),
            lines.append,
        )
        assert plan.tables[1].n_customers == 2
        assert len(lines) == n_lines
        assert "covers" in lines[-1]
        assert lines[-2] == (
            f"{tmp_path / 'sf.roads'}: the roads nearest to the kitchen, 3 m away, connect only 2 of the "
            "square's 66 nodes; a network of 64 nodes is 141 m away: import or fetch the roads again to "
            "deliver over that one."
        )


@pytest.mark.parametrize("kitchen", [SEAM, (SEAM[0], -179.9995), (70.0, 180.0), (0.0, -180.0)])
def test_town_across_the_180th_degree_is_whole_to_its_pings(
    kitchen: tuple[float, float], tmp_path: Path
) -> None:
    nodes, ways = grid(24, kitchen=place(-1150, -1150, kitchen))
    path = tmp_path / "seam.osm"
    path.write_text(osm(*nodes, *ways))
    graph = import_roads(path, *kitchen, 4.0)
    # The four corners are no junctions.
    assert (graph.n_nodes, graph.n_edges) == (24 * 24 - 4, 2 * 2 * 23 * 24 - 8)
    assert (graph.lon_e6 < 0).any()
    assert (graph.lon_e6 > 0).any()
    check_builds(graph, tmp_path, kitchen)


def answer(nodes: list[str], ways: list[str]) -> bytes:
    """Write a town as the server's JSON."""
    elements: list[dict[str, object]] = [
        {"type": "node", "id": int(number), "lat": float(lat), "lon": float(lon)}
        for number, lat, lon in re.findall(r'<node id="(\d+)" lat="(.*?)" lon="(.*?)"', "".join(nodes))
    ]
    for one in ways:
        number, *refs = map(int, re.findall(r'(?:id|ref)="(\d+)"', one))
        elements.append({"type": "way", "id": number, "nodes": refs, "tags": {"highway": "residential"}})
    return json.dumps({"elements": elements}).encode()


def test_download_crosses_the_180th_degree_and_passes_over_islands() -> None:
    nodes, ways = grid(24, kitchen=place(-1150, -1150, SEAM))
    island = [node(901, *place(3, 1, SEAM)), node(902, *place(4, 1, SEAM))]
    lines: list[str] = []
    with running_overpass() as server:
        server.body = answer([*nodes, *island], [*ways, way(900, [901, 902])])
        graph = download_roads(*SEAM, 4.0, server.url, announce=lines.append)
    assert (graph.n_nodes, graph.n_edges) == (24 * 24 - 4, 2 * 2 * 23 * 24 - 8)
    assert len(lines) == 1
    assert "connect only 2 of the square's 574 nodes; took the 572 nodes" in lines[0]
