"""Disturbances are read or refused in one line, and become the changes that they state."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastgen.errors import ScenarioError
from fastgen.model.disturbances import KINDS, Disturbance
from fastgen.model.fields import from_dict, to_dict
from fastgen.queueing.kernels.records import NEVER
from fastgen.templates.arrays import make_population, make_recipes
from fastgen.templates.disturbances import DisturbedPlace, list_labels, make_changes, make_weather, place_of
from fastgen.templates.reading import read_universe
from fastgen.templates.rides import list_classes
from fastgen.templates.universe import id_of
from fastgen.units import MIN_PER_DAY, US_PER_MIN
from tests.documents import DOCUMENTS
from tests.templates.folders import OLDER, changed, write
from tests.templates.schemas import read_schema

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.model.site_template import Site

SITE = "sites/london.json"
OVEN, STOVE = "KITCHEN_STATION_OVEN", "KITCHEN_STATION_STOVE"
WHEN = {"name": "it", "from": "1 12:00", "to": "1 13:30"}
ONE_OF_EACH: list[dict[str, Any]] = [
    {"kind": "station_outage", "station_type": OVEN, "kitchen": "kitchen-1", "number": 1},
    {"kind": "fewer_couriers", "share": 0.25},
    {"kind": "demand_surge", "factor": 2.5},
    {"kind": "brand_launch", "brand": "toasts", "from": "4 00:00"},
    {"kind": "rain", "slowdown_percent": 35},
    {"kind": "kitchen_closed", "kitchen": "kitchen-1", "from": "2 20:15"},
]
START = dt.date(2024, 1, 1)
# Kitchens a and b; stations of the four types; ten couriers.
PLACE = DisturbedPlace({"a": (0, 2, 3, 1), "b": (0, 1, 0, 62)}, 10, None, START)
A_STOVE, A_OVEN, B_OVEN, COURIERS, A_OPEN, B_OPEN = 2, 3, 7, 8, 9, 10


def labelled(keys: dict[str, Any], number: int = 1) -> dict[str, Any]:
    """Give a disturbance a name of its own, and times where it states none."""
    ends = {} if "from" in keys else {"to": WHEN["to"]}
    return {"name": f"it {number}", "from": WHEN["from"], **ends, **keys}


def make(*listed: dict[str, Any]) -> list[Disturbance]:
    return [from_dict(Disturbance, labelled(keys, n)) for n, keys in enumerate(listed)]


def read_site(folder: Path, *listed: dict[str, Any]) -> Site:
    rows = [labelled(keys, n) for n, keys in enumerate(listed)]
    return read_universe(write(changed(SITE, "disturbances", rows), folder)).sites["london.json"]


def at(day: int, hour: float) -> int:
    return round((day * MIN_PER_DAY + 60 * hour) * US_PER_MIN)


def test_every_kind_is_read_and_comes_back_out(tmp_path: Path) -> None:
    site = read_site(tmp_path, *ONE_OF_EACH)
    assert [to_dict(one) for one in site.disturbances] == [labelled(k, n) for n, k in enumerate(ONE_OF_EACH)]
    assert {one["kind"] for one in ONE_OF_EACH} == set(KINDS)


def test_the_examples_of_the_document_are_valid() -> None:
    text, *_ = re.findall(r"```json\n(\"disturbances\": .*?)```", DOCUMENTS["docs/universe.md"], re.DOTALL)
    listed = json.loads(f"{{{text}}}")["disturbances"]
    assert [from_dict(Disturbance, one).kind for one in listed] == [*KINDS]


def test_the_schema_knows_them() -> None:
    schema = jsonschema.Draft202012Validator(read_schema(SITE))
    valid = changed(SITE, "disturbances", [labelled(keys) for keys in ONE_OF_EACH])[SITE]
    schema.validate(valid)
    for keys in (
        {"from": "noon"},
        {"from": "1 25:00"},
        {"share": 2},
        {"slowdown_percent": 7},
        {"kind": "snow"},
    ):
        valid["disturbances"] = [labelled(ONE_OF_EACH[1] | keys)]
        assert not schema.is_valid(valid)


def test_a_site_without_any_is_written_as_before(tmp_path: Path) -> None:
    site = read_universe(write(OLDER, tmp_path)).sites["london.json"]
    assert "disturbances" not in to_dict(site)


RAIN_KEY, PERCENT = "slowdown_percent", "a multiple of 5, 5 to 400"
TIME = 'expected "DAY HH:MM" by the clock of the site, such as "3 12:00", at most "36500 00:00", got'
UNKNOWN = "KITCHEN_STATION_UNSPECIFIED"
# By kind: keys, and the beginning of the message.
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("snow", {}, 'kind: expected "station_outage" or "fewer_couriers" or'),
    ("rain", {}, f"{RAIN_KEY}: expected {PERCENT}, got nothing: kind rain needs the key."),
    ("rain", {RAIN_KEY: 12}, f"{RAIN_KEY}: expected {PERCENT}, got 12."),
    ("rain", {RAIN_KEY: 405}, f"{RAIN_KEY}: expected {PERCENT}, got 405."),
    ("rain", {RAIN_KEY: True}, f"{RAIN_KEY}: expected a whole number, {PERCENT}, got True."),
    ("rain", {RAIN_KEY: 5, "factor": 2}, "factor: expected no such key with kind rain, got 2.0."),
    ("rain", {RAIN_KEY: 5, "speed": 2}, "speed: unknown key, "),
    ("rain", {RAIN_KEY: 5, "name": ""}, "name: expected 1 to 200 characters on one line, got ''."),
    ("demand_surge", {}, "factor: expected 1 < factor <= 100, got nothing: kind demand_surge needs the key."),
    ("demand_surge", {"factor": 1}, "factor: expected 1 < factor <= 100, got 1."),
    ("demand_surge", {"factor": 101}, "factor: expected 1 < factor <= 100, got 101."),
    ("brand_launch", {"from": "1 00:00"}, "brand: expected 1 to 200 characters on one line, got nothing:"),
    (
        "brand_launch",
        {"brand": "toasts", "from": "1 00:00", "to": "2 00:00"},
        "to: expected no such key with kind brand_launch, got '2 00:00'.",
    ),
    (
        "brand_launch",
        {"brand": "toast", "from": "1 00:00"},
        "brand: expected a brand of the site, got 'toast': did you mean toasts?",
    ),
    ("station_outage", {}, f'station_type: expected "{UNKNOWN}" or'),
    ("station_outage", {"station_type": "OVEN"}, f'station_type: expected "{UNKNOWN}" or'),
    (
        "station_outage",
        {"station_type": UNKNOWN},
        f"station_type: expected a type of station that a kitchen has, got '{UNKNOWN}'.",
    ),
    (
        "station_outage",
        {"station_type": OVEN, "number": 3},
        "number: expected at most the 2 stations of type KITCHEN_STATION_OVEN, got 3.",
    ),
    (
        "station_outage",
        {"station_type": OVEN, "kitchen": "kitchen-2"},
        "kitchen: expected a kitchen of the site, got 'kitchen-2': did you mean kitchen-1?",
    ),
    (
        "station_outage",
        {"station_type": OVEN, "number": 1, "share": 0.5},
        "share: expected either number or share, got both.",
    ),
    ("fewer_couriers", {"share": 0}, "share: expected 0 < share <= 1, got 0."),
    ("fewer_couriers", {"number": 0}, "number: expected 1 <= number <= 100000, got 0."),
    ("fewer_couriers", {"number": 101}, "number: expected at most the 100 couriers of the site, got 101."),
    ("fewer_couriers", {"kitchen": "kitchen-1"}, "kitchen: expected no such key with kind fewer_couriers,"),
    ("kitchen_closed", {"from": "12:00"}, f"from: {TIME} '12:00'."),
    ("kitchen_closed", {"from": "1 24:01"}, f"from: {TIME} '1 24:01'."),
    ("kitchen_closed", {"from": "-1 12:00"}, f"from: {TIME} '-1 12:00'."),
    ("kitchen_closed", {"from": "36500 00:01"}, f"from: {TIME} '36500 00:01'."),
    ("kitchen_closed", {"from": 7}, f"from: {TIME} 7."),
    ("kitchen_closed", {"from": "1 12:00", "to": None}, f"to: {TIME} None."),
    (
        "kitchen_closed",
        {"from": "1 12:00", "to": "1 12:00"},
        "to: expected a time after '1 12:00', got '1 12:00'.",
    ),
]


@pytest.mark.parametrize(("kind", "keys", "message"), WRONG)
def test_a_wrong_one_is_refused_in_one_line(
    kind: str, keys: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ScenarioError) as caught:
        read_site(tmp_path, ONE_OF_EACH[1], {"kind": kind, **keys})
    assert str(caught.value).startswith(f"{tmp_path / SITE}: disturbances[1].{message}")
    assert "\n" not in str(caught.value)


def test_couriers_are_not_missed_where_there_are_none(tmp_path: Path) -> None:
    site = OLDER[SITE] | {
        "couriers": {"number": 0},
        "disturbances": [{"kind": "fewer_couriers", "name": "flu", "from": "1 00:00"}],
    }
    expected = (
        r"disturbances\[0\].kind: expected another kind at a site without couriers, got 'fewer_couriers'."
    )
    with pytest.raises(ScenarioError, match=expected):
        read_universe(write(OLDER | {SITE: site}, tmp_path))


@pytest.mark.parametrize("value", [{}, 5, "rain", [5], [[]], [None], None])
def test_what_is_no_list_of_objects_is_refused(value: object, tmp_path: Path) -> None:
    files = OLDER | {SITE: OLDER[SITE] | {"disturbances": value}}
    with pytest.raises(ScenarioError, match=r"london.json: disturbances(\[0\])?: expected a (list|table)"):
        read_universe(write(files, tmp_path))


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        (
            [{"kind": "rain", "slowdown_percent": 5, "name": "wet"}] * 2,
            "[1].name: expected each name once, got 'wet'",
        ),
        (
            [{"kind": "brand_launch", "brand": "soups", "from": "3 00:00"}] * 2,
            "[1].brand: expected each brand launched once, got 'soups' twice.",
        ),
        (
            [{"kind": "brand_launch", "brand": b, "from": "3 00:00"} for b in ("soups", "toasts")],
            "[0].brand: expected a brand that is sold from the beginning beside those",
        ),
    ],
)
def test_two_that_contradict_each_other_are_refused(listed: list[Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        read_site(tmp_path, *listed)
    assert str(caught.value).startswith(f"{tmp_path / SITE}: disturbances{message}")


def test_a_brand_that_the_site_does_not_sell_is_not_launched(tmp_path: Path) -> None:
    launch = labelled({"kind": "brand_launch", "brand": "toasts", "from": "1 00:00"})
    site = OLDER[SITE] | {"brands": ["soups"], "disturbances": [launch]}
    with pytest.raises(
        ScenarioError, match=r"disturbances\[0\].brand: expected a brand of the site's brands"
    ):
        read_universe(write(OLDER | {SITE: site}, tmp_path))


def test_surges_that_memory_has_no_room_for_are_refused(tmp_path: Path) -> None:
    """Two surges are within bounds each, and also together, unless they are at the same time."""
    surge = {"kind": "demand_surge", "factor": 10}
    site = OLDER[SITE] | {"population": {"customers": 100_000, "orders_per_customer_day": 1}}
    rows = [labelled(surge, 1), labelled(surge, 2)]
    rows[1] |= {"from": "1 13:29"}
    message = "steps of recipes a day, got 40000000 of 10000000 orders, 100 times as many as usual in"
    with pytest.raises(ScenarioError, match=message):
        read_universe(write(OLDER | {SITE: site | {"disturbances": rows}}, tmp_path / "both"))
    rows[1] |= {"from": "1 13:30", "to": "2 00:00"}
    read_universe(write(OLDER | {SITE: site | {"disturbances": rows}}, tmp_path / "apart"))


def test_a_thousand_are_enough(tmp_path: Path) -> None:
    rows = [labelled({"kind": "kitchen_closed"}, n) for n in range(1001)]
    with pytest.raises(ScenarioError, match="disturbances: expected at most 1000, got 1001"):
        read_universe(write(changed(SITE, "disturbances", rows), tmp_path / "more"))
    site = read_site(tmp_path, *({"kind": "kitchen_closed"} for _ in range(1000)))
    assert len(make_changes(site.disturbances, place_of(site, None, START))) == 2


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
                RAIN_KEY: 5 * n,
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
    population = make_population(universe, universe.sites["london.json"], make_recipes(universe), 1, 0)
    assert population.surges == ((2160, 2250, 2.5), (7 * 1440, NEVER, 3.0))
    # Soup, Egg Toast, Plain Toast.
    assert population.on_sale_min is not None
    assert population.on_sale_min.tolist() == [0, 4 * 1440, 4 * 1440]
    np.testing.assert_array_equal(population.items, [0, 1, 2])


def test_labels_name_each_thing_that_is_hit(tmp_path: Path) -> None:
    site = read_site(tmp_path, *ONE_OF_EACH, {"kind": "station_outage", "station_type": STOVE})
    labels = list_labels(site, None, START)
    noon, half_past_one, kitchen = at(1, 12), at(1, 13.5), "sites/london/kitchens/kitchen-1"
    assert [tuple(label)[1:] for label in labels] == [
        ("it 0", "station_outage", noon, half_past_one, f"{kitchen}/stations/oven-2", 1.0),
        ("it 1", "fewer_couriers", noon, half_past_one, "sites/london", 25.0),
        ("it 2", "demand_surge", noon, half_past_one, "sites/london", 2.5),
        ("it 3", "brand_launch", at(4, 0), None, "brands/toasts", 1.0),
        ("it 4", "rain", noon, half_past_one, "sites/london", 35.0),
        ("it 5", "kitchen_closed", at(2, 20.25), None, kitchen, 1.0),
        ("it 6", "station_outage", noon, half_past_one, f"{kitchen}/stations/stove-1", 1.0),
        ("it 6", "station_outage", noon, half_past_one, f"{kitchen}/stations/stove-2", 1.0),
    ]
    assert {label.site for label in labels} == {"london"}
    assert id_of(labels[0].target).version == 5


def test_the_station_of_a_label_is_the_one_that_fails(tmp_path: Path) -> None:
    """Bit i of a pool is the i-th station of its type in the file."""
    site = read_site(tmp_path, ONE_OF_EACH[0])
    (label,) = list_labels(site, None, START)
    ((_, pool, mask), _) = make_changes(site.disturbances, place_of(site, None, START))
    ovens = [station.name for station in site.kitchens[0].stations if station.station_type == OVEN]
    assert [name for i, name in enumerate(ovens) if not mask >> i & 1] == [label.target.rsplit("/")[-1]]
    assert pool == 3
