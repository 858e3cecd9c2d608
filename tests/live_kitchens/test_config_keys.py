"""Every key of a config changes what the kitchen does, and is in docs/live.md."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from typing import Any

import pytest

from fastgen.live_kitchens.config import LiveConfig, make_config
from fastgen.live_kitchens.examples import read_example
from fastgen.live_kitchens.order import Order, OrderItem, Position
from fastgen.live_kitchens.places import find_place
from fastgen.live_kitchens.scenario import as_scenario, first_day
from tests.documents import DOCUMENTS

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
EXAMPLE: dict[str, Any] = json.loads(read_example("chicago"))
# Another value for each key that the scenario of the kitchen follows.
OTHER: dict[str, Any] = {
    "start_days_ago": 5,
    "end_days_ahead": 3,
    "orders_day_1": 77,
    "orders_last": 78,
    "noise_pct": 7,
    "svc.cs": [9, 1],
    "svc.sf": [9, 1],
    "svc.fr": [9, 1],
    "svc.rp": [9, 1],
    "driver_arrival.after_ready_pct": 0.123,
    "driver_arrival.alpha": 7,
    "driver_arrival.beta": 7,
    # As a whole: its shares sum to 1.
    "brand_momentum": {"improving": 0.1, "flat": 0.1, "declining": 0.8},
    "momentum_rates.growth": 0.123,
    "momentum_rates.decline": 0.123,
    "gk_location": "41.9, -87.63",
    "location_name": "another",
    "radius_mi": 1.23,
    "driver_mph": 12.3,
    "ping_sec": 123,
    "random_seed": 123,
    "timezone": "Asia/Kathmandu",
}
# Keys that leave the orders as they are; test_live.py and test_faults.py test what they do.
OF_THE_STREAM = {"speed_up", "batch_rows", "batch_seconds", "dq"}


def paths() -> set[str]:
    """All keys, those of a table as svc.cs."""
    found = set[str]()
    for field in dataclasses.fields(LiveConfig):
        value = EXAMPLE.get(field.name)
        if isinstance(value, dict) and field.name not in {"brand_momentum", "dq"}:
            found |= {f"{field.name}.{key}" for key in value}
        else:
            found |= {field.name}
    return found


def scenario_hash(raw: dict[str, Any]) -> str:
    config = make_config(raw)
    place = find_place(config)
    return as_scenario(config, place, first_day(config, place, NOW)).content_hash()


def test_the_effect_of_every_key_is_tested() -> None:
    assert OTHER.keys() | OF_THE_STREAM == paths()
    assert not OTHER.keys() & OF_THE_STREAM


@pytest.mark.parametrize("path", OTHER)
def test_a_key_changes_the_scenario(path: str) -> None:
    raw = json.loads(json.dumps(EXAMPLE))
    *parents, key = path.split(".")
    table = raw
    for parent in parents:
        table = table[parent]
    assert table.get(key) != OTHER[path]
    table[key] = OTHER[path]
    assert scenario_hash(raw) != scenario_hash(EXAMPLE)


def table_after(heading: str, columns: str) -> list[str]:
    """Rows of a table of docs/live.md."""
    text = DOCUMENTS["docs/live.md"].split(f"\n{heading}\n")[1]
    rows = text[text.index(columns) :].split("\n\n")[0].splitlines()[2:]
    assert rows
    return rows


def test_the_document_lists_every_key_of_a_config() -> None:
    rows = table_after("## The config", "| key | meaning |")
    first = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert first == {field.name for field in dataclasses.fields(LiveConfig)}
    named = set(re.findall(r"`(\w+)`", "\n".join(rows)))
    inner = {key for value in EXAMPLE.values() if isinstance(value, dict) for key in value}
    assert inner <= named
    (sentence,) = re.findall(r"All keys but (.+) must be there", DOCUMENTS["docs/live.md"])
    optional = [f.name for f in dataclasses.fields(LiveConfig) if f.default is not dataclasses.MISSING]
    assert sorted(re.findall(r"`(\w+)`", sentence)) == sorted(optional)


def test_the_document_lists_every_key_of_an_order() -> None:
    rows = table_after("## Orders from outside", "| key | meaning | missing |")
    first = [name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert first == [field.name for field in dataclasses.fields(Order)]
    named = set(re.findall(r"`(\w+)`", "\n".join(rows)))
    inner = {field.name for cls in (OrderItem, Position) for field in dataclasses.fields(cls)}
    assert inner <= named
