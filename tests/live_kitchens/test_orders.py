"""Orders that were made elsewhere are taken once, get their whole life, and are answered."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

import fastgen
from fastgen.live_kitchens.order import Order, read_order
from fastgen.live_kitchens.order_lines import MAX_LINE_BYTES
from fastgen.live_kitchens.schemas import order_schema
from fastgen.live_kitchens.status import read_status
from fastgen.model.json_schema import make_json_schema
from tests.documents import blocks
from tests.live_kitchens.orders import (
    NEAR,
    at,
    by_order,
    check_whole,
    quiet,
    read_lines,
    rejected,
    run_orders,
    write_lines,
)
from tests.live_kitchens.runs import NOON, FakeClock, config_of, lines, run

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.usefixtures("_disk_is_not_waited_for")


def test_an_order_gets_its_whole_life(tmp_path: Path) -> None:
    items = [{"id": 1, "qty": 12}, {"id": 2}]
    run_orders(tmp_path, {}, {"id": "web-1", "customer": NEAR, "address": '5 "Elm" \\ Höhe', "items": items})
    orders = by_order(tmp_path / "out")
    for found in orders.values():
        check_whole(found)
    drawn, given = (orders[receipt["order_id"]] for receipt in read_lines(tmp_path / "receipts.jsonl"))
    assert drawn[0]["ts"] == given[0]["ts"] == "2026-03-07 20:00:00.000000"  # now
    body = given[0]["body"]
    assert body["customer_addr"] == '5 "Elm" \\ Höhe'
    assert [(item["id"], item["qty"]) for item in body["items"]] == [(1, 12), (2, 1)]
    assert abs(body["customer_lat"] - NEAR["lat"]) < 0.005
    assert abs(body["customer_lon"] - NEAR["lon"]) < 0.005
    assert given[-1]["body"] == {
        "delivered_lat": body["customer_lat"],
        "delivered_lon": body["customer_lon"],
    }
    assert 1 <= len(drawn[0]["body"]["items"]) <= 16
    assert drawn[0]["body"]["customer_addr"].split()[0].isdigit()
    assert read_status(tmp_path / "out", 0)["orders_open"] == 0


def test_items_may_be_named(tmp_path: Path) -> None:
    run_orders(tmp_path, {"id": "a"})
    ((created, *_),) = by_order(tmp_path / "out").values()
    item = created["body"]["items"][0]
    brands = {row["brand_id"]: row["name"] for row in _brands(tmp_path)}
    named = {"brand": brands[item["brand_id"]], "name": item["name"], "qty": 3}
    (tmp_path / "named").mkdir()
    run_orders(tmp_path / "named", {"items": [named]})
    ((created, *_),) = by_order(tmp_path / "named" / "out").values()
    assert [(one["name"], one["qty"]) for one in created["body"]["items"]] == [(item["name"], 3)]


def _brands(folder: Path) -> list[dict[str, Any]]:
    import polars as pl  # noqa: PLC0415

    fastgen.build(folder / "dataset", days=1, locations=["sf"])
    return pl.read_parquet(next((folder / "dataset").rglob("brands*.parquet"))).to_dicts()


def test_times_now_future_and_past(tmp_path: Path) -> None:
    times = {"future": at(minutes=20), "past": at(hours=-23), "naive": "2026-03-07 20:10:00.25"}
    batches = run_orders(tmp_path, *({"id": name, "time": time} for name, time in times.items()))
    receipts = {one["id"]: one["order_id"] for one in read_lines(tmp_path / "receipts.jsonl")}
    orders = by_order(tmp_path / "out")
    created = {name: orders[order_id][0]["ts"] for name, order_id in receipts.items()}
    assert created == {
        "future": "2026-03-07 20:20:00.000000",
        "past": "2026-03-06 21:00:00.000000",
        "naive": "2026-03-07 20:10:00.250000",
    }
    # What is past comes at once, whole, in the order of time; nothing comes early.
    first = next(batch for batch in batches if batch.events)
    texts = [(tmp_path / "out" / name).read_text() for name in first.files]
    at_once = [json.loads(line) for text in texts for line in text.splitlines()]
    assert {row["order_id"] for row in at_once} == {receipts["past"]}
    check_whole(at_once_sorted := sorted(at_once, key=lambda row: row["sequence"]))
    assert [row["ts"] for row in at_once] == sorted(row["ts"] for row in at_once_sorted)
    for batch in batches:
        for name in batch.files:
            for line in (tmp_path / "out" / name).read_text().splitlines():
                assert json.loads(line)["ts"] < f"{NOON:%Y-%m-%d} " + f"{_clock(batch.watermark_us)}"


def _clock(us: int) -> str:
    return f"{dt.datetime.fromtimestamp(us / 1_000_000, dt.UTC):%H:%M:%S.%f}"


def test_orders_join_those_of_the_kitchen_in_the_order_of_time(tmp_path: Path) -> None:
    busy: dict[str, Any] = {"orders_day_1": 2000, "orders_last": 2000, "batch_seconds": 60}
    alone, together = tmp_path / "alone", tmp_path / "together"
    config = config_of(**busy, start_days_ago=1, end_days_ahead=2)
    run(config, alone, hours=1)
    orders = write_lines(
        tmp_path / "o", *({"id": f"{i}", "time": at(minutes=i, seconds=1)} for i in range(30))
    )
    run(config, together, hours=1, orders=orders, receipts=tmp_path / "r")
    found = lines(together)
    mine = {receipt["order_id"] for receipt in read_lines(tmp_path / "r")}
    assert len(mine) == 30
    assert [line for line in found if json.loads(line)["order_id"] not in mine] == lines(alone)
    keys = [(row["ts"], row["sequence"]) for row in map(json.loads, found)]
    assert [key[0] for key in keys] == sorted(key[0] for key in keys)
    assert len({json.loads(line)["event_id"] for line in found}) == len(found)


def test_an_order_depends_on_its_own_id_and_time_alone(tmp_path: Path) -> None:
    order = {"id": "mine", "time": at(minutes=5)}
    found = []
    for name, others in (("a", []), ("b", [{"id": str(i), "time": at(minutes=i)} for i in range(9)])):
        (tmp_path / name).mkdir()
        run_orders(tmp_path / name, *others, order)
        (receipt,) = (r for r in read_lines(tmp_path / name / "receipts.jsonl") if r["id"] == "mine")
        found.append(by_order(tmp_path / name / "out")[receipt["order_id"]])
    assert found[0] == found[1]


def test_the_same_id_is_one_order(tmp_path: Path) -> None:
    run_orders(tmp_path, {"id": "a"}, {"id": "b"}, {"id": "a", "items": [{"id": 1}]}, {"id": "a"}, {}, {})
    receipts = read_lines(tmp_path / "receipts.jsonl")
    assert [(one["id"], one["line"], one["status"]) for one in receipts] == [
        ("a", 1, "accepted"),
        ("b", 2, "accepted"),
        ("a", 3, "duplicate"),
        ("a", 4, "duplicate"),
        (None, 5, "accepted"),
        (None, 6, "accepted"),
    ]
    assert receipts[0]["order_id"] == receipts[2]["order_id"] == receipts[3]["order_id"]
    assert len(by_order(tmp_path / "out")) == 4
    # Also in a later run, which goes on with the journal.
    clock = FakeClock(NOON + dt.timedelta(hours=2))
    more = write_lines(tmp_path / "more.jsonl", {"id": "b"})
    run(quiet(), tmp_path / "out", clock=clock, hours=0.1, orders=more, receipts=tmp_path / "r2")
    (again,) = read_lines(tmp_path / "r2")
    assert (again["status"], again["order_id"]) == ("duplicate", receipts[1]["order_id"])


def test_a_run_that_lags_behind_takes_orders_too(tmp_path: Path) -> None:
    """The clock moves on whenever it is read, so that something is always due."""

    class FastClock(FakeClock):
        def now_us(self) -> int:
            self.time += dt.timedelta(seconds=60)
            return super().now_us()

    orders = write_lines(tmp_path / "o", *({"id": f"{i}"} for i in range(5)))
    busy = config_of(orders_day_1=5000, orders_last=5000, start_days_ago=1, end_days_ahead=2, batch_seconds=1)
    clock = FastClock()
    run(busy, tmp_path / "out", clock=clock, hours=1, orders=orders, receipts=tmp_path / "r")
    assert clock.waits == []
    assert [one["id"] for one in read_lines(tmp_path / "r")] == ["0", "1", "2", "3", "4"]


# Lines, and the begin of the reason for which they are rejected. The schema refuses the first part too.
WRONG: list[tuple[Any, str]] = [
    ({"locaton": "x"}, "locaton: unknown key, did you mean location?"),
    ({"lo\ncation": "x"}, r"'lo\ncation': unknown key, did you mean location?"),
    ({"": "x"}, "'': unknown key, expected one of"),
    ({"k" * 1000: "x"}, "'kkk"),
    ({"id": 5}, "id: expected a string, 1 to 200 characters on one line, got 5."),
    ({"id": "x" * 201}, "id: expected 1 to 200 characters on one line"),
    ({"id": None}, "id: expected 1 to 200 characters on one line, got None."),
    ({"time": "2026-03-07"}, 'time: expected a time such as "2026-03-07T20:15:00Z", or "now", got '),
    ({"time": 5}, 'time: expected a time such as "2026-03-07T20:15:00Z", or "now", got 5.'),
    ({"customer": [1, 2]}, "customer: expected a table, got [1, 2]."),
    ({"customer": {"lat": 91, "lon": 0}}, "customer.lat: expected -85 <= lat <= 85, got 91."),
    ({"customer": {"lat": 37.8}}, "customer.lon: expected -180 <= lon <= 180, got nothing"),
    ({"customer": {"lat": "37", "lon": 1}}, "customer.lat: expected a number"),
    ({"address": "a\nb"}, "address: expected 1 to 200 characters on one line"),
    ({"items": []}, "items: expected a list of 1 to 64 items, got ()."),
    ({"items": [{"id": 1}] * 65}, "items: expected a list of 1 to 64 items"),
    ({"items": {"id": 1}}, "items: expected a list of 1 to 64 items"),
    ({"items": [1]}, "items[0]: expected an object, got 1."),
    ({"items": [{"id": 1, "qty": 0}]}, "items[0].qty: expected 1 <= qty <= 99, got 0."),
    ({"items": [{"id": 1, "qty": 10**9}]}, "items[0].qty: expected 1 <= qty <= 99, got 1000000000."),
    ({"items": [{"id": 1, "qty": True}]}, "items[0].qty: expected a whole number"),
]
WRONG_OTHERWISE: list[tuple[Any, str]] = [
    ({"items": [{"qty": 1}]}, "items[0].id: expected the id of an item, or its brand and name, got neither."),
    ({"items": [{"id": 1}, {"id": 10**6}]}, "items[1].id: expected the id of an item of the menus, got 1000"),
    ({"items": [{"brand": "Crinkl & Cob", "name": "x"}]}, "items[0].brand: expected a brand of the kitchen"),
    ({"location": "oakland"}, "location: expected one of sanfrancisco, got 'oakland'."),
    ({"customer": {"lat": 38.8, "lon": -122.4}}, "customer: expected a position within 1000 m of a street"),
    ({"time": "2026-03-06T19:59:59Z"}, "time: expected a time from a day ago to the kitchen's last day, "),
    ({"time": "2026-03-09T00:00:00Z"}, "time: expected a time from a day ago to the kitchen's last day, "),
    (
        {"time": "2026-13-07T00:00:00Z"},
        'time: expected a time such as "2026-03-07T20:15:00Z", or "now", got ',
    ),
    ({"time": "0001-01-01T00:00:00+23:59"}, "time: expected a time such as "),
    ({"time": "9999-12-31T23:59:59-12:00"}, "time: expected a time such as "),
    ({"time": "9999-12-31T23:59:59Z"}, "time: expected a time from a day ago to the kitchen's last day, "),
    (b"[]", "expected an object {...}, got []."),
    (b"{", "expected JSON, got an error: "),
    (b"\xff", "expected UTF-8, got byte 0 that is not."),
    (b'{"id": "a", "id": "b"}', 'expected JSON, got an error: the key "id" twice.'),
    (b'{"customer": {"lat": NaN, "lon": 1}}', "expected JSON, got an error: NaN where a number belongs."),
    (b'{"customer": {"lat": 1e999, "lon": 1}}', "customer.lat: expected -85 <= lat <= 85, got inf."),
    (b'{"id": "\\ud800"}', "expected JSON, got an error: "),
    (b"[" * 90_000, "expected JSON, got an error: "),
    (
        b'{"id": "' + b"x" * MAX_LINE_BYTES + b'"}',
        "expected a line of at most 100000 bytes, got a longer one.",
    ),
    ({"event_type": "delivered", "body": {}}, "event_type: expected order_created, got 'delivered'."),
    ({"event_type": "order_created"}, "body: expected an object, got None."),
    ({"event_type": "order_created", "body": "{"}, "body: expected JSON, got an error: "),
    (
        {"event_type": "order_created", "body": {"customer_lat": 37.8}},
        "customer.lon: expected a number",
    ),
]


def test_a_bad_line_is_rejected_with_its_reason_and_the_stream_goes_on(tmp_path: Path) -> None:
    wrong = [*WRONG, *WRONG_OTHERWISE]
    run_orders(tmp_path, *(line for line, _ in wrong), {"id": "last"})
    found = rejected(tmp_path)
    assert [one["line"] for one in found] == list(range(1, len(wrong) + 1))
    for one, (line, reason) in zip(found, wrong, strict=True):
        assert one["reason"].startswith(reason)
        assert "\n" not in one["reason"]
        assert one["file"].endswith("orders.jsonl")
        data = line if isinstance(line, bytes) else json.dumps(line).encode()
        assert one["text"] == (None if len(data) > MAX_LINE_BYTES else data.decode(errors="replace"))
    (receipt,) = read_lines(tmp_path / "receipts.jsonl")
    assert (receipt["id"], receipt["line"]) == ("last", len(wrong) + 1)
    check_whole(by_order(tmp_path / "out")[receipt["order_id"]])


def test_the_shipped_schema_is_made_of_the_description() -> None:
    made = make_json_schema(Order, "Order from outside for a live kitchen of fastgen")
    assert order_schema() == made
    validator = jsonschema.Draft202012Validator(made)
    validator.check_schema(made)
    assert [line for line, _ in WRONG if validator.is_valid(line)] == []
    right: list[Any] = [
        {},
        {"id": "a", "location": "sanfrancisco", "time": "now"},
        {"time": "2026-03-07T20:15:00Z", "customer": NEAR, "address": "1 A St"},
        {
            "time": "2026-03-07 20:15:00.123456+01:00",
            "items": [{"id": 1, "qty": 99}, {"brand": "a", "name": "b"}],
        },
    ]
    for order in right:
        validator.validate(order)
        read_order(json.dumps(order).encode())


def test_the_example_of_the_document_is_an_order(tmp_path: Path) -> None:
    (text,) = (text for text in blocks("docs/live.md", "") if text.startswith("{"))
    assert [line for line in text.splitlines() if read_order(line.encode())] == text.splitlines()
    orders = tmp_path / "o"
    orders.write_text(text)
    chicago = quiet(location_name="chicago", gk_location="41.8807, -87.6362")
    run(chicago, tmp_path / "out", hours=0.01, orders=orders, receipts=tmp_path / "r")
    assert [one["status"] for one in read_lines(tmp_path / "r")] == ["accepted", "accepted"]


def test_several_kitchens(tmp_path: Path) -> None:
    sf, chicago = quiet(), quiet(location_name="chicago", gk_location="41.8807, -87.6362")
    orders = tmp_path / "o"
    write_lines(orders, {"location": "chicago", "id": "c"}, {"location": "sanfrancisco", "id": "s"}, {})
    run([sf, chicago], tmp_path / "out", hours=1.5, orders=orders, receipts=tmp_path / "r")
    receipts = {one["id"]: one["order_id"] for one in read_lines(tmp_path / "r")}
    found = by_order(tmp_path / "out")
    assert {row["location"] for row in found[receipts["c"]]} == {"chicago"}
    assert {row["location"] for row in found[receipts["s"]]} == {"sanfrancisco"}
    (wrong,) = rejected(tmp_path)
    assert wrong["reason"] == "location: expected one of chicago, sanfrancisco, got none."
    gk_id = found[receipts["c"]][0]["gk_id"]
    write_lines(orders, {"location": gk_id, "id": "g"}, {"location": "2", "id": "n"})
    clock = FakeClock(NOON + dt.timedelta(hours=2))
    run([sf, chicago], tmp_path / "out", clock=clock, hours=1.5, orders=orders, receipts=tmp_path / "r")
    last = [one["order_id"] for one in read_lines(tmp_path / "r")][-2:]
    found = by_order(tmp_path / "out")
    assert [found[order_id][0]["location"] for order_id in last] == ["chicago", "sanfrancisco"]
