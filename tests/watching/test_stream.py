"""What a stream shows: orders that open and end, drivers and their ways, and what was wrong."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fastgen.watching import stream as watched
from fastgen.watching import ways as kept_ways
from fastgen.watching.places import Known
from fastgen.watching.rows import parse_line
from fastgen.watching.stream import FORGOTTEN_S, IS_CANCELLED, IS_DELIVERED, OPEN, SHOWN_S, Order, Stream
from tests.watching.lines import CREATED_S, KITCHEN, WAY, event, life

if TYPE_CHECKING:
    from collections.abc import Sequence


def stream_of(rows: Sequence[dict[str, Any] | bytes], known: dict[str, Known] | None = None) -> Stream:
    stream = Stream(known or {})
    take(stream, rows)
    return stream


def take(stream: Stream, rows: Sequence[Any]) -> None:
    stream.take(parse_line(row if isinstance(row, bytes) else json.dumps(row).encode()) for row in rows)


def only(stream: Stream) -> Order:
    (order,) = stream.orders.values()
    return order


def test_an_order_goes_from_its_creation_to_its_delivery() -> None:
    rows = life("A")
    stream = stream_of(rows[:1])
    place = stream.places[0]
    order = only(stream)
    assert (order.created, order.left, order.ends, order.state) == (CREATED_S, None, None, OPEN)
    assert place.ways.points[order.point][:2] == (37_792_000, -122_391_000)
    take(stream, rows[1:4])
    assert order.is_ready
    take(stream, rows[4:6])
    assert order.left == CREATED_S + 16 * 60
    assert order.ends is not None
    assert order.ends > order.left
    assert place.kitchen == (round(KITCHEN[0] * 1e6), round(KITCHEN[1] * 1e6))
    take(stream, rows[6:7])
    # Half of the way after two minutes: the other half takes two more.
    assert order.ends == CREATED_S + 20 * 60
    take(stream, rows[7:])
    assert (order.ends, order.state) == (CREATED_S + 20 * 60, IS_DELIVERED)
    assert (place.created, place.delivered, place.median_s()) == (1, 1, 20 * 60)
    assert not any(stream.faults.values())


def test_the_minutes_of_a_live_kitchen_say_when_a_driver_arrives() -> None:
    rows = life("A", upto=6)
    rows[5]["body"] = json.dumps({"route_points": WAY, "eta_mins": 7.5})
    assert only(stream_of([*rows])).ends == CREATED_S + 16 * 60 + 450


def test_a_cancelled_order_ends() -> None:
    stream = stream_of([*life("A", upto=4), event("A", "order_cancelled", 4, 900)])
    assert only(stream).state == IS_CANCELLED
    assert (stream.places[0].cancelled, stream.places[0].delivered) == (1, 0)


def test_ways_share_their_points_and_are_counted() -> None:
    stream = stream_of([*life("A"), *life("B", 30.0)])
    ways = stream.places[0].ways
    # The customer's point, and those of the way.
    assert len(ways.points) == 1 + len(WAY)
    end = only(stream_of(life("A"))).point
    assert ways.orders[end] == 2
    assert [point.parent for point in ways.points] == [-1, -1, 1, 2]
    assert ways.far_m[end] == pytest.approx(111.2 + 142, rel=0.02)


def test_places_are_known_by_the_dataset() -> None:
    known = {"1": Known("San Francisco", (37_790_000, -122_390_000), "x", [(1, 2), (3, 4)], [(0, 1)])}
    stream = stream_of([*life("A"), *life("B", location_id=2)], known)
    assert [place.known.name for place in stream.places] == ["San Francisco", "location 2"]
    assert stream.places[0].ways.points[:2] == [(1, 2, -1), (3, 4, -1)]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), st.lists(st.integers(0, 23), max_size=10))
def test_order_of_arrival_and_copies_change_nothing_but_the_faults(seed: int, again: list[int]) -> None:
    rows = [row for n in range(3) for row in life(f"O{n}", 300 * n)]
    straight = stream_of([*rows])
    mixed = [*rows, *(rows[k] for k in again)]
    random.Random(seed).shuffle(mixed)  # noqa: S311  # no secret
    stream = stream_of([*mixed])
    for key, order in straight.orders.items():
        other = stream.orders[key]
        assert (other.created, other.left, other.ends, other.state) == (
            order.created,
            order.left,
            order.ends,
            order.state,
        )
    assert stream.faults["duplicates"] == len(again)
    place = stream.places[0]
    assert (place.created, place.delivered) == (3, 3)
    # The first of each event, in the order of arrival; ts sorts as text.
    times = [row["ts"] for row in {row["event_id"]: row for row in mixed}.values()]
    newest = [max(times[: k + 1]) for k in range(len(times))]
    assert stream.faults["late"] == sum(ts < best for ts, best in zip(times[1:], newest, strict=False))


def test_counts_each_fault() -> None:
    rows = life("A")
    faulty: list[dict[str, Any] | bytes] = [
        *rows[:3],
        rows[2],
        {**rows[2], "event_id": "new"},
        rows[4],
        rows[3],
        b"{",
        b"no JSON",
        {**event("B", "gk_ready", 3, 900), "order_id": None},
        {**rows[5], "event_id": None},
        rows[7],
    ]
    stream = stream_of(faulty)
    assert stream.n_events == len(faulty)
    assert stream.faults == {
        "duplicates": 2,
        "late": 1,
        "early": 0,
        "malformed": 2,
        "incomplete": 2,
        "lost": 0,
    }
    # The ping of A never comes; that is known when its order is given up.
    take(stream, [*life("B", 20 * 60 + SHOWN_S)])
    stream.prune()
    assert stream.faults["lost"] == 1


def test_a_selection_of_types_lacks_nothing() -> None:
    stream = stream_of([row for n in range(5) for row in life(f"O{n}", 3600 * n)[::7]])
    stream.prune()
    assert stream.faults["lost"] == 0


def test_orders_are_given_up_when_they_have_ended_or_nothing_more_is_heard() -> None:
    stream = stream_of([*life("A"), *life("B", upto=3)])
    assert len(stream.orders) == 2
    take(stream, life("C", 20 * 60 + SHOWN_S + 1, upto=1))
    stream.prune()
    assert {key[1] for key in stream.orders} == {"B", "C"}
    assert stream.gone == [1]
    take(stream, life("D", 12 * 60 + FORGOTTEN_S + 1, upto=1))
    stream.prune()
    assert {key[1] for key in stream.orders} == {"C", "D"}


def test_what_comes_late_of_an_ended_order_opens_none() -> None:
    stream = stream_of([*life("A")[:6], *life("A")[7:], *life("B", 3600)])
    stream.prune()
    take(stream, [life("A")[6]])
    assert {key[1] for key in stream.orders} == {"B"}
    assert stream.faults["late"] == 1


def test_memory_is_bounded_whatever_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ORDERS_MAX", "PLACES_MAX", "IDS_MAX", "ENDED_MAX"):
        monkeypatch.setattr(watched, name, 10)
    monkeypatch.setattr(kept_ways, "POINTS_MAX", 50)
    stream = Stream({})
    for n in range(200):
        rows = life(f"O{n}", n, location_id=n % 20)
        rows[5]["body"] = json.dumps({"route_points": [[10 + n / 100, k / 100] for k in range(5)]})
        take(stream, rows)
        assert len(stream.orders) <= 10
        assert len(stream.places) <= 10
        assert len(stream._events._keys) <= 10
        assert len(stream._ended._keys) <= 10
        assert all(len(place.ways.points) <= 50 for place in stream.places)
        assert len(stream.changed) <= 10
