"""Rows are read as far as they can be believed, and no line is an error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fastgen.events.schema import EVENT_TYPE_IDS
from fastgen.watching.rows import Malformed, Row, parse_line, read_position, read_route
from tests.watching.lines import CREATED_S, event, life

GOOD = event("A", "order_created", 0, 1.5)


def read(row: dict[str, Any]) -> Row:
    found = parse_line(json.dumps(row).encode())
    assert isinstance(found, Row)
    return found


def test_reads_a_row_of_a_replay() -> None:
    row = read(GOOD)
    assert (row.event_id, row.order_id, row.sequence) == ("A-0", "A", 0)
    assert row.kind == EVENT_TYPE_IDS["order_created"]
    assert row.time == CREATED_S + 1.5
    assert (row.place, row.place_name) == ("1", "location 1")
    assert row.body["customer_addr"] == "1 Elm"
    assert row.is_whole


def test_reads_a_row_of_a_live_kitchen() -> None:
    place = {"gk_id": "uuid", "location": "chicago", "ts": "2026-03-01 18:00:01.500001"}
    row = read({**{key: value for key, value in GOOD.items() if key != "location_id"}, **place})
    assert (row.place, row.place_name) == ("uuid", "chicago")
    assert row.time == pytest.approx(CREATED_S + 1.500001, abs=1e-6)


@pytest.mark.parametrize("row", life("A"), ids=lambda row: row["event_type"])
def test_all_events_of_a_life_are_whole(row: dict[str, Any]) -> None:
    assert read(row).is_whole


@pytest.mark.parametrize(
    "changes",
    [
        {"event_id": None},
        {"sequence": "0"},
        {"sequence": 10**9},
        {"body": None},
        {"body": "{"},
        {"body": "[]"},
        {"body": json.dumps({"customer_lat": 1, "customer_lon": 2, "customer_addr": None, "items": []})},
    ],
)
def test_a_row_with_a_fault_is_an_event_that_is_not_whole(changes: dict[str, Any]) -> None:
    assert not read(GOOD | changes).is_whole


@pytest.mark.parametrize(
    "changes",
    [
        {"order_id": None},
        {"order_id": ["A"]},
        {"order_id": "x" * 1000},
        {"event_type": "noise"},
        {"ts": "01/03/2026 18:00:00"},
        {"ts": None},
        {"location_id": None},
    ],
)
def test_what_names_no_order_or_time_is_no_row(changes: dict[str, Any]) -> None:
    assert parse_line(json.dumps(GOOD | changes).encode()) == Malformed(is_json=True)


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b"1", b"NaN", b"\xff\xfe", b"[" * 100_000, b'{"sequence":' + b"9" * 10_000 + b"}"]
)
def test_what_is_no_object_of_json_is_malformed(line: bytes) -> None:
    assert parse_line(line) == Malformed(is_json=False)


@settings(deadline=None)
@given(st.binary())
def test_no_bytes_are_an_error(line: bytes) -> None:
    assert isinstance(parse_line(line), Malformed)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(sorted(GOOD)), values))
def test_no_values_are_an_error(changes: dict[str, Any]) -> None:
    found = parse_line(json.dumps(GOOD | changes).encode())
    assert isinstance(found, Row | Malformed)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(values, values)
def test_positions_are_of_this_earth(lat: object, lon: object) -> None:
    found = read_position(lat, lon)
    assert found is None or (abs(found[0]) <= 90_000_000 and abs(found[1]) <= 180_000_000)
    assert read_route([[lat, lon]]) == ([] if found is None else [found])
