"""One network must have one form and one hash, in whatever order its parts come: manifests pin it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastgen.errors import DataError
from fastgen.model.road_graph import MAX_LENGTH_MM, Provenance, RoadGraph
from fastgen.units import NO_STREET
from tests.small_town import make_town

WHERE = Provenance("a test", "none", synthetic=True)
# Five nodes (the last one without a road), and roads with a self-loop, parallels and a length of nothing.
PARTS: dict[str, Any] = {
    "lat_e6": [30, 10, 20, 10, 99],
    "lon_e6": [0, 5, 0, -5, 0],
    "edge_from": [0, 1, 1, 2, 2, 3, 0, 1],
    "edge_to": [1, 0, 0, 2, 3, 2, 1, 0],
    "edge_length_mm": [100, 70, 60, 5, 0, 7, 100, 60],
    "edge_street": [0, 2, NO_STREET, 1, 1, 0, 2, 1],
    "street_names": ("Elm", "Ash", "Oak"),
}
PINNED = "b6b5ec20e0e861875f48cc096083bd7a0d933ce73dcd51b0adb5a590ae0f5b12"


def make(**changes: Any) -> RoadGraph:
    parts: dict[str, Any] = {
        k: v if isinstance(v, tuple) else np.array(v) for k, v in {**PARTS, **changes}.items()
    }
    return RoadGraph.from_edges(**parts, provenance=WHERE)


def named_edges(graph: RoadGraph) -> list[tuple[tuple[int, int], tuple[int, int], int, str]]:
    place = list(zip(graph.lat_e6.tolist(), graph.lon_e6.tolist(), strict=True))
    ends = zip(graph.edge_from(), graph.edge_to, graph.edge_length_mm, graph.edge_street, strict=True)
    names = (*graph.street_names, "")
    return [(place[a], place[b], int(length), names[s]) for a, b, length, s in ends]


def test_nodes_are_sorted_and_lonely_ones_dropped() -> None:
    graph = make()
    assert list(zip(graph.lat_e6.tolist(), graph.lon_e6.tolist(), strict=True)) == [
        (10, -5),
        (10, 5),
        (20, 0),
        (30, 0),
    ]
    assert (graph.n_nodes, graph.n_edges) == (4, 4)


def test_of_parallels_the_shortest_is_kept_and_then_the_first_name() -> None:
    """Ash and a road without a name are 60 mm both; Elm and Oak 100 mm both."""
    assert named_edges(make()) == [
        ((10, -5), (20, 0), 7, "Elm"),
        ((10, 5), (30, 0), 60, "Ash"),
        ((20, 0), (10, -5), 1, "Ash"),
        ((30, 0), (10, 5), 100, "Elm"),
    ]


def test_names_without_a_road_are_dropped() -> None:
    assert make().street_names == ("Ash", "Elm")


def test_form_is_compressed_sparse_rows() -> None:
    graph = make()
    assert graph.edge_start.tolist() == [0, 1, 2, 3, 4]
    assert graph.edge_from().tolist() == [0, 1, 2, 3]
    for array, dtype in (
        (graph.lat_e6, "i4"),
        (graph.edge_start, "i8"),
        (graph.edge_to, "i4"),
        (graph.edge_street, "i4"),
    ):
        assert array.dtype == np.dtype(dtype)


def test_order_of_the_parts_has_no_meaning() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        nodes, edges, streets = rng.permutation(5), rng.permutation(8), rng.permutation(3)
        rename = np.append(np.argsort(streets), NO_STREET)
        other = make(
            lat_e6=np.array(PARTS["lat_e6"])[nodes],
            lon_e6=np.array(PARTS["lon_e6"])[nodes],
            edge_from=np.argsort(nodes)[np.array(PARTS["edge_from"])[edges]],
            edge_to=np.argsort(nodes)[np.array(PARTS["edge_to"])[edges]],
            edge_length_mm=np.array(PARTS["edge_length_mm"])[edges],
            edge_street=rename[np.array(PARTS["edge_street"])[edges]],
            street_names=tuple(PARTS["street_names"][s] for s in streets),
        )
        assert other.content_hash() == make().content_hash()


def test_names_given_twice_are_one() -> None:
    other = make(street_names=("Elm", "Ash", "Oak", "Elm"), edge_street=[3, 2, NO_STREET, 1, 1, 3, 2, 1])
    assert other.content_hash() == make().content_hash()


@pytest.mark.parametrize(
    "change",
    [
        {"lat_e6": [31, 10, 20, 10, 99]},
        {"lon_e6": [0, 6, 0, -5, 0]},
        {"edge_to": [1, 0, 0, 2, 1, 2, 1, 0]},
        {"edge_length_mm": [101, 70, 60, 5, 0, 7, 101, 60]},
        {"edge_street": [0, 2, NO_STREET, 1, NO_STREET, 0, 2, 1]},
        {"street_names": ("Elm", "Asp", "Oak")},
    ],
)
def test_hash_sees_every_change(change: dict[str, Any]) -> None:
    assert make(**change).content_hash() != make().content_hash()


def test_hash_is_pinned() -> None:
    assert make().content_hash() == PINNED


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lat_e6": [90_000_001, 10, 20, 10, 99]}, "node latitude in microdegrees"),
        ({"lon_e6": [0, 5, 0, -180_000_001, 0]}, "node longitude in microdegrees"),
        ({"edge_to": [1, 0, 0, 2, 3, 5, 1, 0]}, "edge node index"),
        ({"edge_from": [0, 1, 1, -1, 2, 3, 0, 1]}, "edge node index"),
        ({"edge_length_mm": [100, 70, 60, 5, -1, 7, 100, 60]}, "edge length in mm"),
        ({"edge_length_mm": [MAX_LENGTH_MM + 1, 70, 60, 5, 0, 7, 100, 60]}, "edge length in mm"),
        ({"edge_street": [0, 3, NO_STREET, 1, 1, 0, 2, 1]}, "edge street index"),
        ({"lon_e6": [0, 5, 0, -5]}, "lat_e6 and lon_e6 of one shape"),
        ({"edge_to": [1, 0]}, "edge arrays of one shape"),
    ],
)
def test_impossible_parts_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=rf"^Expected .*{message}"):
        make(**change)


def test_graph_without_roads() -> None:
    none: dict[str, Any] = {
        k: np.zeros(0, np.int64) for k in ("edge_from", "edge_to", "edge_length_mm", "edge_street")
    }
    graph = make(**none)
    assert (graph.n_nodes, graph.n_edges, graph.street_names) == (0, 0, ())


def test_distances_are_great_circles() -> None:
    """A degree along a meridian, and one along the equator, of a sphere of 6,371,009 m."""
    graph = make(lat_e6=[1_000_000, 0, 0, 60_000_000, 99], lon_e6=[0, 1_000_000, 0, 180_000_000, 0])
    degree = np.pi / 180 * 6_371_009
    wanted = {
        (1_000_000, 0): degree,
        (0, 1_000_000): degree,
        (0, 0): 0.0,
        (60_000_000, 180_000_000): 120 * degree,
    }
    places = zip(graph.lat_e6.tolist(), graph.lon_e6.tolist(), strict=True)
    np.testing.assert_allclose(graph.distances_m(0, 0), [wanted[p] for p in places], atol=1e-3)


def test_distances_of_equals_are_equal_and_of_a_node_itself_nothing() -> None:
    graph = make(lat_e6=[10, 10, -10, -10, 99], lon_e6=[10, -10, 10, -10, 0])
    dist_m = graph.distances_m(0, 0)
    assert dist_m[0] == pytest.approx(1.572, abs=0.001)
    assert set(dist_m[:4]) == {dist_m[0]}
    town = make_town(7)
    assert np.argmin(town.distances_m(town.lat_e6[12] / 1e6, town.lon_e6[12] / 1e6)) == 12
