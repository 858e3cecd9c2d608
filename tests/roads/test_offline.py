"""Built-in networks stand in for real ones: they must lie where the cities lie and measure as such do."""

from __future__ import annotations

import functools
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.drives import measure_drives
from fastgen.errors import DataError
from fastgen.roads.measures import measure_streets
from fastgen.roads.offline import builtin_codes, load_builtin
from fastgen.units import EARTH_RADIUS_M, M_PER_MILE, NO_STREET
from tests.small_town import KITCHENS

if TYPE_CHECKING:
    from fastgen.model.road_graph import RoadGraph

# Orders of the canonical 90 days, rounded: base, growth and weekdays summed by hand.
ORDERS = {"sf": 20_800, "sv": 8_700, "bellevue": 20_500, "chicago": 25_900}
# Open water, with a distance in metres that no junction comes near.
WATER = [
    ("sf", 37.8250, -122.4200, 1500),
    ("sf", 37.7700, -122.3400, 2500),
    ("sv", 37.4520, -122.0600, 1500),
    ("bellevue", 47.6120, -122.3800, 1000),
    ("bellevue", 47.6400, -122.3355, 250),
    ("bellevue", 47.6200, -122.2600, 1200),
    ("chicago", 41.8900, -87.5800, 2500),
]
# Places in town, with a distance in metres within which there is a junction.
TOWN = [
    ("sf", 37.7599, -122.4148, 120),
    ("sf", 37.8230, -122.3710, 150),
    ("sv", 37.4440, -122.1600, 120),
    ("bellevue", 47.6625, -122.3330, 120),
    ("bellevue", 47.5750, -122.3860, 150),
    ("chicago", 41.8800, -87.6300, 120),
    ("chicago", 41.9300, -87.6950, 150),
]


@functools.cache
def network(code: str) -> RoadGraph:
    return load_builtin(code)


def straight_mm(graph: RoadGraph) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    lat, lon = np.radians(graph.lat_e6 / 1e6), np.radians(graph.lon_e6 / 1e6)
    u, v = graph.edge_from(), graph.edge_to
    h = (
        np.sin((lat[u] - lat[v]) / 2) ** 2
        + np.cos(lat[u]) * np.cos(lat[v]) * np.sin((lon[u] - lon[v]) / 2) ** 2
    )
    return np.asarray(2 * EARTH_RADIUS_M * 1000 * np.arcsin(np.sqrt(h)), np.float64)


def test_codes() -> None:
    assert builtin_codes() == tuple(sorted(KITCHENS))


def test_unknown_code() -> None:
    with pytest.raises(DataError, match=r"^Expected .*bellevue, chicago, sf, sv.*, got '\.\./x'\.$"):
        load_builtin("../x")


@pytest.mark.parametrize("code", KITCHENS)
def test_is_said_to_be_synthetic(code: str) -> None:
    source, licence, synthetic = network(code).provenance
    assert synthetic
    assert licence == "CC0-1.0"
    assert source.startswith("fastgen built-in synthetic network of ")
    assert source.endswith("(invented streets, not for navigation)")


@pytest.mark.parametrize("code", KITCHENS)
def test_lies_in_the_square_around_the_kitchen(code: str) -> None:
    graph, (lat, lon) = network(code), KITCHENS[code]
    metre = np.degrees(1 / EARTH_RADIUS_M)
    north, east = (
        (graph.lat_e6 / 1e6 - lat) / metre,
        (graph.lon_e6 / 1e6 - lon) / metre * np.cos(np.radians(lat)),
    )
    assert max(np.abs(north).max(), np.abs(east).max()) <= 4 * M_PER_MILE
    # It fills the land: one side of the square at least is reached in each direction that has land.
    assert north.min() < -6000
    assert east.min() < -6000
    assert graph.distances_m(lat, lon).min() <= 200


@pytest.mark.parametrize("code", KITCHENS)
def test_is_one_network_of_named_streets(code: str) -> None:
    graph = network(code)
    assert 5000 <= graph.n_nodes <= 12_000
    label = np.arange(graph.n_nodes)
    u, v = graph.edge_from(), graph.edge_to
    for _ in range(graph.n_nodes):
        before = label.copy()
        np.minimum.at(label, u, label[v])
        np.minimum.at(label, v, label[u])
        label = label[label]
        if (label == before).all():
            break
    assert (label == 0).all()
    assert (graph.edge_street != NO_STREET).all()
    assert all(name.strip() == name and "?" not in name for name in graph.street_names)


@pytest.mark.parametrize("code", KITCHENS)
def test_no_street_is_shorter_than_the_straight_line(code: str) -> None:
    graph = network(code)
    assert (graph.edge_length_mm >= straight_mm(graph)).all()


@pytest.mark.parametrize(("code", "lat", "lon", "away_m"), WATER)
def test_water_is_empty(code: str, lat: float, lon: float, away_m: float) -> None:
    assert network(code).distances_m(lat, lon).min() > away_m


@pytest.mark.parametrize(("code", "lat", "lon", "away_m"), TOWN)
def test_town_is_not(code: str, lat: float, lon: float, away_m: float) -> None:
    assert network(code).distances_m(lat, lon).min() < away_m


def test_more_than_half_of_sf_is_water() -> None:
    lat, lon = KITCHENS["sf"]
    up = np.degrees(4 * M_PER_MILE / EARTH_RADIUS_M)
    grid = np.linspace(-1, 1, 21)
    far = [
        network("sf").distances_m(lat + up * y, lon + up / 0.79 * x).min() > 400 for y in grid for x in grid
    ]
    assert 0.5 < np.mean(far) < 0.75


@pytest.mark.parametrize(
    ("code", "order", "one_way", "streets_per_node"),
    [
        ("sf", (0.2, 0.4), (0.15, 0.4), (3.1, 3.5)),
        ("sv", (0.0, 0.15), (0.0, 0.06), (2.7, 3.1)),
        ("bellevue", (0.64, 0.8), (0.03, 0.2), (3.0, 3.4)),
        ("chicago", (0.86, 0.95), (0.35, 0.6), (3.2, 3.6)),
    ],
)
def test_measures_as_such_cities_do(
    code: str, order: tuple[float, float], one_way: tuple[float, float], streets_per_node: tuple[float, float]
) -> None:
    measures = measure_streets(network(code))
    assert order[0] <= measures.orientation_order <= order[1]
    assert one_way[0] <= measures.one_way <= one_way[1]
    assert streets_per_node[0] <= measures.streets_per_node <= streets_per_node[1]
    assert 0.03 <= measures.dead_ends <= 0.2
    assert 80 <= measures.median_street_m <= 120
    drives = measure_drives(network(code), *KITCHENS[code])
    assert 1.1 <= drives.detour <= 1.3
    assert 0 < drives.unreached <= 0.02


def test_events_an_order_over_the_canonical_mix() -> None:
    drives = {code: measure_drives(network(code), *KITCHENS[code]) for code in ORDERS}
    mean = sum(n * drives[code].events_per_order for code, n in ORDERS.items()) / sum(ORDERS.values())
    assert mean == pytest.approx(13.4, abs=0.15)


def test_loading_stays_light() -> None:
    heavy = ("scipy", "shapely", "osmnx", "networkx", "numba", "polars", "fastgen.roads.synthetic")
    script = (
        "import sys; from fastgen.roads.offline import load_builtin; load_builtin('sf');"
        f"print([m for m in {heavy!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
