"""Faults hit the reason of a cancelled order as any other field, and can be undone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from fastgen.errors import ScenarioError
from tests.building.toy import write_toy_roads
from tests.faults.streams import MIXED, broken_slice, only, plan_of, row_of
from tests.generating.closing_builds import build_closing
from tests.helpers import slice_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Row = dict[str, Any]
CHANGES: list[tuple[Row, Callable[[Row], object]]] = [
    ({"kind": "null", "field": "reason"}, lambda body: body.update(reason=None)),
    ({"kind": "missing", "field": "reason"}, lambda body: body.pop("reason")),
    ({"kind": "wrong_type", "field": "reason"}, lambda body: body.update(reason=[body["reason"]])),
    (
        {"kind": "drift", "change": "rename", "from": 0, "field": "reason", "name": "why"},
        lambda body: body.update(why=body.pop("reason")),
    ),
    (
        {"kind": "drift", "change": "add", "from": 0, "field": "by", "value": 7},
        lambda body: body.update(by=7),
    ),
]


@pytest.fixture(scope="module")
def closing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("closing")
    return build_closing(folder / "data", write_toy_roads(folder / "roads")).path


@pytest.fixture(scope="module")
def clean(closing: Path) -> list[bytes]:
    return slice_of(closing, 0, 4).splitlines(keepends=True)


@pytest.mark.parametrize(("fault", "change"), CHANGES)
def test_the_reason_is_changed_in_place(
    fault: Row, change: Callable[[Row], object], closing: Path, clean: list[bytes], tmp_path: Path
) -> None:
    lines, ledger = only({**fault, "types": ["order_cancelled"]}, closing, tmp_path)
    n_hit = 0
    for line, before in zip(lines, clean, strict=True):
        row = row_of(before)
        if row["event_type"] == "order_cancelled":
            change(row["body"])
            n_hit += 1
        assert row_of(line) == row
    assert len(ledger) == n_hit > 100


def test_mixtures_can_be_undone(closing: Path, clean: list[bytes], tmp_path: Path) -> None:
    broken = broken_slice(closing, tmp_path, plan_of(tmp_path, *MIXED))
    assert sorted(broken.lines) != sorted(clean)
    assert broken.undone() == clean


def test_cancellations_can_be_lost_or_late(closing: Path, clean: list[bytes], tmp_path: Path) -> None:
    lines, _ = only({"kind": "lost", "types": ["order_cancelled"]}, closing, tmp_path)
    assert lines == [line for line in clean if json.loads(line)["event_type"] != "order_cancelled"]
    late, ledger = only({"kind": "late", "types": ["order_cancelled"], "max_delay_s": 600}, closing, tmp_path)
    assert sorted(late) == sorted(clean)
    assert late != clean
    assert len(ledger) == len(clean) - len(lines)


def test_only_bodies_that_have_a_reason_can_lose_it(tmp_path: Path) -> None:
    assert plan_of(tmp_path, {"kind": "null", "field": "reason", "probability": 1.0})
    with pytest.raises(ScenarioError, match="field: expected a field of these events, got 'reason'"):
        plan_of(tmp_path, {"kind": "null", "field": "reason", "types": ["delivered"], "probability": 1.0})
