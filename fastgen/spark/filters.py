"""Take over what a query's WHERE says of location, type and time, so that less has to be read.

A filter is known by the name of its class: versions of PySpark before 4.1 have none of them.
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
    """What is left to read: seconds start_s..end_s-1, locations and types by id."""

    start_s: int
    end_s: int
    locations: frozenset[int]
    types: frozenset[int]


def narrow(read: Narrowed, filters: Iterable[Any], *, raw: bool) -> tuple[Narrowed, list[Any]]:
    """Leave out what filters leave out.

    Parameters
    ----------
    read
        What would be read without them.
    filters
        PySpark's filters; all have to hold.
    raw
        Whether columns are the stored ones.

    Returns
    -------
    Narrowed
        What is to be read.
    list
        The filters that are not taken over and that Spark has to apply.
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
        if found is None:
            left.append(condition)
        else:
            read = found
    return read, left


def _column(condition: Any) -> str:
    """Name of the column that a filter is about; empty for one inside a struct."""
    while hasattr(condition, "child"):
        condition = condition.child
    path: tuple[str, ...] = getattr(condition, "attribute", ())
    return path[0] if len(path) == 1 else ""


def _narrow_locations(read: Narrowed, condition: Any) -> Narrowed | None:
    kept = _kept(condition, {i: i for i in read.locations})
    return None if kept is None else replace(read, locations=kept)


def _kept(condition: Any, values: Mapping[int, Value]) -> frozenset[int] | None:
    """Ids whose values a filter lets pass; None: it can't be said."""
    answers = {i: _holds(condition, value) for i, value in values.items()}
    if None in answers.values():
        return None
    return frozenset(i for i, holds in answers.items() if holds)


def _holds(condition: Any, value: Value) -> bool | None:
    """Whether a filter lets a value pass; None: it can't be said."""
    name = type(condition).__name__
    if name == "Not":
        inner = _holds(condition.child, value)
        return None if inner is None else not inner
    if name in {"IsNull", "IsNotNull"}:
        return name == "IsNotNull"
    if name not in _TESTS or not _comparable(condition.value, value, several=name == "In"):
        return None
    return _TESTS[name](value, condition.value)


def _comparable(literal: Any, value: Value, *, several: bool) -> bool:
    """Whether Python compares as SQL does: no nulls, no numbers with texts, no fractions."""
    if several:
        return all(type(item) is type(value) for item in literal)
    return type(literal) is type(value)


def _narrow_time(read: Narrowed, condition: Any, *, raw: bool) -> Narrowed | None:
    """Bound the seconds. Texts of the wire sort as the seconds do, so halving finds any text's place."""
    name = type(condition).__name__
    if name == "IsNotNull":
        return read
    literal = getattr(condition, "value", None)
    if type(literal) is not (int if raw else str):
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
