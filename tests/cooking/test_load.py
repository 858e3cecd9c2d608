"""The load computed beforehand is that of the orders drawn; too high a one is refused where it is met."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.cooking.asked import Asked
from fastgen.cooking.load import measure_loads
from fastgen.errors import ScenarioError
from fastgen.generating.inputs import SimulationOptions, load_simulation
from fastgen.generating.kitchen_loads import measure_kitchen_loads
from fastgen.units import MIN_PER_DAY, US_PER_MIN
from tests.cooking.kitchens import BUSY, CHICAGO, simulate
from tests.small_town import write_towns

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.cooking.source import StationsSource

# No noise, weekdays or growth: all days are alike, and many of them are a long sample.
EVEN = """
[kitchen]
model = "stations"
accept_overload = true

[demand]
weekday_factors = [1, 1, 1, 1, 1, 1, 1]
noise_low = 1
noise_high = 1

[locations.chicago]
growth_rate_daily = 0
"""


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_towns(tmp_path_factory.mktemp("towns"))


def test_the_load_is_that_of_the_orders_drawn(tmp_path: Path, roads: Path) -> None:
    """Work of the busiest hour, over the time of the stations; the other hours have their share of it."""
    days = 60
    even = simulate(tmp_path, EVEN, roads=roads, days=days, locations=["chicago"], scale=3)
    source: StationsSource = even.source  # type: ignore[assignment]
    place, routes = source.places[CHICAGO], even.tables[CHICAGO]
    loads = {one.what: one for one in measure_loads(source, CHICAGO, routes)}
    asked, work, trips, n = Asked(source.orders, place, routes), np.zeros(4), 0.0, 0
    minute = loads["ovens"].minute
    for day in range(days):
        demand = asked.draw(asked.find_shares(day))
        begins_us = (day * MIN_PER_DAY + minute) * US_PER_MIN
        busiest = (demand.created_us >= begins_us) & (demand.created_us < begins_us + 60 * US_PER_MIN)
        lines = np.repeat(busiest, np.diff(demand.line_start))
        steps = np.repeat(lines, np.diff(demand.step_start))
        work += np.bincount(demand.step_type[steps], demand.duration_us[steps], 4)
        trips += float((demand.ride_out + demand.ride_back)[busiest].sum())
        n += int(busiest.sum())
    kitchens = place.kitchens
    hour_us = 60 * US_PER_MIN * days
    measured = {
        "workstations": work[1] / (hour_us * kitchens.workstations * kitchens.kitchens),
        "stoves": work[2] / (hour_us * kitchens.stoves * kitchens.kitchens),
        "ovens": work[3] / (hour_us * kitchens.ovens * kitchens.kitchens),
        "couriers": trips / (hour_us * kitchens.couriers),
    }
    assert n > 4000
    for what, load in measured.items():
        # A sample of a few thousand orders, and brands of an order that differ, are left out.
        assert loads[what].load == pytest.approx(load, rel=0.08), what


def test_canonical_kitchens_are_comfortable_over_the_canonical_days(roads: Path) -> None:
    """Over the built-in roads, which a default of the couriers is made for."""
    loads = measure_kitchen_loads(load_simulation(SimulationOptions(kitchen="stations")))
    assert len(loads) == 4 * 4
    assert 0.75 < max(one.load for one in loads) <= 0.85
    assert measure_kitchen_loads(load_simulation(SimulationOptions(roads=roads, days=2))) == []


def test_growth_finds_the_day_of_its_own(tmp_path: Path, roads: Path) -> None:
    text = '[kitchen]\nmodel = "stations"\n[demand]\nweekday_factors = [1, 1, 1, 1, 1, 1, 1]\n'
    growing = simulate(tmp_path, text, roads=roads, days=50, locations=["sf"])
    assert {one.day for one in measure_kitchen_loads(growing)} == {49}
    rush = '[events.rush]\nday = 20\nfactor = 4\nfrom = "13:00"\nto = "15:00"\n'
    rushed = simulate(tmp_path, text + rush, roads=roads, days=50, locations=["sf"])
    loads = measure_kitchen_loads(rushed)
    assert {one.day for one in loads} == {20}
    assert all(12 * 60 < one.minute <= 14 * 60 for one in loads)


def test_a_closed_location_has_no_load(tmp_path: Path, roads: Path) -> None:
    text = '[kitchen]\nmodel = "stations"\n[locations.sf]\nbrands = []\n'
    closed = simulate(tmp_path, text, roads=roads, days=3, locations=["sf"])
    assert {one.load for one in measure_kitchen_loads(closed)} == {0.0}


def test_too_high_a_load_is_refused_with_what_to_change(tmp_path: Path, roads: Path) -> None:
    refused = BUSY.replace("accept_overload = true", "")
    with pytest.raises(ScenarioError) as caught:
        simulate(tmp_path, refused, roads=roads, days=3, scale=2)
    message = str(caught.value)
    file = tmp_path / "it.toml"
    assert message.startswith(f"{file}: kitchen: expected a load of at most 1 in the busiest hour, got ")
    assert "for the workstations of sf on day 2 (set workstations = " in message
    assert message.endswith("accept_overload = true accepts it.")
    assert "\n" not in message


def test_what_it_says_is_enough(tmp_path: Path, roads: Path) -> None:
    text = '[kitchen]\nmodel = "stations"\n'
    with pytest.raises(ScenarioError) as caught:
        simulate(tmp_path, text, roads=roads, days=3, scale=4, locations=["chicago"])
    advised = [part.partition(")")[0] for part in str(caught.value).split("(set ")[1:]]
    loads = measure_kitchen_loads(
        simulate(tmp_path, text + "\n".join(advised), roads=roads, days=3, scale=4, locations=["chicago"])
    )
    assert max(one.load for one in loads) <= 1


def test_more_stations_than_a_kitchen_has_become_more_kitchens(tmp_path: Path, roads: Path) -> None:
    text = '[kitchen]\nmodel = "stations"\ncouriers = 10000\n'
    with pytest.raises(ScenarioError, match=r"workstations of sf on day \d+ \(set kitchens = \d+\)"):
        simulate(tmp_path, text, roads=roads, days=3, scale=200, locations=["sf"])


def test_a_high_load_and_an_accepted_one_are_lines(tmp_path: Path, roads: Path) -> None:
    said = list[str]()
    options = {"roads": roads, "days": 3, "locations": ["sf"], "scale": 2}
    (tmp_path / "it.toml").write_text(BUSY, encoding="utf-8")
    load_simulation(SimulationOptions(scenario=tmp_path / "it.toml", **options), said.append)  # type: ignore[arg-type]
    busy = [
        line for line in said if line.startswith("kitchen: expected a load of at most 0.9 in the busiest")
    ]
    assert busy
    assert all("of sf on day" in line for line in busy)


def test_only_locations_that_are_built_are_checked(tmp_path: Path, roads: Path) -> None:
    text = '[kitchen]\nmodel = "stations"\n[locations.sf]\nbase_orders_day = 9000\n'
    simulate(tmp_path, text, roads=roads, days=3, locations=["sv"])
    with pytest.raises(ScenarioError, match="of sf on day"):
        simulate(tmp_path, text, roads=roads, days=3)
