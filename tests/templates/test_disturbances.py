"""Disturbances are read, or refused in one line."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from fastgen.errors import ScenarioError
from fastgen.model.disturbances import KINDS, Disturbance
from fastgen.model.fields import from_dict, to_dict
from fastgen.templates.disturbances import make_changes, place_of
from fastgen.templates.reading import read_universe
from tests.documents import DOCUMENTS
from tests.templates.disturbed import ONE_OF_EACH, OVEN, SITE, START, labelled, read_site
from tests.templates.folders import OLDER, changed, write
from tests.templates.schemas import read_schema

if TYPE_CHECKING:
    from pathlib import Path


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
