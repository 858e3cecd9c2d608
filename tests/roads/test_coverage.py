"""A warning says that a delivery square reaches beyond the roads: else customers would silently be fewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.errors import DataError
from fastgen.inputs.scenario_file import load_scenario
from fastgen.model.road_graph import RoadGraph
from fastgen.roads.area import Area
from fastgen.roads.coverage import (
    compute_covered_share,
    compute_reached_share,
    describe_gap,
    find_misplaced,
)
from fastgen.roads.network import check_networks
from fastgen.roads.offline import builtin_codes, builtin_square, load_builtin, read_builtin
from fastgen.roads.roads_file import encode_roads
from fastgen.units import E6

if TYPE_CHECKING:
    from pathlib import Path

SF = builtin_square("sf")


def gap(area: Area, code: str = "sf", folder: Path | None = None) -> str:
    return describe_gap(area, code, folder, " --scenario s.toml", "So.")


def test_the_squares_of_built_in_networks_are_those_of_the_shipped_kitchens() -> None:
    scenario = load_scenario(None)
    shipped = {p.code: Area(p.lat, p.lon, scenario.delivery_of(p).radius_mi) for p in scenario.locations}
    assert {code: builtin_square(code) for code in builtin_codes()} == shipped
    for code, area in shipped.items():
        assert gap(area, code) == ""


@pytest.mark.parametrize(
    ("north_m", "east_m", "radius_mi", "share"),
    [
        (0, 0, 4, 1.0),
        (0, 0, 2, 1.0),
        (0, 0, 8, 0.25),
        (0, 0, 5, 0.64),
        (6437.36, 0, 4, 0.5),
        (-6437.36, 6437.36, 4, 0.25),
        (3218.68, 0, 2, 1.0),
        (50_000, 0, 4, 0.0),
    ],
)
@pytest.mark.parametrize("lon", [0.0, 179.999, -180.0])
def test_share_of_a_square_within_another(
    north_m: float, east_m: float, radius_mi: float, share: float, lon: float
) -> None:
    lat = 40.0
    kitchen_lat = lat + float(np.degrees(north_m / 6_371_009))
    kitchen_lon = lon + float(np.degrees(east_m / 6_371_009 / np.cos(np.radians(kitchen_lat))))
    kitchen_lon = (kitchen_lon + 180) % 360 - 180
    area = Area(kitchen_lat, kitchen_lon, radius_mi)
    assert compute_covered_share(area, Area(lat, lon, 4.0)) == pytest.approx(share, abs=2e-3)


def test_the_line_names_location_share_and_commands() -> None:
    options = "--location sf --scenario s.toml -o my_roads"
    assert gap(SF._replace(radius_mi=8.0)) == (
        "location sf: the built-in network of sf covers 25 % of the delivery square (8 miles to each side), "
        "and customers live in that part only: make larger roads with "
        f"'fastgen roads fetch {options}', or synthetic ones with "
        f"'fastgen roads invent {options}', and name them with --roads my_roads. So."
    )


def cut(graph: RoadGraph, area: Area) -> RoadGraph:
    """Cut a network down to a square."""
    inside = area.contains(graph.lat_e6 / E6, graph.lon_e6 / E6)
    kept = inside[graph.edge_from()] & inside[graph.edge_to]
    street = [graph.street_names[i] if i >= 0 else None for i in graph.edge_street[kept]]
    names = sorted({name for name in street if name is not None})
    return RoadGraph.from_edges(
        graph.lat_e6,
        graph.lon_e6,
        graph.edge_from()[kept],
        graph.edge_to[kept],
        graph.edge_length_mm[kept],
        np.array([names.index(name) if name is not None else -1 for name in street]),
        tuple(names),
        graph.provenance,
    )


@pytest.mark.parametrize("code", builtin_codes())
@pytest.mark.parametrize("radius_mi", [0.7, 1.0, 2.0, 4.0])
def test_a_network_cut_at_its_square_covers_it(code: str, radius_mi: float) -> None:
    """Also where it ends at water: San Francisco has no roads in the north-east, Chicago in the east."""
    area = builtin_square(code)._replace(radius_mi=radius_mi)
    assert compute_reached_share(area, cut(load_builtin(code), area)) == 1.0


@pytest.mark.parametrize(("radius_mi", "share"), [(5.0, 0.64), (8.0, 0.25)])
@pytest.mark.parametrize("code", ["sv", "bellevue"])
def test_a_users_network_that_is_too_small_is_measured(code: str, radius_mi: float, share: float) -> None:
    area = builtin_square(code)._replace(radius_mi=radius_mi)
    assert compute_reached_share(area, load_builtin(code)) == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize("north", [-0.02, 0.02])
@pytest.mark.parametrize("east", [-0.02, 0, 0.02])
def test_a_users_network_around_another_kitchen_is_measured(north: float, east: float) -> None:
    square = builtin_square("sv")
    area = square._replace(lat=square.lat + north, lon=square.lon + east)
    expected = compute_covered_share(area, square)
    assert compute_reached_share(area, load_builtin("sv")) == pytest.approx(expected, abs=0.03)


def test_a_users_network_is_judged_like_a_built_in_one(tmp_path: Path) -> None:
    (tmp_path / "sv.roads").write_bytes(read_builtin("sv"))
    square = builtin_square("sv")
    assert gap(square, "sv", tmp_path) == ""
    line = gap(square._replace(radius_mi=8.0), "sv", tmp_path)
    assert line.startswith(
        f"location sv: {tmp_path / 'sv.roads'} covers 26 % of the delivery square (8 miles"
    )
    assert f"name them with --roads {tmp_path}" in line
    assert "the built-in network of sf" in gap(SF._replace(radius_mi=8.0), folder=tmp_path)


def test_a_users_network_without_roads_covers_nothing(tmp_path: Path) -> None:
    nowhere = SF._replace(radius_mi=0.001)
    (tmp_path / "sf.roads").write_bytes(encode_roads(cut(load_builtin("sf"), nowhere)))
    assert "covers 0 % of" in gap(SF, folder=tmp_path)


def test_a_damaged_network_is_named(tmp_path: Path) -> None:
    (tmp_path / "sf.roads").write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"sf\.roads: expected a fastgen-roads file"):
        gap(SF, folder=tmp_path)


def test_only_a_kitchen_near_its_place_takes_a_built_in_network(tmp_path: Path) -> None:
    """A road within a kilometre is needed, so this far beyond the square there can be none."""
    near, far = SF._replace(lat=SF.lat + 0.06), SF._replace(lat=SF.lat + 0.07)
    berlin = Area(52.52, 13.405, 4.0)
    assert find_misplaced({"sf": near, "sv": berlin, "chicago": far, "berlin": berlin}) == ["sv", "chicago"]
    assert gap(berlin, "sv") == gap(SF, "berlin") == ""
    with pytest.raises(
        DataError, match=r"location sv: expected a road network .*the built-in sv\): make one"
    ):
        check_networks(["sf", "sv"], tmp_path, misplaced=["sv"])
    (tmp_path / "sv.roads").write_bytes(read_builtin("sv"))
    check_networks(["sf", "sv"], tmp_path, misplaced=["sv"])
