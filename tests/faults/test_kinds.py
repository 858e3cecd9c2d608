"""Each kind of fault hits as many events as it should, does to them what it says, and can be undone."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from typing import TYPE_CHECKING, Any

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from fastgen.faults import ledger, stream
from fastgen.faults.kinds import KINDS
from fastgen.faults.plan import load_faults
from fastgen.faults.slice_file import write_slice
from fastgen.wire.bulk import WIRE_SCHEMA
from tests.documents import DOCUMENTS, blocks
from tests.faults.streams import broken_slice, only, plan_of, row_of
from tests.significance import check_share

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


Row = dict[str, Any]

NOON = 1_704_067_200 + 12 * 3600


def has(key: str) -> Callable[[Row], bool]:
    return lambda row: key in row["body"]


# Faults with a probability, and the clean events that each can hit.
COUNTED: list[tuple[Row, Callable[[Row], bool]]] = [
    ({"kind": "null", "field": "loc_lat"}, has("loc_lat")),
    (
        {"kind": "null", "field": "customer_addr", "locations": ["sf"]},
        lambda r: "items" in r["body"] and r["location_id"] == 1,
    ),
    (
        {"kind": "missing", "field": "order_id", "types": ["gk_ready"]},
        lambda r: r["event_type"] == "gk_ready",
    ),
    ({"kind": "missing", "field": "items"}, has("items")),
    ({"kind": "duplicate"}, lambda _: True),
    ({"kind": "duplicate", "id": "new", "max_delay_s": 30}, lambda _: True),
    ({"kind": "late", "max_delay_s": 600}, lambda _: True),
    ({"kind": "disordered", "max_delay_s": 5}, lambda _: True),
    ({"kind": "lost", "types": ["delivered"]}, has("delivered_lat")),
    ({"kind": "malformed"}, lambda _: True),
    ({"kind": "truncated"}, lambda _: True),
    ({"kind": "wrong_type", "field": "progress_pct"}, has("progress_pct")),
    ({"kind": "wrong_type", "field": "ts"}, lambda _: True),
    ({"kind": "noise", "field": "customer_addr"}, has("customer_addr")),
    ({"kind": "noise", "field": "order_id", "form": "long", "length": 50}, lambda _: True),
    (
        {"kind": "drift", "change": "rename", "field": "loc_lon", "name": "lon", "from": "0T12:00"},
        lambda r: "loc_lon" in r["body"] and r["ts"] >= "2024-01-01 12",
    ),
    (
        {"kind": "drift", "change": "add", "field": "tip", "value": 'a "b"\n', "from": 1},
        lambda r: r["ts"] >= "2024-01-02",
    ),
    ({"kind": "drift", "change": "add", "field": "v", "value": 2, "level": "row", "from": 0}, lambda _: True),
    (
        {"kind": "drift", "change": "retype", "field": "items", "from": 0, "to": 1},
        lambda r: "items" in r["body"] and r["ts"] < "2024-01-02",
    ),
    ({"kind": "skew", "skew_s": -300, "locations": ["chicago"]}, lambda r: r["location_id"] == 4),
    (
        {"kind": "silence", "locations": ["sf"], "from": 0, "to": "0T20:00"},
        lambda r: r["location_id"] == 1 and r["ts"] < "2024-01-01 20",
    ),
    ({"kind": "burst", "hold_s": 60, "locations": ["sf"]}, lambda r: r["location_id"] == 1),
]
SHARE = 0.13


def drawn_for(row: Row, kind: str) -> str:
    """Name what one draw is for: a burst hits all events of a minute, any other fault one event."""
    return str(row["ts"][:16] if kind == "burst" else row["event_id"])


@pytest.mark.parametrize(
    ("fault", "can_hit"), COUNTED, ids=lambda x: x["kind"] if isinstance(x, dict) else ""
)
def test_injected_counts_are_those_requested(
    fault: Row, can_hit: Callable[[Row], bool], dataset: Path, clean: list[bytes], tmp_path: Path
) -> None:
    """By the exact binomial test, for a probability and for one event of so many."""
    draws = {row["event_id"]: drawn_for(row, fault["kind"]) for row in map(row_of, clean) if can_hit(row)}
    trials = len(set(draws.values()))
    assert trials > 50
    for share in ({"probability": SHARE}, {"every": 5}):
        broken = broken_slice(dataset, tmp_path, plan_of(tmp_path, {**fault, **share}))
        assert broken.ledger["kind"].unique().to_list() == [fault["kind"]]
        hit = {draws[event] for event in broken.ledger["event_id"]}
        check_share(len(hit), trials, share.get("probability", 1 / 5))
        events_hit = [event for event, draw in draws.items() if draw in hit]
        assert sorted(broken.ledger["event_id"]) == sorted(events_hit)
        assert broken.undone() == clean
    every = broken_slice(dataset, tmp_path, plan_of(tmp_path, {**fault, "probability": 1.0}))
    assert every.ledger.height == len(draws)
    assert every.undone() == clean
    none = broken_slice(dataset, tmp_path, plan_of(tmp_path, {**fault, "probability": 0.0}))
    assert (none.lines, none.ledger.height) == (clean, 0)


def test_every_kind_is_counted() -> None:
    assert {fault["kind"] for fault, _ in COUNTED} == KINDS.keys()


EXAMPLES = blocks("docs/faults.md", "toml")


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: re.sub(r"[^a-z_]+", " ", text)[:40])
def test_example_of_the_document_breaks_the_stream(
    text: str, dataset: Path, clean: list[bytes], tmp_path: Path
) -> None:
    (tmp_path / "example.toml").write_text(text if "seed" in text else f"seed = 7\n{text}", encoding="utf-8")
    broken = broken_slice(dataset, tmp_path, tmp_path / "example.toml")
    plan = load_faults(tmp_path / "example.toml")
    assert set(broken.ledger["kind"]) == {fault.kind for fault in plan.faults}
    assert broken.lines != clean
    assert broken.undone() == clean


def test_document_has_an_example_of_each_kind() -> None:
    titles = re.findall(r"^### (\w+): ", DOCUMENTS["docs/faults.md"], re.MULTILINE)
    assert titles == list(KINDS)
    shown = re.findall(r'^kind = "(\w+)"', "".join(EXAMPLES), re.MULTILINE)
    assert set(shown) == KINDS.keys()


def second(line: bytes) -> int:
    return int(dt.datetime.fromisoformat(json.loads(line)["ts"]).replace(tzinfo=dt.UTC).timestamp())


def test_late_events_come_at_their_second(dataset: Path, clean: list[bytes], tmp_path: Path) -> None:
    """Sorted by the seconds at which they come, as the ledger has them, lines are in their order."""
    faults: tuple[Row, ...] = (
        {"kind": "late", "probability": 0.3, "max_delay_s": 5000},
        {"kind": "disordered", "max_delay_s": 7},
    )
    for fault in faults:
        lines, ledger = only(fault, dataset, tmp_path)
        delays = dict(zip(ledger["line"], ledger["delay_s"], strict=True))
        comes = [second(line) + delays.get(number, 0) for number, line in enumerate(lines, start=1)]
        assert comes == sorted(comes)
        assert sorted(lines) == sorted(clean)
        assert lines != clean
        bound = ledger["delay_s"].to_numpy() / fault["max_delay_s"]
        assert 0.98 <= bound.max() <= 1.0
        assert (bound.min() > 0) == (fault["kind"] == "late")


def test_copies_follow_their_events(dataset: Path, clean: list[bytes], tmp_path: Path) -> None:
    lines, _ = only({"kind": "duplicate"}, dataset, tmp_path)
    assert lines == [line for line in clean for _ in range(2)]
    lines, ledger = only({"kind": "duplicate", "id": "new", "max_delay_s": 20}, dataset, tmp_path)
    rows = [json.loads(line) for line in lines]
    ids = [row.pop("event_id") for row in rows]
    assert len(set(ids)) == len(ids) == 2 * len(clean)
    assert all(
        re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", i) for i in ids
    )
    assert sorted(map(json.dumps, rows[::])) == sorted(
        json.dumps({k: v for k, v in json.loads(line).items() if k != "event_id"})
        for line in clean
        for _ in "ab"
    )
    assert (ledger["delay_s"].min(), ledger["delay_s"].max()) == (1, 20)


def test_burst_holds_whole_stretches_back(dataset: Path, clean: list[bytes], tmp_path: Path) -> None:
    lines, ledger = only({"kind": "burst", "hold_s": 1800}, dataset, tmp_path)
    comes = {
        event: second(line) + 1800 - second(line) % 1800
        for line in clean
        for event in [json.loads(line)["event_id"]]
    }
    assert lines == clean  # each stretch as a whole, in the clean order
    assert all(0 < delay <= 1800 for delay in ledger["delay_s"])
    delays = dict(zip(ledger["event_id"], ledger["delay_s"], strict=True))
    assert {
        json.loads(line)["event_id"]: second(line) + delays[json.loads(line)["event_id"]] for line in clean
    } == comes
    half = broken_slice(dataset, tmp_path, plan_of(tmp_path, {"kind": "burst", "every": 4, "hold_s": 1800}))
    held = {second(json.loads(line) and line) // 1800 for line in half.ledger["before"]}
    assert held
    assert all((stretch - NOON // 1800 + 24) % 4 == 0 for stretch in held)
    in_hours = [second(line) // 1800 for line in clean]
    assert half.ledger.height == sum(stretch in held for stretch in in_hours)
    assert half.undone() == clean


def test_silent_kitchen_is_silent_and_no_other(dataset: Path, clean: list[bytes], tmp_path: Path) -> None:
    fault = {"kind": "silence", "locations": ["sf"], "from": "0T18:00", "to": "0T19:00"}
    lines, _ = only(fault, dataset, tmp_path)
    assert lines == [
        line
        for line in clean
        if not (
            json.loads(line)["location_id"] == 1
            and "2024-01-01 18" <= json.loads(line)["ts"] < "2024-01-01 19"
        )
    ]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_tables_take_faults_of_rows_and_bodies(form: str, dataset: Path, tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path,
        {"kind": "duplicate", "probability": 0.1, "id": "new", "max_delay_s": 100},
        {"kind": "null", "probability": 0.5, "field": "customer_addr"},
        {"kind": "skew", "skew_s": 5, "locations": ["sf"]},
        {"kind": "lost", "probability": 0.1},
    )
    lines = broken_slice(dataset, tmp_path, plan).lines
    stream = io.BytesIO()
    assert write_slice(dataset, 0, 4, stream, format=form, faults=plan) == len(lines)
    stream.seek(0)
    if form == "parquet":
        table = pq.read_table(stream)
    else:
        convert = pa_csv.ConvertOptions(column_types={field.name: field.type for field in WIRE_SCHEMA})
        parse = pa_csv.ParseOptions(newlines_in_values=True)
        table = pa_csv.read_csv(stream, parse_options=parse, convert_options=convert)
    assert table.to_pylist() == [json.loads(line) for line in lines]


def test_faults_pass_over_values_that_earlier_ones_have_spoilt(
    dataset: Path, clean: list[bytes], tmp_path: Path
) -> None:
    """A time that is noise, null or of another form has no skew and no other date."""
    spoilers: list[Row] = [
        {"kind": "noise", "field": "ts"},
        {"kind": "noise", "field": "ts", "form": "long", "length": 3},
        {"kind": "null", "field": "ts"},
        {"kind": "wrong_type", "field": "ts"},
        {"kind": "missing", "field": "ts"},
        {"kind": "truncated"},
        {"kind": "malformed"},
    ]
    for first in spoilers:
        later: list[Row] = [
            {"kind": "skew", "skew_s": 9, "locations": ["sf", "chicago"]},
            {"kind": "drift", "change": "rename", "from": 0, "field": "ts", "name": "time"},
        ]
        plan = plan_of(tmp_path, {"probability": 1.0, **first}, *later)
        broken = broken_slice(dataset, tmp_path, plan)
        assert "skew" not in set(broken.ledger["kind"])
        assert broken.undone() == clean


def test_blocks_of_few_rows_give_the_same_stream(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long noise is added to bounded blocks, which changes neither order nor ledger."""
    faults: list[Row] = [
        {"kind": "noise", "probability": 0.3, "field": "order_id", "form": "long", "length": 1000},
        {"kind": "disordered", "probability": 0.5, "max_delay_s": 3},
        {"kind": "late", "probability": 0.1, "max_delay_s": 4000},
    ]
    whole = broken_slice(dataset, tmp_path, plan_of(tmp_path, *faults))
    monkeypatch.setattr(stream, "BLOCK_BYTES", 7000)
    monkeypatch.setattr(ledger, "GROUP_BYTES", 100_000)
    blocks_of_seven = broken_slice(dataset, tmp_path, plan_of(tmp_path, *faults))
    assert blocks_of_seven.lines == whole.lines
    order = ["line", "fault"]
    assert blocks_of_seven.ledger.sort(order).equals(whole.ledger.sort(order))
    assert pq.read_metadata(whole.ledger_path).num_row_groups > 5
