"""A warning says that a delivery square reaches beyond the roads: else customers would silently be fewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.inputs.scenario_file import load_scenario
from fastgen.roads.area import Area
from fastgen.roads.coverage import compute_covered_share, describe_gap
from fastgen.roads.offline import builtin_codes, builtin_square, read_builtin

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


def test_a_users_network_is_theirs_to_judge(tmp_path: Path) -> None:
    (tmp_path / "sf.roads").write_bytes(read_builtin("sf"))
    assert gap(SF._replace(radius_mi=8.0), folder=tmp_path) == ""
    assert gap(SF._replace(radius_mi=8.0), "chicago", tmp_path) != ""
    assert gap(SF, "berlin") == ""
