"""Every delivery drives one of these routes: lengths must be networkx's, times and pings follow."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import math
from itertools import pairwise
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.errors import DataError
from fastgen.model.road_graph import RoadGraph
from fastgen.model.route_table import RouteRequest, RouteTable
from fastgen.roads.routes import compute_route_table
from fastgen.units import NO_STREET
from tests import reference
from tests.small_town import INVENTED, KITCHENS, STREETS, make_town

if TYPE_CHECKING:
    from collections.abc import Sequence

KITCHEN = KITCHENS["sf"]
REQUEST = RouteRequest(*KITCHEN, 4.0, 25.0, 60, "distance", "Main St")
PINNED_GRAPH = "5598ffe6c7c7c900c8bcc3fad3d3e12bd3ec9e2ea0b359d5790c6099c4be502e"
PINNED_TABLE = "03f8f77d5ee46a5e16deccb22466ad5560202fc2306b56d61fca5157d7142d6c"


def reference_city(graph: RoadGraph) -> reference.City:
    """Give the graph to the reference, with the node nearest to the kitchen by flat geometry."""
    nodes = list(zip((graph.lat_e6 / 1e6).tolist(), (graph.lon_e6 / 1e6).tolist(), strict=True))
    edges = list(
        zip(
            graph.edge_from().tolist(),
            graph.edge_to.tolist(),
            (graph.edge_length_mm / 1e3).tolist(),
            strict=True,
        )
    )
    squeeze = math.cos(math.radians(KITCHEN[0]))
    kitchen = min(
        range(len(nodes)),
        key=lambda v: math.hypot(nodes[v][0] - KITCHEN[0], (nodes[v][1] - KITCHEN[1]) * squeeze),
    )
    return reference.City(0.0, 0.0, False, False, (), reference.road_graph(nodes, edges), kitchen)  # noqa: FBT003


def texts(table: RouteTable) -> list[str]:
    raw = table.text.tobytes()
    ends = table.text_start.tolist()
    return [raw[a:b].decode() for a, b in itertools.pairwise(ends)]


def addresses(table: RouteTable) -> list[str]:
    raw, ends = table.street_text.tobytes(), table.street_start.tolist()
    names = [raw[a:b].decode() for a, b in itertools.pairwise(ends)]
    return [names[i] for i in table.street.tolist()]


def path_of(graph: RoadGraph, text: str) -> list[int]:
    known = {pair: v for v, pair in enumerate(zip(graph.lat_e6.tolist(), graph.lon_e6.tolist(), strict=True))}
    return [known[round(lat * 1e6), round(lon * 1e6)] for lat, lon in json.loads(text)]


def check_against_reference(graph: RoadGraph, request: RouteRequest = REQUEST) -> RouteTable:
    """Compare every route with the reference's, given the path: two of one length are equally right."""
    table, city = compute_route_table(graph, request, "town"), reference_city(graph)
    np.testing.assert_array_equal(table.lat, (graph.lat_e6[city.customers] / 1e6).astype(np.float32))
    np.testing.assert_array_equal(table.lon, (graph.lon_e6[city.customers] / 1e6).astype(np.float32))
    directed = nx.single_source_dijkstra_path_length(city.roads, city.kitchen, weight="length")
    undirected = nx.single_source_dijkstra_path_length(city.both_ways, city.kitchen, weight="length")
    for i, (customer, text) in enumerate(zip(city.customers, texts(table), strict=True)):
        path = path_of(graph, text)
        assert (path[0], path[-1]) == (city.kitchen, customer)
        assert text == reference.route_json(city, path)
        assert table.undirected[i] == (customer not in directed)
        length_m = directed.get(customer, undirected[customer])
        assert table.dist_mm[i] == round(length_m * 1000)
        assert sum(city.legs_m(path)) == pytest.approx(length_m, abs=1e-6)
        seconds = reference.drive_seconds(length_m, request.speed_mph)
        assert table.drive_us[i] == pytest.approx(seconds * 1e6, abs=0.51)
        if request == REQUEST:
            check_pings(table, i, reference.place_pings(city, path))
    return table


def check_pings(table: RouteTable, i: int, wanted: Sequence[tuple[float, float, float, float]]) -> None:
    pings = slice(table.ping_start[i], table.ping_start[i + 1])
    assert pings.stop - pings.start == len(wanted)
    if wanted:
        _, lat, lon, progress = np.array(wanted).T
        np.testing.assert_allclose(table.ping_lat[pings], lat, atol=4e-6)
        np.testing.assert_allclose(table.ping_lon[pings], lon, atol=8e-6)
        np.testing.assert_array_equal(table.ping_progress[pings], progress.astype(np.float32))


@pytest.mark.parametrize("seed", range(4))
def test_towns_agree_with_the_reference(seed: int) -> None:
    table = check_against_reference(make_town(11, seed=seed))
    assert table.undirected.any()
    assert table.max_pings > 3


@st.composite
def graphs(draw: st.DrawFn) -> RoadGraph:
    """Draw graphs of up to ten crossings near the kitchen, with ties, parallels and parts out of reach."""
    n = draw(st.integers(2, 10))
    off = st.integers(-9_000, 9_000)
    places = draw(st.lists(st.tuples(off, off), min_size=n, max_size=n, unique=True))
    places[0] = (3, 1)  # near the kitchen
    node, length_mm = st.integers(0, n - 1), st.sampled_from([1, 1000, 500_000, 1_500_000, 3_000_001])
    edges = draw(st.lists(st.tuples(node, node, length_mm), max_size=25))
    tail, head, length = (list(column) for column in zip((0, 1, 7), *edges, strict=True))
    return RoadGraph.from_edges(
        np.array([round(KITCHEN[0] * 1e6) + p[0] for p in places]),
        np.array([round(KITCHEN[1] * 1e6) + p[1] for p in places]),
        np.array(tail),
        np.array(head),
        np.array(length),
        np.full(len(tail), NO_STREET),
        (),
        INVENTED,
    )


@settings(max_examples=80, deadline=None)
@given(
    graphs().filter(lambda g: len(set(zip(g.lat_e6.tolist(), g.lon_e6.tolist(), strict=True))) == g.n_nodes)
)
def test_random_graphs_agree_with_the_reference(graph: RoadGraph) -> None:
    check_against_reference(graph)


def test_pings_by_node_agree_with_the_reference() -> None:
    graph = make_town(11, seed=2)
    request = dataclasses.replace(REQUEST, ping_position="node")
    table, city = check_against_reference(graph, request), reference_city(graph)
    for i, text in enumerate(texts(table)):
        check_pings(table, i, reference.place_pings(city, path_of(graph, text), "node"))


@pytest.mark.parametrize(("speed_mph", "interval_s"), [(25.0, 1), (12.5, 60), (200.0, 60), (1.0, 7)])
def test_number_of_pings(speed_mph: float, interval_s: int) -> None:
    request = dataclasses.replace(REQUEST, speed_mph=speed_mph, ping_interval_s=interval_s)
    table = check_against_reference(make_town(5), request)
    seconds = table.dist_mm / 1000 / 1609.34 / speed_mph * 3600
    wanted = np.maximum(1, np.floor(np.round(seconds, 6) / interval_s)) - 1
    assert np.diff(table.ping_start).tolist() == wanted.tolist()
    assert table.max_pings == wanted.max()
    assert table.events_per_order == pytest.approx(7 + wanted.mean())


def test_drive_at_half_the_speed_takes_twice_as_long() -> None:
    graph = make_town(5)
    slow = compute_route_table(graph, dataclasses.replace(REQUEST, speed_mph=12.5), "town")
    fast = compute_route_table(graph, REQUEST, "town")
    assert (np.abs(slow.drive_us - 2 * fast.drive_us) <= 1).all()


def test_a_mile_takes_its_time() -> None:
    """1609.34 m at 25 mph: 144 s; floor(144 / 60) = 2 parts, one ping in the middle."""
    graph = line([1_609_340])
    table = compute_route_table(graph, REQUEST, "line")
    assert table.drive_us.tolist() == [0, 144_000_000]
    assert table.ping_progress.tolist() == [50.0]


@pytest.mark.parametrize(
    ("length_mm", "n_pings"), [(1_341_116, 0), (1_341_117, 1), (670_558, 0), (2_011_675, 2)]
)
def test_number_of_parts_at_its_border(length_mm: int, n_pings: int) -> None:
    """60 s at 25 mph are 670.558 m."""
    assert len(compute_route_table(line([length_mm]), REQUEST, "line").ping_lat) == n_pings


def line(lengths_mm: list[int]) -> RoadGraph:
    """Two-way road to the north from the kitchen."""
    n = len(lengths_mm) + 1
    lat = np.round(KITCHEN[0] * 1e6).astype(np.int64) + 9_000 * np.arange(n)
    one, two = np.arange(n - 1), np.arange(1, n)
    return RoadGraph.from_edges(
        lat,
        np.full(n, round(KITCHEN[1] * 1e6)),
        np.concatenate([one, two]),
        np.concatenate([two, one]),
        np.tile(lengths_mm, 2),
        np.full(2 * n - 2, NO_STREET),
        (),
        INVENTED,
    )


def test_one_road_node_beyond_the_kitchen() -> None:
    table = compute_route_table(line([500_000]), REQUEST, "line")
    assert table.n_customers == 2
    assert texts(table)[0] == "[[37.791024,-122.392865]]"
    assert table.drive_us[0] == 0
    assert table.max_pings == 0


def test_nodes_outside_the_square_are_left_out() -> None:
    near = compute_route_table(line([1000] * 8), dataclasses.replace(REQUEST, radius_mi=2.0), "line")
    far = compute_route_table(line([1000] * 8), REQUEST, "line")
    assert (near.n_customers, far.n_customers) == (4, 7)
    assert near.lat.max() < KITCHEN[0] + np.degrees(2 * 1609.34 / 6_371_009) + 1e-5


def test_a_path_never_leaves_the_square() -> None:
    """The short cut through a node outside must not be taken."""
    lat0, lon0 = (round(d * 1e6) for d in KITCHEN)
    lat = np.array([lat0, lat0 + 50_000, lat0 + 90_000])  # kitchen, customer, a node outside the square
    ends, back = np.array([0, 0, 2]), np.array([1, 2, 1])
    graph = RoadGraph.from_edges(
        lat,
        np.full(3, lon0),
        np.r_[ends, back],
        np.r_[back, ends],
        np.tile([9_000_000, 1000, 1000], 2),
        np.full(6, NO_STREET),
        (),
        INVENTED,
    )
    assert compute_route_table(graph, REQUEST, "detour").dist_mm.tolist() == [0, 9_000_000]


def test_addresses_are_streets_at_the_node_or_the_fallback() -> None:
    graph = make_town(9)
    table = compute_route_table(graph, REQUEST, "town")
    at_node: dict[int, set[str]] = {v: set() for v in range(graph.n_nodes)}
    ends = zip(graph.edge_from().tolist(), graph.edge_to.tolist(), graph.edge_street.tolist(), strict=True)
    for a, b, street in ends:
        if street != NO_STREET:
            at_node[a].add(graph.street_names[street])
            at_node[b].add(graph.street_names[street])
    of_customer = [path_of(graph, text)[-1] for text in texts(table)]
    for v, street in zip(of_customer, addresses(table), strict=True):
        assert street.startswith(" ")
        assert street[1:] in (at_node[v] or {"Main St"})
    assert set(addresses(table)) >= {f" {name}" for name in STREETS}
    unnamed = dataclasses.replace(
        graph, edge_street=np.full(graph.n_edges, NO_STREET, np.int32), street_names=()
    )
    assert set(addresses(compute_route_table(unnamed, REQUEST, "town"))) == {" Main St"}


def test_kitchen_far_from_any_road_is_refused() -> None:
    away = dataclasses.replace(REQUEST, lat=KITCHEN[0] - 0.0092)
    with pytest.raises(
        DataError, match=r"^line: expected a road within 1000 m of the kitchen at .* is 10\d\d m away"
    ):
        compute_route_table(line([1000]), away, "line")
    with pytest.raises(DataError, match="outside the delivery square"):
        compute_route_table(line([1000]), dataclasses.replace(REQUEST, lat=10.0), "line")


def test_table_is_pinned() -> None:
    """Two dozen million orders stand on these: no library or processor may change them."""
    table = compute_route_table(make_town(6), REQUEST, "town")
    assert table.network_hash == PINNED_GRAPH
    digest = hashlib.sha256()
    for column in dataclasses.fields(table):
        value = getattr(table, column.name)
        if isinstance(value, np.ndarray) and column.name != "by_path":  # that decides no value, only files
            digest.update(value.tobytes())
    assert digest.hexdigest() == PINNED_TABLE


def test_neighbours_by_path_share_most_of_their_route() -> None:
    """What compression lives on: each route goes on from one before, or branches off it."""
    table = compute_route_table(make_town(6), REQUEST, "town")
    assert sorted(table.by_path.tolist()) == list(range(table.n_customers))
    texts = [
        table.text[table.text_start[c] : table.text_start[c + 1]].tobytes() for c in table.by_path.tolist()
    ]
    nodes = [tuple(map(tuple, json.loads(text))) for text in texts]
    directed = [
        path for c, path in zip(table.by_path.tolist(), nodes, strict=True) if not table.undirected[c]
    ]
    assert nodes[: len(directed)] == directed
    for before, path in pairwise(directed):
        assert path[:-1] == before[: len(path) - 1]  # its parent is on the way to the one before
