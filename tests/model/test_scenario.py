"""A dataset's hash stands on the scenario: it must check itself, and hash alike everywhere and for ever."""

import dataclasses
import datetime as dt
import json
import tomllib
from typing import Any

import numpy as np
import pytest

from fastgen.errors import ScenarioError
from fastgen.inputs.scenario_file import load_scenario
from fastgen.model.demand import Demand, DemandEvent, DemandWindow
from fastgen.model.location import Location, Placement
from fastgen.model.order_rules import Baskets, ServiceTime
from fastgen.model.scenario import Scenario, scenario_from_dict
from fastgen.model.station_kitchens import StationKitchens

CANONICAL_HASH = "5d27366abd36a1d2a82c21405c1da978cb63def8371b80637ea2b4f1e68ec69a"


@pytest.fixture(scope="module")
def canonical() -> Scenario:
    return load_scenario(None)


def test_content_hash_is_pinned(canonical: Scenario) -> None:
    assert canonical.content_hash() == CANONICAL_HASH


def test_every_field_changes_the_hash(canonical: Scenario) -> None:
    other: dict[str, Any] = {
        "name": "other",
        "seed": 43,
        "start": dt.date(2024, 1, 2),
        "days": 91,
        "scale": 1.5,
        "clock": "utc",
        "demand": dataclasses.replace(canonical.demand, noise_low=0.8),
        "baskets": dataclasses.replace(canonical.baskets, qty_max=3),
        "service_times": dataclasses.replace(canonical.service_times, minimum_min=0.2),
        "driver": dataclasses.replace(canonical.driver, speed_mph=24),
        "delivery": dataclasses.replace(canonical.delivery, radius_mi=3),
        "locations": canonical.locations[1:],
        "events": (DemandEvent("rush", (), 1, 2, 2.0),),
        "kitchen": StationKitchens("stations"),
    }
    assert set(other) == {f.name for f in dataclasses.fields(Scenario)}
    hashes = {dataclasses.replace(canonical, **{key: value}).content_hash() for key, value in other.items()}
    assert len(hashes | {CANONICAL_HASH}) == len(other) + 1


def test_dictionary_form_survives_json(canonical: Scenario) -> None:
    assert scenario_from_dict(json.loads(json.dumps(canonical.to_dict()))) == canonical


def test_numbers_of_the_model(canonical: Scenario) -> None:
    assert canonical.demand.weekday_factors == (1.00, 1.05, 1.08, 1.10, 1.25, 1.35, 1.15)
    assert [w.name for w in canonical.demand.windows] == ["lunch", "dinner"]
    assert [(p.location_id, p.code, p.base_orders_day, p.growth_rate_daily) for p in canonical.locations] == [
        (1, "sf", 150, 0.0065),
        (2, "sv", 50, 0.0135),
        (3, "bellevue", 200, 0.0),
        (4, "chicago", 300, -0.004),
    ]
    assert [sum(1 for _ in p.brands or ()) for p in canonical.locations] == [6, 7, 6, 5]
    assert Placement(14, 0, 60, -0.25) in (canonical.locations[3].brands or ())
    assert Placement(19, 45, None, 0.50) in (canonical.locations[1].brands or ())


def test_order_of_parts_has_no_meaning(canonical: Scenario) -> None:
    places = tuple(dataclasses.replace(p, brands=(p.brands or ())[::-1]) for p in canonical.locations[::-1])
    demand = dataclasses.replace(canonical.demand, windows=canonical.demand.windows[::-1])
    assert dataclasses.replace(canonical, locations=places, demand=demand) == canonical


def test_numbers_take_their_one_type() -> None:
    two: Any = np.int64(2)
    time = ServiceTime(mean_min=two, sd_min=-0.0)
    assert repr(time) == "ServiceTime(mean_min=2.0, sd_min=0.0)"


@pytest.mark.parametrize(("growth", "word"), [(0.1, "growing"), (0.0, "flat"), (-0.1, "declining")])
def test_trajectory_is_the_sign_of_growth_unless_stated(growth: float, word: str) -> None:
    assert Placement(1, growth_rate_monthly=growth).trajectory_word == word
    stated = Placement(1, growth_rate_monthly=growth, trajectory="flat")
    assert stated.trajectory_word == "flat"


def test_a_stated_trajectory_moves_no_hash(canonical: Scenario) -> None:
    """It is a word of a table, whose hash covers it; scenarios from before the key keep theirs."""
    for word in (None, "growing", "flat", "declining"):
        places = tuple(
            dataclasses.replace(
                place, brands=tuple(dataclasses.replace(p, trajectory=word) for p in place.brands or ())
            )
            for place in canonical.locations
        )
        other = dataclasses.replace(canonical, locations=places)
        assert other.content_hash() == canonical.content_hash()
        assert scenario_from_dict(other.to_dict()) == other
        stated = [
            p.get("trajectory") for place in other.to_dict()["locations"].values() for p in place["brands"]
        ]
        assert stated == [word] * 24


def test_frozen(canonical: Scenario) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        canonical.days = 3  # type: ignore[misc]


def place(**changes: object) -> Location:
    fields: dict[str, Any] = {
        "location_id": 1,
        "code": "a",
        "name": "A",
        "address": "",
        "lat": 0,
        "lon": 0,
        "narrative": "",
        "base_orders_day": 1,
        "growth_rate_daily": 0,
        "timezone": "UTC",
    }
    return Location(**{**fields, **changes})


LUNCH = DemandWindow("lunch", 600, 660, 2.0, "bell")
WEEK = (1.0,) * 7
BASKETS = tomllib.loads("""
single_brand_probability = 0.7
brands_min = 2
brands_max = 3
items_min = 1
items_max = 3
qty_min = 1
qty_max = 2
popularity_floor = 0.1
popularity_period_days = 30
""")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DemandWindow("x", 60, 60, 2.0, "bell"), "start: expected start < end, got 01:00 and 01:00."),
        (lambda: DemandWindow("x", -1, 60, 2.0, "bell"), 'start: expected "HH:MM", 00:00 to 23:59, got -1.'),
        (lambda: DemandWindow("x", 1, 1441, 2.0, "bell"), 'end: expected "HH:MM", 00:01 to 24:00, got 1441.'),
        (lambda: Demand(WEEK, 1.1, 0.9, ()), "noise_low: expected noise_low <= noise_high, got 1.1 and 0.9."),
        (
            lambda: Demand(WEEK, 0.9, 1.1, (LUNCH, LUNCH)),
            f"windows: expected each name once, tables [windows.NAME], got ({LUNCH!r}"[:120] + "….",
        ),
        (
            lambda: Baskets(**{**BASKETS, "brands_min": 5}),
            "brands_min: expected brands_min <= brands_max, got 5 and 3.",
        ),
        (lambda: ServiceTime(2, -1), "sd_min: expected 0 <= sd_min <= 240, got -1."),
        (lambda: ServiceTime(float("nan"), 1), "mean_min: expected 0 <= mean_min <= 1440, got nan."),
        (lambda: ServiceTime(10**400, 1), f"mean_min: expected 0 <= mean_min <= 1440, got 1{'0' * 58}…."),
        (lambda: Placement(1, 5, 4), "start_day: expected start_day < end_day, got 5 and 4."),
        (lambda: place(location_id=128), "location_id: expected 1 <= location_id <= 127, got 128."),
        (lambda: place(name="a\nb"), "name: expected 1 to 200 characters on one line, got 'a\\nb'."),
        (lambda: DemandEvent("x", (), 5, 4, 2.0), "first_day: expected first_day <= last_day, got 5 and 4."),
        (
            lambda: scenario_from_dict([]),
            "scenario: expected a table, got [].",
        ),
        (
            lambda: scenario_from_dict({"name": "x"}),
            "seed: expected 0 <= seed <= 18446744073709551615, got nothing: the key is missing.",
        ),
    ],
)
def test_impossible_values_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        make()
    assert str(refused.value) == message
