"""Apply the conditions of a query's WHERE on location, type and time, so that tasks read fewer row groups.

Filters are recognised by the names of their classes: they can't be imported, since PySpark before 4.1 has
none.
"""

from __future__ import annotations

import operator
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fastgen.events.schema import EVENT_TYPE_IDS
from fastgen.replaying.clock import utc_from_us
from fastgen.units import US_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Value = int | str

# By the name of a filter's class: whether a value passes, given the filter's literal.
_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "EqualTo": operator.eq,
    "EqualNullSafe": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqual": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqual": operator.le,
    "In": lambda value, literals: value in literals,
    "StringStartsWith": str.startswith,
    "StringEndsWith": str.endswith,
    "StringContains": operator.contains,
}


@dataclass(frozen=True)
class Narrowed:
    """The events to read: seconds start_s to end_s - 1 of dataset time, ids of locations and types."""

    start_s: int
    end_s: int
    locations: frozenset[int]
    types: frozenset[int]


def narrow(read: Narrowed, filters: Iterable[Any], *, raw: bool) -> tuple[Narrowed, list[Any]]:
    """Narrow a read by the filters of a query.

    Parameters
    ----------
    read
        The events that would be read without filters.
    filters
        PySpark's filters, joined by AND.
    raw
        Whether the columns are the stored ones, not the wire format.

    Returns
    -------
    Narrowed
        The events to read.
    list
        The filters that could not be applied here; Spark has to apply them.
    """
    types: dict[int, Value] = {number: number if raw else name for name, number in EVENT_TYPE_IDS.items()}
    left = []
    for condition in filters:
        column = _column(condition)
        found = None
        if column == "location_id":
            found = _narrow_locations(read, condition)
        elif column == ("event_type_id" if raw else "event_type"):
            kept = _kept(condition, {i: types[i] for i in read.types})
            found = None if kept is None else replace(read, types=kept)
        elif column == ("ts_seconds" if raw else "ts"):
            found = _narrow_time(read, condition, raw=raw)
        if found is None:  # another column, or a filter that is not understood
            left.append(condition)
        else:
            read = found
    return read, left


def _column(condition: Any) -> str:
    """Name the column of a filter; the empty text for a field of a struct."""
    while hasattr(condition, "child"):
        condition = condition.child
    path: tuple[str, ...] = getattr(condition, "attribute", ())
    return path[0] if len(path) == 1 else ""


def _narrow_locations(read: Narrowed, condition: Any) -> Narrowed | None:
    kept = _kept(condition, {i: i for i in read.locations})
    return None if kept is None else replace(read, locations=kept)


def _kept(condition: Any, values: Mapping[int, Value]) -> frozenset[int] | None:
    """Select the ids whose values pass a filter; None if the filter can't be evaluated here."""
    answers = {i: _passes(condition, value) for i, value in values.items()}
    if None in answers.values():
        return None
    return frozenset(i for i, passes in answers.items() if passes)


def _passes(condition: Any, value: Value) -> bool | None:
    """Say whether a value, which is not null, passes a filter; None if it can't be evaluated here."""
    name = type(condition).__name__
    if name == "Not":
        inner = _passes(condition.child, value)
        return None if inner is None else not inner
    # Location, type and time are never null.
    if name in {"IsNull", "IsNotNull"}:
        return name == "IsNotNull"
    if name not in _TESTS or not _comparable(condition.value, value, several=name == "In"):
        return None
    return _TESTS[name](value, condition.value)


def _comparable(literal: Any, value: Value, *, several: bool) -> bool:
    """Say whether Python compares as SQL does: only values of one type, so no null and no implicit cast."""
    if several:
        return all(type(item) is type(value) for item in literal)
    return type(literal) is type(value)


def _narrow_time(read: Narrowed, condition: Any, *, raw: bool) -> Narrowed | None:
    """Narrow the window by a filter on time; None if the filter can't be applied here.

    Timestamps of the wire format sort as texts in the order of their seconds, so bisection finds the seconds
    before any text, even one that is no timestamp.
    """
    name = type(condition).__name__
    if name == "IsNotNull":
        return read
    literal = getattr(condition, "value", None)
    if type(literal) is not (int if raw else str):  # Spark would cast one of the two
        return None
    seconds = range(read.start_s, read.end_s)
    key = operator.index if raw else _on_the_wire
    left = read.start_s + bisect_left(seconds, literal, key=key)
    right = read.start_s + bisect_right(seconds, literal, key=key)
    bounds = {
        "EqualTo": (left, right),
        "GreaterThan": (right, read.end_s),
        "GreaterThanOrEqual": (left, read.end_s),
        "LessThan": (read.start_s, left),
        "LessThanOrEqual": (read.start_s, right),
    }
    if name not in bounds:
        return None
    return replace(read, start_s=bounds[name][0], end_s=bounds[name][1])


def _on_the_wire(second: int) -> str:
    return utc_from_us(second * US_PER_S).strftime("%Y-%m-%d %H:%M:%S.000")
