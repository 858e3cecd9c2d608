"""Events with microseconds and dicts as bodies; those that are stored rows have the very bytes of these."""

from __future__ import annotations

import datetime as dt
import io
import json
import math
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastgen.errors import DataError
from fastgen.faults.slice_file import write_slice
from fastgen.wire.bulk import WireEncoder, sort_rows
from fastgen.wire.form import WireForm
from fastgen.wire.plain import PlainEvent, encode_event, round_number
from tests.wire.test_plain import ANY_TEXT, DIGEST, NUMBERS, START_S, WHOLE, make_rows

if TYPE_CHECKING:
    from pathlib import Path

END_US = 253_402_300_800 * 1_000_000  # 10000-01-01
UNIX = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

# A build stores control characters of names as the wire does, and Python's json module in another way.
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
PRICES = st.decimals(0, 999, places=2)
DEGREES = st.decimals(-180, 180, places=6)
ITEMS = st.lists(st.tuples(st.integers(0, 300), NAMES, PRICES), max_size=3)
ROUTES = st.lists(st.tuples(DEGREES, DEGREES), max_size=3)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
BODIES = st.dictionaries(
    TEXTS,
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63) | TEXTS | st.decimals(-1000, 1000, places=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


def items_json(items: list[Any]) -> str:
    """Write items as a build stores them."""
    texts = (
        f'{{"id":{number},"name":{json.dumps(name, ensure_ascii=False)},"price":{price:f}}}'
        for number, name, price in items
    )
    return f"[{','.join(texts)}]"


def route_json(route: list[Any]) -> str:
    """Write a route as a build stores it."""
    return f"[{','.join(f'[{lat:f},{lon:f}]' for lat, lon in route)}]"


def event_of(line: bytes) -> PlainEvent:
    """Read a line of the wire, its numbers with the decimals that they have."""
    row = json.loads(line)
    time = dt.datetime.fromisoformat(row["ts"]).replace(tzinfo=dt.UTC)
    return PlainEvent(
        event_id=row["event_id"],
        event_type=row["event_type"],
        ts_us=(time - UNIX) // dt.timedelta(microseconds=1),
        place={"location_id": row["location_id"]},
        order_id=row["order_id"],
        sequence=row["sequence"],
        body=json.loads(row["body"], parse_float=Decimal),
    )


def picked_up(**changes: Any) -> PlainEvent:
    """Make an event as a live kitchen has it."""
    event = PlainEvent(
        event_id="00000000-0000-8000-8000-000000000001",
        event_type="driver_picked_up",
        ts_us=1_772_366_400_000_001,
        place={"gk_id": "gk-1", "location": "sanfrancisco"},
        order_id="AB12CD",
        sequence=5,
        body={"route_points": [[round_number(37.7916, 6), round_number(-122.3931, 6)]], "eta_mins": None},
    )
    return event._replace(**changes)


@settings(deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            WHOLE,
            st.lists(NUMBERS, min_size=5, max_size=5),
            st.tuples(
                st.text("AZ09", min_size=6, max_size=8),
                ANY_TEXT,
                ITEMS.map(items_json),
                ROUTES.map(route_json),
            ),
        ),
        max_size=8,
    )
)
@example([((1, 3, 0, 0, 0), [math.nan] * 5, ("AAAAAA", 'Caffè "x"\\\n\x00', "[]", "[]"))])
@example([((7, 3, 6, 2, 0), [0.0, 0.0, -0.0, 50.0, 33.333332], ("AAAAAA", "", "[]", "[]"))])
def test_stored_rows_get_the_bytes_of_the_bulk_encoder(rows: list[Any]) -> None:
    made = make_rows(rows)
    order = sort_rows(made, np.ones(len(rows), bool), START_S, START_S + 4)
    encoded = WireEncoder(WireForm.canonical(DIGEST)).encode_lines(made, order, 0)
    lines = encoded.tobytes().splitlines(keepends=True)
    assert [encode_event(event_of(line)) for line in lines] == lines


def test_events_of_a_dataset_get_the_bytes_of_its_slice(dataset: Path) -> None:
    stream = io.BytesIO()
    assert write_slice(dataset, "0", "3", stream) > 1000
    for line in stream.getvalue().splitlines(keepends=True):
        assert encode_event(event_of(line)) == line


@given(st.integers(0, END_US - 1))
@example(0)
@example(999_999)
@example(END_US - 1)
def test_time_has_microseconds_or_milliseconds(ts_us: int) -> None:
    time = UNIX + dt.timedelta(microseconds=ts_us)
    for decimals, step in ((6, 1), (3, 1000)):
        text = json.loads(encode_event(picked_up(ts_us=ts_us), time_decimals=decimals))["ts"]
        assert len(text) == len("2026-03-01 12:00:00.") + decimals
        assert dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC) == time - dt.timedelta(
            microseconds=ts_us % step
        )


@pytest.mark.parametrize("ts_us", [-1, END_US, 10**40])
def test_time_without_a_form_is_refused(ts_us: int) -> None:
    with pytest.raises(DataError, match="ts: expected a time of the years 1970 to 9999"):
        encode_event(picked_up(ts_us=ts_us))


def test_row_of_a_live_kitchen() -> None:
    route = [[round_number(37.5, 6), round_number(-122.25, 6)]]
    body = {"route_points": route, "eta_mins": round_number(12, 1)}
    assert encode_event(picked_up(body=body), time_decimals=6).decode() == (
        '{"event_id":"00000000-0000-8000-8000-000000000001","event_type":"driver_picked_up",'
        '"ts":"2026-03-01 12:00:00.000001","gk_id":"gk-1","location":"sanfrancisco","order_id":"AB12CD",'
        '"sequence":5,"body":"{\\"route_points\\":[[37.500000,-122.250000]],\\"eta_mins\\":12.0}"}\n'
    )


@given(body=BODIES, place=st.dictionaries(TEXTS.map(lambda text: f"gk_{text}"), TEXTS, max_size=3))
@example({"a": 'Caffè "x"\\\n\x00'}, {})
def test_any_body_and_place_is_read_as_it_was(body: dict[str, Any], place: dict[str, str]) -> None:
    row = json.loads(encode_event(picked_up(body=body, place=place or {"location_id": 1})))
    assert json.loads(row["body"], parse_float=Decimal) == body
    assert {key: row[key] for key in place} == place


@given(st.floats())
def test_floats_have_the_digits_that_tell_them_apart(value: float) -> None:
    read = json.loads(json.loads(encode_event(picked_up(body={"x": value})))["body"])["x"]
    assert read == (value if math.isfinite(value) else None)


@given(st.floats(-180, 180, width=32), st.sampled_from([(6, 6), (4, 1), (1, 1)]))
@example(-0.0, (6, 6))
@example(-1e-9, (6, 6))
def test_numbers_are_rounded_as_on_the_wire(value: float, decimals: tuple[int, int]) -> None:
    rounded = round_number(value, *decimals)
    assert rounded == Decimal(value).quantize(Decimal(1).scaleb(-decimals[0]), ROUND_HALF_UP)
    text = f"{rounded:f}"
    n_decimals = len(text.partition(".")[2])
    assert decimals[1] <= n_decimals <= decimals[0]
    assert n_decimals == decimals[1] or decimals[0] == decimals[1] or text[-1] != "0"
    assert not text.startswith("-0.000000")


@pytest.mark.parametrize("value", [math.nan, math.inf, -1e9])
def test_numbers_without_a_form_are_null(value: float) -> None:
    assert round_number(value, 6) is None
