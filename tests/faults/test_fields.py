"""Faults of fields and lines change what they name, and nothing else of a line."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.streams import only, row_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Row = dict[str, Any]


def test_fields_of_bodies_are_changed_in_place(dataset: Path, clean: list[bytes], tmp_path: Path) -> None:
    """Everything else of a line stays, byte for byte, in the body too."""
    changes: list[tuple[Row, Callable[[Row], object]]] = [
        ({"kind": "null", "field": "items"}, lambda body: body.update(items=None)),
        ({"kind": "missing", "field": "customer_lat"}, lambda body: body.pop("customer_lat")),
        ({"kind": "missing", "field": "items"}, lambda body: body.pop("items")),
        (
            {"kind": "wrong_type", "field": "customer_lat"},
            lambda body: body.update(customer_lat=f"{body['customer_lat']:.6f}"),
        ),
        ({"kind": "wrong_type", "field": "items"}, lambda body: body.update(items=[body["items"]])),
        (
            {"kind": "wrong_type", "field": "customer_addr"},
            lambda body: body.update(customer_addr=[body["customer_addr"]]),
        ),
        (
            {"kind": "drift", "change": "add", "from": 0, "field": "a", "value": 'q"\\\n'},
            lambda body: body.update(a='q"\\\n'),
        ),
        (
            {"kind": "noise", "field": "customer_addr", "form": "long", "length": 3},
            lambda body: body.update(customer_addr="xxx" + body["customer_addr"]),
        ),
    ]
    for fault, change in changes:
        lines, _ = only({**fault, "types": ["order_created"]}, dataset, tmp_path)
        assert len(lines) == len(clean)
        for line, before in zip(lines, clean, strict=True):
            row = row_of(before)
            if row["event_type"] == "order_created":
                change(row["body"])
                assert row_of(line) == row
            else:
                assert line == before


def test_fields_of_rows_are_changed_in_place(dataset: Path, clean: list[bytes], tmp_path: Path) -> None:
    def later(row: Row) -> None:
        time = dt.datetime.fromisoformat(row["ts"]) + dt.timedelta(seconds=86_400)
        row["ts"] = f"{time:%Y-%m-%d %H:%M:%S}.000"

    def other_date(row: Row) -> None:
        row["ts"] = f"{dt.datetime.fromisoformat(row['ts']):%d/%m/%Y %H:%M:%S}"

    changes: list[tuple[Row, Callable[[Row], object]]] = [
        ({"kind": "null", "field": "event_id"}, lambda row: row.update(event_id=None)),
        ({"kind": "null", "field": "body"}, lambda row: row.update(body=None)),
        ({"kind": "missing", "field": "event_id"}, lambda row: row.pop("event_id")),
        ({"kind": "missing", "field": "body"}, lambda row: row.pop("body")),
        ({"kind": "wrong_type", "field": "sequence"}, lambda row: row.update(sequence=str(row["sequence"]))),
        ({"kind": "wrong_type", "field": "ts"}, other_date),
        (
            {"kind": "drift", "change": "rename", "from": 0, "field": "ts", "name": "time"},
            lambda row: row.update(time=row.pop("ts")),
        ),
        (
            {"kind": "drift", "change": "add", "level": "row", "from": 0, "field": "n", "value": True},
            lambda row: row.update(n=True),
        ),
        ({"kind": "skew", "skew_s": 86_400, "locations": ["sf", "chicago"]}, later),
    ]
    for fault, change in changes:
        lines, _ = only(fault, dataset, tmp_path)
        assert len(lines) == len(clean)
        for line, before in zip(lines, clean, strict=True):
            row = json.loads(before)
            change(row)
            assert json.loads(line) == row


def test_broken_lines_are_no_json_and_stay_one_line(
    dataset: Path, clean: list[bytes], tmp_path: Path
) -> None:
    for kind in ("malformed", "truncated"):
        lines, ledger = only({"kind": kind}, dataset, tmp_path)
        assert len(lines) == len(clean) == ledger.height
        for line, before, noted in zip(lines, clean, ledger["before"], strict=True):
            assert len(line) >= 2
            assert line.decode()  # cut between two characters
            with pytest.raises(json.JSONDecodeError):
                json.loads(line)
            assert noted == before
    lines, _ = only({"kind": "noise", "field": "order_id"}, dataset, tmp_path)
    for line in lines:
        with pytest.raises(UnicodeDecodeError):
            line.decode()
        json.loads(line.decode("latin-1"))
