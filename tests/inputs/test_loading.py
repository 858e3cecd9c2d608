"""Preset, tables and a user's file meet in one order, and the tables always say what the scenario says."""

from pathlib import Path

import numpy as np
import pytest

from fastgen.errors import ScenarioError
from fastgen.inputs.loading import load_inputs
from fastgen.inputs.location_tables import make_dimensions
from fastgen.inputs.menus import load_built_in_menus
from fastgen.inputs.tables import write_tables
from fastgen.model.demand import DemandWindow
from fastgen.model.location import Placement
from tests.inputs.town_tables import NEW_CITY, changed, write_town

# Menus may still be edited; these pin the scenario's own tables.
CANONICAL_PLACEMENTS = {
    1: [15, 4, 10, 16, 17, 18],
    2: [2, 8, 10, 12, 14, 1, 19],
    3: [13, 14, 1, 5, 12, 20],
    4: [21, 22, 23, 24, 14],
}


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_built_in_tables_have_the_rows_of_the_model() -> None:
    _, dims = load_inputs(None, None)
    rows = [len(table[0]) for table in (dims.locations, dims.brands, dims.brand_locations, dims.menus)]
    assert [*rows, len(dims.categories.id), len(dims.items.id)] == [4, 24, 24, 24, 112, 181]
    placed = dims.brand_locations
    for location_id, brands in CANONICAL_PLACEMENTS.items():
        assert placed.brand_id[placed.location_id == location_id].tolist() == sorted(brands)
    order = np.lexsort((placed.location_id, placed.brand_id))
    assert order.tolist() == list(range(24))
    assert placed.brand_location_id.tolist() == list(range(1, 25))
    assert placed.end_day[~np.isnan(placed.end_day)].tolist() == [60.0]
    assert set(placed.trajectory) == {"growing", "flat", "declining"}


def test_ids_run_from_one_in_brand_order() -> None:
    menus = load_built_in_menus()
    for ids, brands in [
        (menus.brands.brand_id, menus.brands.brand_id),
        (menus.menus.id, menus.menus.brand_id),
        (menus.categories.id, menus.categories.brand_id),
        (menus.items.id, menus.items.brand_id),
    ]:
        assert ids.tolist() == list(range(1, len(ids) + 1))
        assert (np.diff(brands) >= 0).all()


def test_written_built_in_tables_give_the_same_inputs(tmp_path: Path) -> None:
    scenario, dims = load_inputs(None, None)
    write_tables(dims, tmp_path)
    again, tables = load_inputs(None, tmp_path)
    assert again == scenario
    assert tables.content_hash() == dims.content_hash()


def test_tables_replace_the_presets_locations(tmp_path: Path) -> None:
    scenario, _ = load_inputs(None, write_town(tmp_path))
    sf, harbour = scenario.locations
    assert (sf.code, sf.location_id, sf.base_orders_day, sf.lat, sf.name) == (
        "sf",
        3,
        30,
        37.7,
        "San Francisco",
    )
    assert sf.timezone == "America/Los_Angeles"
    assert sf.brands == (Placement(10, growth_rate_monthly=-0.2),)
    assert (harbour.code, harbour.timezone, harbour.windows) == ("harbour", "UTC", ())
    assert harbour.brands == (Placement(10, 0, None, 0.1), Placement(20, 4, 60, 0.0))


def test_tables_take_windows_and_week_from_the_presets_location_of_that_code(tmp_path: Path) -> None:
    scenario, _ = load_inputs(None, write_town(tmp_path, changed("locations", "location_code", 1, "sv")))
    sv = scenario.locations[0]
    assert sv.weekday_factors == (1.0,) * 7
    assert [window.name for window in sv.windows] == ["midnight", "night"]


def test_users_tables_stay_as_they_are(tmp_path: Path) -> None:
    _, dims = load_inputs(write(tmp_path, "days = 7"), write_town(tmp_path))
    assert dims.locations.location_code == ("harbour", "sf")
    assert dims.brand_locations.brand_location_id.tolist() == [5, 6, 9]
    assert dims.items.id.tolist() == [100, 101, 102, 103]


def test_file_outweighs_tables(tmp_path: Path) -> None:
    text = """
    [locations.harbour]
    base_orders_day = 99
    brands = [{ brand_id = 20 }]
    [locations.sf]
    enabled = false
    [locations.harbour.windows.tea]
    start = "15:00"
    end = "17:00"
    peak = 2
    """
    scenario, dims = load_inputs(write(tmp_path, text), write_town(tmp_path))
    (harbour,) = scenario.locations
    assert (harbour.base_orders_day, harbour.lat) == (99, 10.5)
    assert harbour.windows == (DemandWindow("tea", 900, 1020, 2.0, "bell"),)
    assert dims.locations.base_orders_day.tolist() == [99]
    assert dims.brand_locations.brand_id.tolist() == [20]
    assert dims.items.id.tolist() == [100, 101, 102, 103]


def test_new_city_of_a_file_joins_the_tables(tmp_path: Path) -> None:
    scenario, dims = load_inputs(write(tmp_path, NEW_CITY), write_town(tmp_path))
    assert [place.code for place in scenario.locations] == ["sf", "austin", "harbour"]
    assert dims.brand_locations.brand_id[dims.brand_locations.location_id == 5].tolist() == [10, 20]


def test_brand_that_the_tables_lack_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "[locations.harbour]\nbrands = [{ brand_id = 1 }]")
    with pytest.raises(ScenarioError) as refused:
        load_inputs(path, write_town(tmp_path))
    wanted = "locations.harbour.brands.brand_id: expected a brand_id of the table of 2 brands, got 1."
    assert str(refused.value) == f"{path}: {wanted}"


def test_location_unknown_to_the_tables_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "[locations.chicago]\nbase_orders_day = 1")
    with pytest.raises(ScenarioError, match=r"locations\.chicago: expected a known location or a new one"):
        load_inputs(path, write_town(tmp_path))


def test_location_without_brands_is_a_table_without_placements(tmp_path: Path) -> None:
    path = write(
        tmp_path, "".join(f"[locations.{c}]\nbrands = []\n" for c in ("sf", "sv", "bellevue", "chicago"))
    )
    scenario, dims = load_inputs(path, None)
    assert len(dims.brand_locations.brand_id) == 0
    write_tables(dims, tmp_path)
    assert load_inputs(None, tmp_path)[0] == scenario


def test_every_brand_is_flat_where_none_is_named(tmp_path: Path) -> None:
    scenario, _ = load_inputs(write(tmp_path, '[locations.sf]\nbrands = "all"'), None)
    dims = make_dimensions(scenario, load_built_in_menus())
    rows = dims.brand_locations.location_id == 1
    assert dims.brand_locations.brand_id[rows].tolist() == list(range(1, 25))
    assert set(np.array(dims.brand_locations.trajectory)[rows]) == {"flat"}


def test_shipped_brands_of_slow_growth_are_flat() -> None:
    """2 and 5 per cent a month: the older data calls both flat, though they grow."""
    placed = load_inputs(None, None)[1].brand_locations
    growth = dict(zip(zip(placed.location_id, placed.brand_id, strict=True), placed.trajectory, strict=True))
    assert (growth[2, 1], growth[2, 12]) == ("flat", "flat")
    flat = np.abs(placed.growth_rate_monthly) <= 0.05
    assert [word == "flat" for word in placed.trajectory] == flat.tolist()


def test_tables_keep_their_own_trajectories(tmp_path: Path) -> None:
    """Also where a scenario changes something else of a location, so that its tables are made anew."""
    tables = changed("brand_locations", "trajectory", 0, "declining")
    directory = write_town(tmp_path, tables)
    assert load_inputs(None, directory)[1].brand_locations.trajectory == ("declining", "flat", "declining")
    path = write(tmp_path, "[locations.harbour]\nbase_orders_day = 13")
    made = load_inputs(path, directory)[1].brand_locations
    assert made.brand_id.tolist() == [10, 10, 20]
    assert made.location_id.tolist() == [3, 7, 7]
    assert made.trajectory == ("declining", "declining", "flat")
