"""Filters that are taken over leave the rows that Spark would have left; others are given back."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from fastgen.events.schema import EVENT_TYPES
from fastgen.spark.filters import narrow
from tests.spark.asking import batch, read_batch, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fastgen.spark.batch import BatchReader


@dataclass(frozen=True)
class Filter:
    """Looks as PySpark's filters do, in versions without them too."""

    attribute: tuple[str, ...]
    value: Any = None


@dataclass(frozen=True)
class Not:
    child: Any


def named(name: str, column: str, value: Any = None) -> Any:
    return type(name, (Filter,), {})((column,), value)


TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "EqualTo": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqual": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqual": operator.le,
    "In": lambda value, values: value in values,
}
TIMES = ["2024-01-01 18", "2024-01-02", "2024-01-01 18:30:00.000", "2024-01-01 18:30:00.0005", "x", ""]
CASES: list[tuple[str, str, Any]] = [(name, "ts", text) for name in TESTS if name != "In" for text in TIMES]
CASES += [(name, "location_id", 4) for name in TESTS if name != "In"]
CASES += [("In", "location_id", (1, 9)), ("In", "event_type", ("delivered", "eaten"))]
CASES += [("EqualTo", "event_type", "gk_ready"), ("LessThan", "event_type", "e")]


def pushed(reader: BatchReader, *filters: Any) -> list[Any]:
    return list(reader.pushFilters(list(filters)))


@pytest.mark.parametrize(("name", "column", "value"), CASES)
def test_filters_leave_what_they_say(dataset: Path, name: str, column: str, value: Any) -> None:
    everything = read_batch(dataset)
    reader = batch(dataset)
    assert pushed(reader, named(name, column, value)) == []
    found = {row["event_id"] for row in rows_of(reader, reader.partitions())}
    assert found == {row["event_id"] for row in everything if TESTS[name](row[column], value)}


def test_filters_of_stored_columns_and_negations(dataset: Path) -> None:
    everything = read_batch(dataset, schema="raw")
    reader = batch(dataset, schema="raw")
    middle = sorted(row["ts_seconds"] for row in everything)[len(everything) // 2]
    filters = [
        named("GreaterThan", "ts_seconds", middle),
        Not(named("EqualTo", "event_type_id", 7)),
        named("IsNotNull", "location_id"),
    ]
    assert pushed(reader, *filters) == []
    found = rows_of(reader, reader.partitions())
    expected = [r for r in everything if r["ts_seconds"] > middle and r["event_type_id"] != 7]
    assert 0 < len(found) == len(expected)


def test_what_cannot_be_taken_over_is_given_back(dataset: Path) -> None:
    filters = [
        named("EqualTo", "order_id", "ABCDEF"),
        named("EqualTo", "location_id", None),
        named("In", "location_id", (1, None)),
        named("EqualTo", "event_type", 3),
        named("In", "ts", ("2024-01-01",)),
        Not(named("EqualTo", "ts", "2024-01-01")),
        named("StringStartsWith", "ts", "2024"),
        named("Unheard", "location_id", 1),
        type("EqualTo", (Filter,), {})(("location_id", "inside"), 1),
    ]
    reader = batch(dataset)
    assert pushed(reader, *filters) == filters
    assert len(rows_of(reader, reader.partitions())) == len(read_batch(dataset))


def test_contradictions_leave_no_tasks(dataset: Path) -> None:
    reader = batch(dataset, locations="sf")
    assert pushed(reader, named("EqualTo", "location_id", 4)) == []
    assert reader.partitions() == []


def test_filters_narrow_one_after_another(dataset: Path) -> None:
    reader = batch(dataset)
    read = reader._narrowed
    both = [named("GreaterThan", "event_type", "driver"), named("LessThan", "event_type", "driver_q")]
    read, left = narrow(read, both, raw=False)
    assert left == []
    assert {EVENT_TYPES[i - 1] for i in read.types} == {"driver_arrived", "driver_picked_up", "driver_ping"}
