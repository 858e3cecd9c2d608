"""Disturbances of a scenario's kitchens: what they change of its orders, and what they leave alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import fastgen
from fastgen.dataset.verify.run import verify_dataset
from fastgen.errors import ScenarioError
from fastgen.inputs.render import render_scenario
from fastgen.inputs.scenario_file import load_scenario
from fastgen.units import S_PER_DAY, US_PER_MIN, US_PER_S
from tests.cooking.kitchens import CHICAGO, SF, fill_day
from tests.cooking.towns import DAYS, Towns, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.model.day_orders import DayOrders

CREATED, STARTED, FINISHED, READY, ARRIVED, PICKED_UP = range(6)
NOON_US, TWO_US = ((2 * S_PER_DAY + h * 3600) * US_PER_S for h in (12, 14))
WHEN = 'name = "it", from = "2 12:00", to = "2 14:00"'
OVENS = 'station_type = "KITCHEN_STATION_OVEN"'
KINDS = {
    "outage": f'{{ kind = "station_outage", {OVENS}, {WHEN} }}',
    "couriers": f'{{ kind = "fewer_couriers", share = 0.7, {WHEN} }}',
    "rain": f'{{ kind = "rain", slowdown_percent = 400, {WHEN} }}',
    "closed": f'{{ kind = "kitchen_closed", kitchen = "kitchen-2", {WHEN} }}',
}


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Towns:
    return Towns(tmp_path_factory.mktemp("disturbed"))


@pytest.fixture(scope="module")
def usual(towns: Towns) -> list[DayOrders]:
    simulation = towns.simulate()
    return [fill_day(simulation, SF, day) for day in range(DAYS)]


@pytest.mark.parametrize("kind", KINDS)
def test_only_its_own_kitchen_day_changes_and_only_later(
    kind: str, towns: Towns, usual: list[DayOrders]
) -> None:
    """By the addresses of draws and the cut at 04:00, other days don't know of it."""
    disturbed = towns.simulate(KINDS[kind])
    for day in (0, 1):
        mine = fill_day(disturbed, SF, day)
        np.testing.assert_array_equal(mine.times_us, usual[day].times_us)
        np.testing.assert_array_equal(mine.customer, usual[day].customer)
    mine, theirs = fill_day(disturbed, SF, 2), usual[2]
    np.testing.assert_array_equal(mine.draw, theirs.draw)
    np.testing.assert_array_equal(mine.times_us[:, CREATED], theirs.times_us[:, CREATED])
    for step in range(STARTED, PICKED_UP + 1):
        before = theirs.times_us[:, step] < NOON_US
        assert before.sum() > 5
        np.testing.assert_array_equal(mine.times_us[before, step], theirs.times_us[before, step])
    assert (mine.times_us != theirs.times_us).any()
    other = fill_day(disturbed, CHICAGO, 2).times_us
    np.testing.assert_array_equal(other, fill_day(towns.simulate(), CHICAGO, 2).times_us)


def test_kitchens_do_not_know_of_rain_and_couriers(towns: Towns, usual: list[DayOrders]) -> None:
    for kind in ("rain", "couriers"):
        mine = fill_day(towns.simulate(KINDS[kind]), SF, 2).times_us
        np.testing.assert_array_equal(mine[:, : READY + 1], usual[2].times_us[:, : READY + 1])
        assert mine[:, PICKED_UP].sum() > usual[2].times_us[:, PICKED_UP].sum()


def test_a_ride_that_begins_in_rain_takes_five_times_as_long(towns: Towns, usual: list[DayOrders]) -> None:
    disturbed = towns.simulate(KINDS["rain"])
    table, orders = disturbed.tables[SF], fill_day(disturbed, SF, 2)
    n = towns.simulate().tables[SF].n_customers
    assert table.n_customers == 2 * n
    picked_up = orders.times_us[:, PICKED_UP]
    in_rain = (picked_up >= NOON_US) & (picked_up < TWO_US)
    assert 5 < in_rain.sum() < len(in_rain) / 2
    np.testing.assert_array_equal(orders.customer >= n, in_rain)
    np.testing.assert_array_equal(orders.customer % n, usual[2].customer)
    drive, dry = table.drive_us[orders.customer], table.drive_us[orders.customer % n]
    assert (np.abs(drive - dry * np.where(in_rain, 5, 1)) <= 2).all()
    np.testing.assert_array_equal(table.lat[orders.customer], table.lat[orders.customer % n])


def test_times_are_those_of_the_clock_of_the_location(towns: Towns) -> None:
    """In UTC, noon in San Francisco is at 20:00."""
    text = 'clock = "utc"\n' + text_of(KINDS["rain"])
    disturbed = towns.simulate(text=text)
    orders = fill_day(disturbed, SF, 2)
    slow = orders.times_us[orders.customer >= disturbed.tables[SF].n_customers // 2, PICKED_UP]
    assert len(slow) > 5
    assert slow.min() >= NOON_US + 8 * 60 * US_PER_MIN
    assert slow.max() < TWO_US + 8 * 60 * US_PER_MIN


def test_a_dataset_with_all_of_them_is_verified(towns: Towns, tmp_path: Path) -> None:
    (tmp_path / "it.toml").write_text(text_of(*(text.replace('"it"', f'"{k}"') for k, text in KINDS.items())))
    options: dict[str, Any] = {"scenario": tmp_path / "it.toml", "roads": towns.roads, "scale": 0.5}
    built = fastgen.build(tmp_path / "data", days=DAYS, workers=1, **options)
    report = verify_dataset(tmp_path / "data")
    assert report.passed, report.to_lines()
    shorter = fastgen.build(tmp_path / "short", days=3, workers=2, **options)
    assert shorter.manifest.days[:3] == built.manifest.days[:3]


def test_a_scenario_file_comes_back(towns: Towns, tmp_path: Path) -> None:
    scenario = towns.simulate(*(text.replace('"it"', f'"{k}"') for k, text in KINDS.items())).scenario
    (tmp_path / "all.toml").write_text(render_scenario(scenario), encoding="utf-8")
    assert load_scenario(tmp_path / "all.toml") == scenario
    kitchens = scenario.kitchens_of(scenario.locations[0])
    assert kitchens is not None
    assert kitchens.slowdowns == (1000, 5000)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            ", ".join(
                f'{{ kind = "brand_launch", brand = "Tangelo & Thyme", name = "{n}", from = "{n} 12:00" }}'
                for n in range(2)
            ),
            "[1].brand: expected each brand launched once, got 'Tangelo & Thyme' twice.",
        ),
        (
            ", ".join(
                f'{{ kind = "demand_surge", factor = 11, name = "{n}", from = "2 12:00" }}' for n in range(3)
            ),
            ": expected factors whose product is at most 1000, got 1331.",
        ),
        (
            '{ kind = "station_outage", station_type = "KITCHEN_STATION_UNSPECIFIED", %s }',
            "[0].station_type: expected a type of station that a kitchen has",
        ),
        (
            '{ kind = "kitchen_closed", kitchen = "kitchen-3", %s }',
            "[0].kitchen: expected a kitchen of the site, got 'kitchen-3': did you mean kitchen-2?",
        ),
        (
            '{ kind = "fewer_couriers", number = 5, %s }',
            "[0].number: expected at most the 2 couriers of",
        ),
        ('{ kind = "rain", slowdown = 5, %s }', "[0].slowdown: unknown key, did you mean slowdown_percent?"),
    ],
)
def test_a_wrong_one_is_refused_in_one_line(towns: Towns, text: str, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        towns.simulate(text.replace("%s", WHEN))
    where = f"{towns.folder / 'it.toml'}: locations.sf.kitchen.disturbances"
    assert str(caught.value).startswith(f"{where}{message}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("disturbances", "message"),
    [
        ([f'kind = "station_outage", {OVENS}, from = "2 12:00"'], "ovens again within .* '2 12:00' for ever"),
        (
            [f'kind = "station_outage", {OVENS}, from = "2 12:00", to = "36000 00:00"'],
            "ovens again within .* got none from '2 12:00' to '36000 00:00'.",
        ),
        (
            [
                f'kind = "station_outage", {OVENS}, from = "1 12:00", to = "2 02:00"',
                f'kind = "station_outage", {OVENS}, from = "2 01:00", to = "2 18:00", number = 1',
            ],
            "ovens again within .* got none from '1 12:00' to '2 18:00'.",
        ),
        (['kind = "fewer_couriers", from = "3 00:00"'], "couriers again within .* '3 00:00' for ever"),
    ],
)
def test_work_that_nobody_can_do_is_refused_before_it_begins(
    towns: Towns, disturbances: list[str], message: str
) -> None:
    some = [f'{{ {one}, name = "{n}" }}' for n, one in enumerate(disturbances)]
    with pytest.raises(ScenarioError, match=f"locations.sf.kitchen.disturbances: expected {message}"):
        towns.simulate(*some)


def test_what_is_out_of_order_while_nothing_is_ordered_is_no_trouble(towns: Towns) -> None:
    out = f'kind = "station_outage", {OVENS}, name = "out"'
    towns.simulate(f'{{ {out}, from = "4 12:00" }}')
    towns.simulate(
        f'{{ {out}, from = "2 12:00" }}', '{ kind = "kitchen_closed", name = "c", from = "2 11:00" }'
    )


def test_a_load_over_1_is_a_line_that_names_hour_and_disturbance(towns: Towns) -> None:
    lines = towns.announced(KINDS["outage"], KINDS["rain"].replace('"it"', '"rain"'))
    assert (
        "kitchen: expected a load of at most 1 in every hour, got no capacity for the ovens of sf on day 2 "
        "from 12:00, during 'it', 'rain'."
    ) in lines
    assert [line for line in towns.announced() if "during" in line] == []


def test_a_refusal_at_work_leaves_nothing(towns: Towns, tmp_path: Path) -> None:
    """An accepted overload doesn't tell beforehand that an order takes longer than it may."""
    text = text_of().replace("couriers = 2", "couriers = 1\nlongest_min = 60")
    (tmp_path / "it.toml").write_text(text, encoding="utf-8")
    for folder in (tmp_path / "new", tmp_path / "there"):
        (tmp_path / "there").mkdir(exist_ok=True)
        with pytest.raises(ScenarioError, match="expected every order of sf to be picked up within 60"):
            fastgen.build(folder, days=DAYS, scenario=tmp_path / "it.toml", roads=towns.roads, workers=1)
    assert not (tmp_path / "new").exists()
    assert list((tmp_path / "there").iterdir()) == []
