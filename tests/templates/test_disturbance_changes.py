"""Disturbances become the changes that they state."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastgen.queueing.kernels.records import NEVER
from fastgen.templates.arrays import make_population, make_recipes
from fastgen.templates.disturbances import DisturbedPlace, list_labels, make_changes, make_weather, place_of
from fastgen.templates.reading import read_universe
from fastgen.templates.rides import list_classes
from fastgen.templates.universe import id_of
from fastgen.units import MIN_PER_DAY, US_PER_MIN
from tests.templates.disturbed import ONE_OF_EACH, OVEN, SITE, START, STOVE, labelled, make, read_site
from tests.templates.folders import changed, write

if TYPE_CHECKING:
    from pathlib import Path


# Kitchens a and b; stations of the four types; ten couriers.
PLACE = DisturbedPlace({"a": (0, 2, 3, 1), "b": (0, 1, 0, 62)}, 10, None, START)
A_STOVE, A_OVEN, B_OVEN, COURIERS, A_OPEN, B_OPEN = 2, 3, 7, 8, 9, 10


def at(day: int, hour: float) -> int:
    return round((day * MIN_PER_DAY + 60 * hour) * US_PER_MIN)


@pytest.mark.parametrize(
    ("keys", "n", "missing"),
    [
        ({"number": 2}, 5, 2),
        ({"number": 2}, 1, 1),
        ({}, 7, 7),
        ({"share": 0.5}, 3, 2),
        ({"share": 0.1}, 30, 3),
        ({"share": 0.01}, 1, 1),
        ({"share": 1}, 4, 4),
        ({"share": 0.3}, 0, 0),
    ],
)
def test_a_share_is_rounded_up_as_it_is_written(keys: dict[str, Any], n: int, missing: int) -> None:
    (one,) = make({"kind": "fewer_couriers", **keys})
    assert one.count_missing(n) == missing


@pytest.mark.parametrize(
    ("keys", "changes"),
    [
        (
            {"kind": "station_outage", "station_type": STOVE, "number": 1},
            [(at(1, 12), A_STOVE, 0b011), (at(1, 13.5), A_STOVE, 0b111)],
        ),
        (
            {"kind": "station_outage", "station_type": OVEN, "share": 0.5},
            [
                (at(1, 12), A_OVEN, 0),
                (at(1, 12), B_OVEN, 2**31 - 1),
                (at(1, 13.5), A_OVEN, 1),
                (at(1, 13.5), B_OVEN, 2**62 - 1),
            ],
        ),
        (
            {"kind": "station_outage", "station_type": OVEN, "kitchen": "b", "from": "9 24:00"},
            [(at(10, 0), B_OVEN, 0)],
        ),
        ({"kind": "fewer_couriers", "number": 4}, [(at(1, 12), COURIERS, 6), (at(1, 13.5), COURIERS, 10)]),
        ({"kind": "fewer_couriers", "from": "0 00:00"}, [(0, COURIERS, 0)]),
        (
            {"kind": "kitchen_closed"},
            [
                (at(1, 12), A_OPEN, 0),
                (at(1, 12), B_OPEN, 0),
                (at(1, 13.5), A_OPEN, 1),
                (at(1, 13.5), B_OPEN, 1),
            ],
        ),
        ({"kind": "kitchen_closed", "kitchen": "b", "from": "2 20:00"}, [(at(2, 20), B_OPEN, 0)]),
        ({"kind": "rain", "slowdown_percent": 5}, []),
        ({"kind": "demand_surge", "factor": 5}, []),
        ({"kind": "brand_launch", "brand": "any", "from": "2 20:00"}, []),
    ],
    ids=lambda value: str(value.get("kind")) if isinstance(value, dict) else "",
)
def test_a_disturbance_changes_what_it_states(keys: dict[str, Any], changes: list[Any]) -> None:
    assert list(make_changes(make(keys), PLACE)) == changes


def test_stations_out_of_order_unite() -> None:
    outages = make(
        {"kind": "station_outage", "station_type": STOVE, "kitchen": "a", "number": 2, "to": "1 14:00"},
        {"kind": "station_outage", "station_type": STOVE, "number": 1, "from": "1 13:00", "to": "1 15:00"},
        {"kind": "station_outage", "station_type": STOVE, "from": "1 14:30", "to": "1 14:45"},
    )
    # From 13:00 to 14:00 the one is among the two.
    expected = [(12, 0b001), (14, 0b011), (14.5, 0), (14.75, 0b011), (15, 0b111)]
    assert list(make_changes(outages, PLACE)) == [(at(1, h), A_STOVE, mask) for h, mask in expected]


def test_the_fewest_couriers_are_on_duty() -> None:
    fewer = make(
        {"kind": "fewer_couriers", "number": 3, "from": "1 10:00", "to": "1 14:00"},
        {"kind": "fewer_couriers", "number": 8, "from": "1 11:00", "to": "1 12:00"},
        {"kind": "fewer_couriers", "number": 2, "from": "1 13:00", "to": "1 15:00"},
    )
    expected = [(10, 7), (11, 2), (12, 7), (14, 8), (15, 10)]
    assert list(make_changes(fewer, PLACE)) == [(at(1, h), COURIERS, n) for h, n in expected]


def test_a_kitchen_is_closed_while_any_closes_it() -> None:
    closed = make(
        {"kind": "kitchen_closed", "from": "1 10:00", "to": "1 12:00"},
        {"kind": "kitchen_closed", "kitchen": "a", "from": "1 11:00", "to": "1 13:00"},
    )
    expected = [(10, A_OPEN, 0), (10, B_OPEN, 0), (12, B_OPEN, 1), (13, A_OPEN, 1)]
    assert list(make_changes(closed, PLACE)) == [(at(1, h), target, value) for h, target, value in expected]


def test_the_strongest_rain_counts() -> None:
    rain = make(
        {"kind": "rain", "slowdown_percent": 30, "from": "1 10:00", "to": "1 14:00"},
        {"kind": "rain", "slowdown_percent": 100, "from": "1 11:00", "to": "1 12:00"},
        {"kind": "rain", "slowdown_percent": 10, "from": "1 13:00"},
    )
    expected = [(10, 1300), (11, 2000), (12, 1300), (14, 1100)]
    assert list(make_weather(rain, PLACE)) == [(at(1, h), permille) for h, permille in expected]
    assert make_weather(make(ONE_OF_EACH[1]), PLACE) == ()


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20), st.integers(1, 80)), max_size=8))
def test_at_every_minute_the_weather_is_that_of_the_strongest_rain(
    listed: list[tuple[int, int, int]],
) -> None:
    rains = make(
        *(
            {
                "kind": "rain",
                "from": f"0 00:{begins:02d}",
                "to": f"0 00:{begins + length:02d}",
                "slowdown_percent": 5 * n,
            }
            for begins, length, n in listed
        )
    )
    weather = make_weather(rains, PLACE)
    assert sorted(weather) == list(weather)
    for minute in range(45):
        now = [1000, *(permille for time, permille in weather if time <= minute * US_PER_MIN)][-1]
        assert now == max([1000, *(one.permille for one in rains if one.lasts_at(minute))])


def test_times_are_those_of_the_clock_of_the_site() -> None:
    zone, start = ZoneInfo("Europe/London"), dt.date(2024, 3, 30)
    place = PLACE._replace(zone=zone, start=start)
    (rain,) = make({"kind": "rain", "slowdown_percent": 5, "from": "0 12:00", "to": "1 12:00"})
    # The clock goes forward on day 1.
    assert make_weather([rain], place) == ((at(0, 12), 1050), (at(1, 11), 1000))
    (never,) = make({"kind": "rain", "slowdown_percent": 5, "from": "1 01:10", "to": "1 01:50"})
    assert make_weather([never], place) == ()


def test_classes_have_every_slowdown_that_is_named(tmp_path: Path) -> None:
    rains = ({"kind": "rain", "slowdown_percent": p} for p in (30, 5, 30))
    site = read_site(tmp_path, *rains)
    assert [tuple(one) for one in list_classes(site)] == [
        ("bicycle", 1000),
        ("bicycle", 1050),
        ("bicycle", 1300),
    ]


def test_the_population_knows_surges_and_launches(tmp_path: Path) -> None:
    rows = [
        labelled(keys, n)
        for n, keys in enumerate([*ONE_OF_EACH, {"kind": "demand_surge", "factor": 3, "from": "7 00:00"}])
    ]
    universe = read_universe(write(changed(SITE, "disturbances", rows), tmp_path))
    population = make_population(universe, universe.sites["london.json"], make_recipes(universe), 1)
    assert population.surges == ((2160, 2250, 2.5), (7 * 1440, NEVER, 3.0))
    # Soup, Egg Toast, Plain Toast.
    assert population.on_sale_min is not None
    assert population.on_sale_min.tolist() == [0, 4 * 1440, 4 * 1440]
    np.testing.assert_array_equal(population.items, [0, 1, 2])


def test_labels_name_each_thing_that_is_hit(tmp_path: Path) -> None:
    site = read_site(tmp_path, *ONE_OF_EACH, {"kind": "station_outage", "station_type": STOVE})
    labels = list_labels(site, None, START)
    noon, half_past_one, kitchen = at(1, 12), at(1, 13.5), "sites/london/kitchens/kitchen-1"
    assert [tuple(label) for label in labels] == [
        ("it 0", "station_outage", noon, half_past_one, f"{kitchen}/stations/oven-2", 1.0),
        ("it 1", "fewer_couriers", noon, half_past_one, "sites/london", 25.0),
        ("it 2", "demand_surge", noon, half_past_one, "sites/london", 2.5),
        ("it 3", "brand_launch", at(4, 0), None, "brands/toasts", 1.0),
        ("it 4", "rain", noon, half_past_one, "sites/london", 35.0),
        ("it 5", "kitchen_closed", at(2, 20.25), None, kitchen, 1.0),
        ("it 6", "station_outage", noon, half_past_one, f"{kitchen}/stations/stove-1", 1.0),
        ("it 6", "station_outage", noon, half_past_one, f"{kitchen}/stations/stove-2", 1.0),
    ]
    assert id_of(labels[0].target).version == 5


def test_the_station_of_a_label_is_the_one_that_fails(tmp_path: Path) -> None:
    """Bit i of a pool is the i-th station of its type in the file."""
    site = read_site(tmp_path, ONE_OF_EACH[0])
    (label,) = list_labels(site, None, START)
    ((_, pool, mask), _) = make_changes(site.disturbances, place_of(site, None, START))
    ovens = [station.name for station in site.kitchens[0].stations if station.station_type == OVEN]
    assert [name for i, name in enumerate(ovens) if not mask >> i & 1] == [label.target.rsplit("/")[-1]]
    assert pool == 3
