"""A location's tables state what differs from the scenario's; momentum is dealt into brand_locations."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.inputs.brand_momentum import deal_growth
from fastgen.inputs.loading import load_inputs
from fastgen.inputs.render import render_scenario
from fastgen.inputs.scenario_file import load_scenario
from fastgen.inputs.tables import write_tables
from fastgen.model.location import Location, Placement
from fastgen.model.momentum import Momentum
from tests.inputs.town_tables import NEW_CITY, write_town
from tests.own_keys import TEXT
from tests.significance import check_counts

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.model.scenario import Scenario

MOMENTUM = Momentum(0.1, 0.2, 0.7, 0.8, 0.2)
MOMENTUM_TEXT = "momentum = { improving = 0.1, flat = 0.2, declining = 0.7, growth = 0.8, decline = 0.2 }"


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def location(scenario: Scenario, code: str) -> Location:
    return next(place for place in scenario.locations if place.code == code)


def test_own_tables_take_what_they_leave_out_from_the_scenarios(tmp_path: Path) -> None:
    """The file changes the table of all locations too, which its location inherits."""
    text = """
    [service_times]
    started_to_finished = { mean_min = 20, sd_min = 4 }
    [locations.sf.service_times.started_to_finished]
    sd_min = 9
    [locations.sf.driver]
    speed_mph = 12
    """
    scenario = load_scenario(write(tmp_path, text))
    sf = location(scenario, "sf")
    cooking = dataclasses.replace(scenario.service_times.started_to_finished, sd_min=9.0)
    assert cooking.mean_min == 20
    assert sf.service_times == dataclasses.replace(scenario.service_times, started_to_finished=cooking)
    assert sf.driver == dataclasses.replace(scenario.driver, speed_mph=12.0)
    assert (sf.delivery, sf.baskets, location(scenario, "sv").driver) == (None, None, None)


def test_a_new_city_has_tables_of_its_own_too(tmp_path: Path) -> None:
    text = f"{NEW_CITY}growth_orders_daily = -2.5\nbaskets = {{ qty_max = 5 }}\n"
    scenario = load_scenario(write(tmp_path, text))
    austin = location(scenario, "austin")
    assert austin.baskets == dataclasses.replace(scenario.baskets, qty_max=5)
    assert (austin.growth_orders_daily, austin.growth_rate_daily, austin.narrative) == (
        -2.5,
        0.0,
        "declining",
    )


def test_rendered_scenario_has_them_whole_and_commented(tmp_path: Path) -> None:
    scenario = load_scenario(write(tmp_path, TEXT))
    text = render_scenario(scenario)
    for header in ("[locations.chicago.driver]", "[locations.chicago.momentum]"):
        assert f"\n{header}" in text
    assert "# improving: share of its brands that become more popular (0 <= improving <= 1)\n" in text
    assert load_scenario(write(tmp_path, text)) == scenario


def test_momentum_is_explained_where_a_location_has_it_first(tmp_path: Path) -> None:
    text = render_scenario(load_scenario(write(tmp_path, f"[locations.sf]\n{MOMENTUM_TEXT}")))
    assert "[locations.sf.momentum]  # deals its brands' growth_rate_monthly at random" in text
    assert "decline = 0.2  # loss of a declining brand's popularity a month (0 <= decline <= 0.99)" in text


def test_momentum_is_dealt_to_all_brands_of_the_location_alone(tmp_path: Path) -> None:
    text = f'[locations.bellevue]\nbrands = "all"\n{MOMENTUM_TEXT}'
    scenario, dims = load_inputs(write(tmp_path, text), None)
    placed = dims.brand_locations
    here = placed.location_id == 3
    rates = placed.growth_rate_monthly[here].tolist()
    assert Counter(rates) == {0.8: 2, 0.0: 5, -0.2: 17}
    words = {0.8: "growing", 0.0: "flat", -0.2: "declining"}
    assert [placed.trajectory[row] for row in np.flatnonzero(here)] == [words[rate] for rate in rates]
    others = [p for place in scenario.locations if place.code != "bellevue" for p in place.brands or ()]
    assert sorted(placed.growth_rate_monthly[~here]) == sorted(p.growth_rate_monthly for p in others)


def test_momentum_outweighs_stated_growth_and_trajectory(tmp_path: Path) -> None:
    text = f"""
    [locations.sf]
    brands = [{{ brand_id = 7, growth_rate_monthly = 3, trajectory = "growing" }}]
    {MOMENTUM_TEXT}
    """
    _, dims = load_inputs(write(tmp_path, text), None)
    row = int(np.flatnonzero(dims.brand_locations.location_id == 1)[0])
    assert dims.brand_locations.growth_rate_monthly[row] == -0.2
    assert dims.brand_locations.trajectory[row] == "declining"


def deal(seed: int = 42, location_id: int = 1, brands: range = range(1, 25)) -> list[float]:
    placements = [Placement(brand) for brand in brands]
    return [one.growth_rate_monthly for one in deal_growth(MOMENTUM, placements, seed, location_id)]


def test_the_deal_depends_on_seed_and_location() -> None:
    assert deal() == deal()
    assert len({tuple(deal(seed, place)) for seed in (42, 43) for place in (1, 2)}) == 4


def test_the_deal_is_by_brand_whatever_the_order_of_placements() -> None:
    placements = [Placement(5, 0, 10), Placement(2), Placement(9), Placement(5, 20)]
    dealt = deal_growth(MOMENTUM, placements, 42, 1)
    assert [(p.brand_id, p.start_day) for p in dealt] == [(p.brand_id, p.start_day) for p in placements]
    assert dealt[0].growth_rate_monthly == dealt[3].growth_rate_monthly
    assert deal_growth(MOMENTUM, placements[::-1], 42, 1) == dealt[::-1]


def test_every_brand_has_the_same_chance_of_each_growth() -> None:
    """Over 2,000 seeds one of ten brands improves, at the level of `tests.significance`."""
    rates = np.array([deal(seed, brands=range(1, 11)) for seed in range(2000)])
    assert ((rates > 0).sum(axis=1) == 1).all()
    assert ((rates == 0).sum(axis=1) == 2).all()
    check_counts((rates > 0).sum(axis=0), np.ones(10))
    # Two flat brands of ten a seed: binomial, 4.5 standard deviations.
    assert (np.abs((rates == 0).sum(axis=0) - 400) < 4.5 * np.sqrt(2000 * 0.2 * 0.8)).all()


def test_without_brands_nothing_is_dealt(tmp_path: Path) -> None:
    _, dims = load_inputs(write(tmp_path, f"[locations.sf]\nbrands = []\n{MOMENTUM_TEXT}"), None)
    assert 1 not in dims.brand_locations.location_id


def test_tables_keep_the_files_keys_and_are_dealt_again(tmp_path: Path) -> None:
    text = f"[locations.harbour]\n{MOMENTUM_TEXT}\nnoise_low = 0.3\ndriver = {{ speed_mph = 9 }}"
    scenario, dims = load_inputs(write(tmp_path, text), write_town(tmp_path))
    harbour = location(scenario, "harbour")
    assert (harbour.noise_low, harbour.momentum) == (0.3, MOMENTUM)
    assert harbour.driver == dataclasses.replace(scenario.driver, speed_mph=9.0)
    placed = dims.brand_locations
    rates = placed.growth_rate_monthly[placed.location_id == harbour.location_id].tolist()
    assert sorted(rates) == [-0.2, 0.0]  # 0.2, 0.4 and 1.4 of two brands
    # The tables that were made give the same when they are read again, with the same file.
    write_tables(dims, tmp_path / "again")
    assert load_inputs(tmp_path / "mine.toml", tmp_path / "again")[1].content_hash() == dims.content_hash()


@pytest.mark.parametrize("option", ["seed", "days"])
def test_the_seed_of_an_option_deals_anew(option: str, tmp_path: Path) -> None:
    path = write(tmp_path, f'[locations.bellevue]\nbrands = "all"\n{MOMENTUM_TEXT}')
    plain, other = (load_inputs(path, None, overrides={option: value})[1] for value in (42, 43))
    assert (plain.content_hash() == other.content_hash()) == (option == "days")
