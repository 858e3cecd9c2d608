"""An invented city must pass for one: its measures lie where those of real places do, wherever it stands."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.cli.roads import roads as commands
from fastgen.errors import DataError
from fastgen.model.route_table import RouteRequest
from fastgen.roads.components import label_components
from fastgen.roads.measures import measure_streets
from fastgen.roads.routes import compute_route_table
from fastgen.roads.synthetic.draws import Draws
from fastgen.roads.synthetic.ground import WATERS
from fastgen.roads.synthetic.invention import invent_roads
from fastgen.roads.synthetic.styles import STYLES
from fastgen.units import EARTH_RADIUS_M, M_PER_MILE
from tests.effort import repeats

if TYPE_CHECKING:
    from fastgen.model.road_graph import RoadGraph

SIDES = dict(
    zip(("north", "south", "east", "west"), np.array([[1, 0], [-1, 0], [0, 1], [0, -1]]), strict=True)
)
# Position, half the side of the square in miles, water, seed.
PLACES = (
    (30.2672, -97.7431, 1.5, "none", 0),
    (-33.87, 151.2, 1.5, "river", 1),
    (64.14, -21.94, 2.0, "east", 2),
    (1.29, 103.85, 2.0, "south-west", 3),
    (51.5, 0.0, 1.2, "north", 4),
)[: repeats(2, 5)]
# The ranges of grids are narrow, so their cities are large enough to average.
GRID_RADIUS_MI = 2.0
PINNED: dict[tuple[float, float, str, str, int], str] = {
    (
        48.137,
        11.575,
        "old-town",
        "river",
        5,
    ): "2f39d11bcc6b49d3c260b00a93819ab8b891c23df385e628781de04cb62fec0d",
    (-16.8, 179.999, "mixed", "west", 1): "e1c132ce428e08f20dc952510021a8223f7366fdf834e562dc3628d36cf7f118",
    (
        69.65,
        18.95,
        "grid",
        "north-east",
        2**64 - 1,
    ): "c0c6d3564d8e5ae743640bab219314e2c75187f7f59c95ebb7f351bef6331890",
    (-85.0, -180.0, "suburb", "none", 0): "3453f8ba1a445bce684b7ded44328eed04053bf5edcc02af31a10ad9b69bab43",
}


@functools.cache
def stated_ranges() -> dict[str, dict[str, tuple[float, float]]]:
    """Read the ranges of each style's measures from the table in docs/roads.md."""
    names, rows = table_of("| style | intersections_per_km2")
    return {style: dict(zip(names, map(bounds, cells), strict=True)) for style, *cells in rows}


def table_of(head: str) -> tuple[list[str], list[list[str]]]:
    """Read the table of docs/roads.md that begins so: its columns but the first, and a row for each style."""
    lines = (Path(__file__).parents[2] / "docs" / "roads.md").read_text(encoding="utf-8").splitlines()
    first = next(k for k, line in enumerate(lines) if line.startswith(head))
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[first:]]
    return rows[0][1:], rows[2 : 2 + len(STYLES)]


def bounds(cell: str) -> tuple[float, float]:
    low, high = map(float, cell.split(" to "))
    return low, high


@functools.cache
def invented(lat: float, lon: float, radius_mi: float, style: str, water: str, seed: int) -> RoadGraph:
    return invent_roads(lat, lon, radius_mi, style, water, seed)


# Grids are measured in larger squares, below.
@pytest.mark.parametrize("style", [style for style in STYLES if style != "grid"])
@pytest.mark.parametrize("place", PLACES)
def test_measures_lie_in_the_ranges_of_real_places(
    place: tuple[float, float, float, str, int], style: str
) -> None:
    lat, lon, radius_mi, water, seed = place
    check_measures(invented(lat, lon, radius_mi, style, water, seed), style)


@pytest.mark.parametrize("seed", range(repeats(3, 16)))
def test_grids_measure_as_real_ones_do(seed: int) -> None:
    chance = np.random.default_rng(seed)
    lat, lon = float(chance.uniform(-60, 60)), float(chance.uniform(-180, 180))
    check_measures(invented(lat, lon, GRID_RADIUS_MI, "grid", WATERS[seed % len(WATERS)], seed), "grid")


def test_a_large_grid_has_one_way_streets_everywhere() -> None:
    inner = measure_streets(invented(41.9, -87.6, 1.2, "grid", "none", 0)).one_way
    whole = measure_streets(invented(41.9, -87.6, 4.0, "grid", "none", 0))
    assert abs(whole.one_way - inner) < 0.06
    low, high = stated_ranges()["grid"]["one_way"]
    assert low <= whole.one_way <= high


def check_measures(graph: RoadGraph, style: str) -> None:
    """Check that a network's measures lie in the ranges that docs/roads.md states for its style."""
    measures = measure_streets(graph)._asdict()
    ranges = stated_ranges()[style]
    assert list(ranges) == list(measures)
    outside = {k: v for k, v in measures.items() if not ranges[k][0] <= v <= ranges[k][1]}
    assert outside == {}


# Mixed cities differ from the places at hand: docs/roads.md says how.
@pytest.mark.parametrize("style", [style for style in STYLES if style != "mixed"])
def test_what_a_style_keeps_to_is_no_wider_than_real_places(style: str) -> None:
    columns, rows = table_of("| style | real places")
    real = next(
        dict(zip(columns[1:], map(bounds, cells), strict=True)) for name, _, *cells in rows if name == style
    )
    stated = dict(stated_ranges()[style])
    # The entropy is the order in other units, and the table of real places has the order alone.
    del stated["orientation_entropy"]
    for (low, high), (real_low, real_high) in zip(stated.values(), real.values(), strict=True):
        assert real_low <= low < high <= real_high


@pytest.mark.parametrize("place", PINNED)
def test_the_same_network_on_every_machine(place: tuple[float, float, str, str, int]) -> None:
    lat, lon, style, water, seed = place
    assert invented(lat, lon, 0.5, style, water, seed).content_hash() == PINNED[place]


def test_neither_hash_seed_nor_locale_nor_threads_matter() -> None:
    code = (
        "from fastgen.roads.synthetic.invention import invent_roads;"
        "print(invent_roads(48.137, 11.575, 0.5, 'old-town', 'river', 5).content_hash())"
    )
    surroundings = {**os.environ, "PYTHONHASHSEED": "7", "LC_ALL": "tr_TR.UTF-8", "OMP_NUM_THREADS": "1"}
    run = subprocess.run([sys.executable, "-c", code], env=surroundings, capture_output=True, check=True)
    here = invented(48.137, 11.575, 0.5, "old-town", "river", 5)
    assert run.stdout.decode().strip() == here.content_hash()


def test_position_and_seed_make_other_cities_and_nothing_else_does() -> None:
    first = invent_roads(10.0, 20.0, 0.5).content_hash()
    assert invent_roads(10.0 + 4e-7, 20.0, 0.5).content_hash() == first
    others = {
        invent_roads(10.0, 20.0, 0.5, seed=1).content_hash(),
        invent_roads(10.001, 20.0, 0.5).content_hash(),
    }
    assert len({first, *others}) == 3


@pytest.mark.parametrize(("lat", "lon"), [(0.0, 0.0), (-16.8, 179.999), (85.0, -180.0), (-85.0, 180.0)])
def test_any_place_gets_one_network_around_its_kitchen(lat: float, lon: float) -> None:
    graph = invented(lat, lon, 0.5, "mixed", "none", 0)
    assert len(set(label_components(graph.n_nodes, graph.edge_from(), graph.edge_to).tolist())) == 1
    assert graph.distances_m(lat, lon).min() < 400
    assert graph.lon_e6.min() >= -180_000_000
    assert graph.lon_e6.max() < 180_000_000
    request = RouteRequest(lat, lon, 0.5, 25.0, 60, "distance", "a street")
    routes = compute_route_table(graph, request, "city")
    # A straight line at 85 degrees is longer than on the plane, by the breadth of the square at most.
    assert len(routes.dist_mm) > 0.97 * graph.n_nodes


@pytest.mark.parametrize("water", WATERS[:: repeats(3, 1)])
def test_water_lies_on_its_side(water: str) -> None:
    graph = invented(40.0, -100.0, 1.2, "suburb", water, 3)
    half = np.degrees(1.2 * M_PER_MILE / EARTH_RADIUS_M)
    north = (graph.lat_e6 / 1e6 - 40.0) / half
    east = (graph.lon_e6 / 1e6 + 100.0) / half * np.cos(np.radians(40))
    if water in {"none", "river"}:
        assert min(north.max(), -north.min(), east.max(), -east.min()) > 0.9
        return
    seaward = sum(SIDES[side] for side in water.split("-"))
    reach = np.column_stack([north, east]) @ (seaward / np.hypot(*seaward))
    assert reach.max() < 0.65
    assert reach.min() < -0.9


def test_it_says_what_it_is() -> None:
    source, licence, synthetic = invented(10.0, 20.0, 0.5, "grid", "west", 9).provenance
    assert synthetic
    assert licence == "CC0-1.0"
    assert source == (
        "fastgen synthetic network, style grid, water west, seed 9 (invented streets, not for navigation)"
    )


def test_all_streets_are_named() -> None:
    graph = invented(10.0, 20.0, 0.5, "grid", "west", 9)
    assert (graph.edge_street >= 0).all()
    assert {"5th Street", "9th Avenue"} <= set(graph.street_names)
    assert not [name for name in graph.street_names if "?" in name]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"style": "town"}, r"^style: expected one of grid, suburb, old-town, mixed, got 'town'\.$"),
        ({"water": "up"}, r"^water: expected one of none, north, .*, river, got 'up'\.$"),
        ({"seed": -1}, r"^seed: expected 0 <= seed < 2\*\*64, got -1\.$"),
    ],
)
def test_other_words_are_refused(options: dict[str, str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        invent_roads(0.0, 0.0, 1.0, **options)  # type: ignore[arg-type]


def test_the_command_knows_all_styles_and_waters() -> None:
    options = {option.name: option.type for option in commands.commands["invent"].params}
    assert tuple(getattr(options["style"], "choices", ())) == STYLES
    assert tuple(getattr(options["water"], "choices", ())) == WATERS


def test_draws_do_not_depend_on_how_many_are_taken_at_once() -> None:
    many, single = Draws(7, 1), Draws(7, 1)
    assert many.random(1200).tolist() == [float(single.random()) for _ in range(1200)]
    normal = Draws(7, 2).normal(3.0, 2.0, 20_000)
    assert float(normal.mean()) == pytest.approx(3.0, abs=0.05)
    assert float(normal.std()) == pytest.approx(2.0, abs=0.05)
    assert sorted(Draws(7, 3).permutation(50).tolist()) == list(range(50))
    assert {int(Draws(7, k).choice((1, 2))) for k in range(20)} == {1, 2}
