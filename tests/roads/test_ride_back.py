"""Rides back to the kitchen are the shortest ways there, by networkx; where none leads back, the way out."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from fastgen.model.road_graph import RoadGraph
from fastgen.model.route_table import RouteRequest
from fastgen.roads.routes import compute_ride_back, compute_route_table
from tests.effort import repeats
from tests.small_town import INVENTED, KITCHENS, make_town

REQUEST = RouteRequest(*KITCHENS["sf"], 4.0, 25.0, 60, "distance", "Main St")


def find_ways_back(graph: RoadGraph) -> tuple[list[int | None], list[int]]:
    """Find the length of the way back from every node that the kitchen's streets reach; also those nodes."""
    streets = nx.DiGraph()
    lengths = graph.edge_length_mm.tolist()
    ends = zip(graph.edge_from().tolist(), graph.edge_to.tolist(), lengths, strict=True)
    streets.add_weighted_edges_from(ends)
    kitchen = int(np.argmin(graph.distances_m(REQUEST.lat, REQUEST.lon)))
    nodes = sorted(nx.node_connected_component(streets.to_undirected(), kitchen))
    back = nx.single_source_dijkstra_path_length(streets.reverse(), kitchen)
    return [back.get(node) for node in nodes], nodes


@pytest.mark.parametrize("seed", range(repeats(4, 100)))
def test_rides_back_are_those_of_networkx(seed: int) -> None:
    graph = make_town(9, seed=seed, one_way=0.7)
    ride_out = compute_route_table(graph, REQUEST, "town").dist_mm
    back, nodes = find_ways_back(graph)
    expected = [out if way is None else way for way, out in zip(back, ride_out.tolist(), strict=True)]
    found = compute_ride_back(graph, REQUEST, "town", ride_out)
    assert found.tolist() == expected
    assert found.dtype == np.int64
    assert len(nodes) == len(found)


def test_towns_have_one_way_streets_that_matter() -> None:
    """The comparison above would say little if ways back were as long as ways out, or led from everywhere."""
    graph = make_town(9, seed=1, one_way=0.7)
    ride_out = compute_route_table(graph, REQUEST, "town").dist_mm
    back, _ = find_ways_back(graph)
    assert None in back
    assert sum(way != out for way, out in zip(back, ride_out.tolist(), strict=True)) > len(back) / 4


def test_a_loop_is_ridden_on_in_its_direction() -> None:
    """Three crossings in a ring of one-way streets of 1, 2 and 4 m: the way back is the rest of the ring."""
    lat, lon = (round(1e6 * degrees) for degrees in KITCHENS["sf"])
    graph = RoadGraph.from_edges(
        np.array([lat, lat + 5, lat + 9]),
        np.array([lon, lon, lon]),
        np.array([0, 1, 2]),
        np.array([1, 2, 0]),
        np.array([1000, 2000, 4000]),
        np.full(3, -1),
        (),
        INVENTED,
    )
    ride_out = compute_route_table(graph, REQUEST, "ring").dist_mm
    assert ride_out.tolist() == [0, 1000, 3000]
    assert compute_ride_back(graph, REQUEST, "ring", ride_out).tolist() == [0, 6000, 4000]
