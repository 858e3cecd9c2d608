"""A user's file states only what differs; what `scenario show` prints must read back as the same scenario."""

import dataclasses
import datetime as dt
import json
import tempfile
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from fastgen.inputs.render import render_scenario
from fastgen.inputs.scenario_file import load_scenario
from fastgen.model.demand import DemandEvent, DemandWindow
from fastgen.model.location import Location, Placement
from fastgen.model.scenario import Scenario, scenario_from_dict
from tests.inputs.strategies import scenarios
from tests.inputs.town_tables import NEW_CITY


def load(folder: Path, text: str, **overrides: object) -> Scenario:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return load_scenario(path, overrides=overrides)


def location(scenario: Scenario, code: str) -> Location:
    return next(place for place in scenario.locations if place.code == code)


@given(scenario=scenarios())
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_rendered_scenario_is_read_back_equal(scenario: Scenario) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert load(Path(folder), render_scenario(scenario)) == scenario


@given(scenario=scenarios())
@settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_dictionary_form_is_read_back_equal(scenario: Scenario) -> None:
    again = scenario_from_dict(json.loads(json.dumps(scenario.to_dict())))
    assert again == scenario
    assert again.content_hash() == scenario.content_hash()


def test_shipped_preset_is_its_own_rendering() -> None:
    source = resources.files("fastgen.inputs") / "presets" / "canonical.toml"
    assert source.read_text(encoding="utf-8") == render_scenario(load_scenario(None))


def test_every_key_is_commented_where_it_first_appears() -> None:
    text = render_scenario(load_scenario(None))
    explained = set()
    for line in text.split("\n\n", 1)[1].splitlines():
        key, _, rest = line.partition(" = ")
        if rest and not key.startswith(("#", " ")) and key not in explained:
            assert "  # " in rest, line
            explained.add(key)
    assert {"seed", "noise_low", "peak", "sd_min", "timezone", "brands"} - explained == {"sd_min"}
    assert "# sd_min: standard deviation, minutes (0 <= sd_min <= 240)" in text


def test_empty_file_is_the_preset(tmp_path: Path) -> None:
    assert load(tmp_path, "") == load_scenario(None)


def test_byte_order_mark_is_no_key(tmp_path: Path) -> None:
    assert load(tmp_path, "\ufeffdays = 3").days == 3


def test_only_what_is_stated_differs(tmp_path: Path) -> None:
    preset = load_scenario(None)
    changed = load(tmp_path, "[driver]\nspeed_mph = 30\n[demand.windows.lunch]\npeak = 4")
    lunch, dinner = preset.demand.windows
    windows = (dataclasses.replace(lunch, peak=4.0), dinner)
    assert changed == dataclasses.replace(
        preset,
        driver=dataclasses.replace(preset.driver, speed_mph=30.0),
        demand=dataclasses.replace(preset.demand, windows=windows),
    )


def test_lists_are_replaced_whole(tmp_path: Path) -> None:
    changed = load(tmp_path, "[locations.sf]\nbrands = [{ brand_id = 3 }]")
    assert location(changed, "sf").brands == (Placement(3),)
    assert location(load(tmp_path, '[locations.sf]\nbrands = "all"'), "sf").brands is None


def test_locations_and_windows_are_switched_off(tmp_path: Path) -> None:
    off = "[locations.sf]\nenabled = false\n[demand.windows.lunch]\nenabled = false"
    changed = load(tmp_path, off + "\n[locations.sv.windows.night]\nenabled = false")
    assert [place.code for place in changed.locations] == ["sv", "bellevue", "chicago"]
    assert [window.name for window in changed.demand.windows] == ["dinner"]
    assert [window.name for window in location(changed, "sv").windows] == ["midnight"]


def test_switched_on_is_as_ever(tmp_path: Path) -> None:
    assert load(tmp_path, "[locations.sf]\nenabled = true") == load_scenario(None)


def test_new_city_needs_six_keys(tmp_path: Path) -> None:
    assert location(load(tmp_path, NEW_CITY), "austin") == Location(
        location_id=5,
        code="austin",
        name="Austin",
        address="Austin",
        lat=30.2672,
        lon=-97.7431,
        narrative="stagnant",
        base_orders_day=120,
        growth_rate_daily=0.0,
        timezone="America/Chicago",
    )


@pytest.mark.parametrize(("growth", "narrative"), [("0.01", "growing"), ("-0.01", "declining")])
def test_new_city_tells_its_story_by_its_growth(tmp_path: Path, growth: str, narrative: str) -> None:
    changed = load(tmp_path, f"{NEW_CITY}growth_rate_daily = {growth}")
    assert location(changed, "austin").narrative == narrative


@pytest.mark.parametrize("start_day", [2, 36_500])
@pytest.mark.parametrize("growth", [-0.99, 9.0])
def test_growth_of_a_brand_counts_from_its_first_day(tmp_path: Path, start_day: int, growth: float) -> None:
    """A brand that opens late, or after the last day, has no popularity yet that could be too large."""
    brands = f"{{ brand_id = 1, start_day = {start_day}, growth_rate_monthly = {growth} }}"
    mine = load(tmp_path, f"days = 3\n[locations.sf]\nbrands = [{brands}]")
    assert location(mine, "sf").brands == (Placement(1, start_day, growth_rate_monthly=growth),)


def test_window_without_shape_is_a_bell(tmp_path: Path) -> None:
    changed = load(tmp_path, '[locations.sf.windows.late]\nstart = "21:00"\nend = "24:00"\npeak = 2')
    assert location(changed, "sf").windows == (DemandWindow("late", 1260, 1440, 2.0, "bell"),)


@pytest.mark.parametrize("days", ["day = 40", "days = [40, 40]", "first_day = 40\nlast_day = 40"])
def test_event_on_a_day(tmp_path: Path, days: str) -> None:
    changed = load(tmp_path, f'[events.friday_rush]\nlocations = ["chicago"]\n{days}\nfactor = 2')
    assert changed.events == (DemandEvent("friday_rush", ("chicago",), 40, 40, 2.0, 0, 1440),)


def test_event_in_a_part_of_some_days_everywhere(tmp_path: Path) -> None:
    changed = load(
        tmp_path, '[events.x]\ndays = [1, 3]\nfactor = 0\nfrom = "17:00"\nto = "24:00"\nenabled = true'
    )
    assert changed.events == (DemandEvent("x", (), 1, 3, 0.0, 1020, 1440),)


def test_complete_file_takes_nothing_from_the_preset(tmp_path: Path) -> None:
    preset = load_scenario(None)
    alone = dataclasses.replace(preset, locations=preset.locations[:1])
    assert load(tmp_path, render_scenario(alone)) == alone


def test_command_line_outweighs_the_file(tmp_path: Path) -> None:
    changed = load(tmp_path, "days = 10\nseed = 1", days=20, scale=2, start="2025-03-01", seed=None)
    assert (changed.days, changed.seed, changed.scale) == (20, 1, 2.0)
    assert changed.start == dt.date(2025, 3, 1)


def test_start_is_a_date_or_its_text(tmp_path: Path) -> None:
    assert load(tmp_path, "start = 2025-03-01") == load(tmp_path, 'start = "2025-03-01"')
