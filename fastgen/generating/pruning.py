"""Find out which locations and seconds a Polars predicate can match, so that no others are made.

Polars passes the predicate as an expression, and shows the parts of an expression only as JSON. This JSON may
change with any version of Polars: a part that is not understood excludes nothing. That is safe, because every
row is filtered by the predicate later.
"""

from __future__ import annotations

import io
import json
import math
import warnings
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Collection

# Operators that say the same with their two sides exchanged.
_MIRRORED = {"Eq": "Eq", "Lt": "Gt", "LtEq": "GtEq", "Gt": "Lt", "GtEq": "LtEq"}


class Wanted(NamedTuple):
    """Locations and times that could match.

    Attributes
    ----------
    locations
        Ids.
    first_s, last_s
        Unix seconds, both ends included; infinite where there is no bound.
    """

    locations: frozenset[int]
    first_s: float = -math.inf
    last_s: float = math.inf

    def both(self, other: Wanted) -> Wanted:
        """Narrow to what matches both."""
        return Wanted(
            self.locations & other.locations,
            max(self.first_s, other.first_s),
            min(self.last_s, other.last_s),
        )

    def either(self, other: Wanted) -> Wanted:
        """Widen to what matches one of two."""
        return Wanted(
            self.locations | other.locations,
            min(self.first_s, other.first_s),
            max(self.last_s, other.last_s),
        )


def find_wanted(predicate: pl.Expr | None, locations: Collection[int]) -> Wanted:
    """Find out what a predicate can match.

    Parameters
    ----------
    predicate
        Predicate over the event table; None matches all.
    locations
        Ids that there are.
    """
    everything = Wanted(frozenset(locations))
    if predicate is None:
        return everything
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Polars warns that this JSON is not stable
            return _Search(everything).search(json.loads(predicate.meta.serialize(format="json")))
    # A predicate of thousands of parts is too deep for recursion.
    except (pl.exceptions.PolarsError, ValueError, TypeError, KeyError, RecursionError):
        return everything


class _Search:
    """Bounds the parts of a predicate, from the innermost ones outward."""

    def __init__(self, everything: Wanted) -> None:
        self._everything = everything

    def search(self, node: Any) -> Wanted:
        """Bound what a part can match."""
        columns = _columns(node)
        if columns == {"location_id"}:
            # There are few locations, so Polars can evaluate the part for all of them.
            ids = sorted(self._everything.locations)
            frame = pl.DataFrame({"location_id": pl.Series(ids, dtype=pl.Int8)})
            return Wanted(frozenset(frame.filter(_expression(node))["location_id"].to_list()))
        kind, parts = next(iter(node.items()))
        if kind == "BinaryExpr":
            return self._search_operator(parts["op"], parts["left"], parts["right"])
        if kind == "Function" and parts["input"][0] == {"Column": "ts_seconds"}:
            name = next(iter(parts["function"].get("Boolean", {})), None)
            values = [_value(part) for part in parts["input"][1:]]
            if name == "IsBetween":
                return self._everything._replace(first_s=values[0], last_s=values[1])
            if name == "IsIn":
                # A null in the list matches no row. The range may include seconds that aren't in the list.
                found = [value for value in values[0] if value is not None]
                return self._everything._replace(
                    first_s=min(found, default=math.inf), last_s=max(found, default=-math.inf)
                )
        return self._everything

    def _search_operator(self, operator: str, left: Any, right: Any) -> Wanted:
        if operator in {"And", "LogicalAnd"}:
            return reduce(Wanted.both, map(self.search, (left, right)))
        if operator in {"Or", "LogicalOr"}:
            return reduce(Wanted.either, map(self.search, (left, right)))
        if right == {"Column": "ts_seconds"}:
            left, right, operator = right, left, _MIRRORED[operator]
        if left == {"Column": "ts_seconds"} and not _columns(right):
            # Bounds that are excluded are taken as included: one second more is made, and filtered later.
            value = _value(right)
            if operator in {"Eq", "Gt", "GtEq"}:
                first_s = self._everything._replace(first_s=value)
                return first_s._replace(last_s=value) if operator == "Eq" else first_s
            if operator in {"Lt", "LtEq"}:
                return self._everything._replace(last_s=value)
        return self._everything


def _columns(node: Any) -> set[str]:
    """Name the columns in a part."""
    if isinstance(node, list):
        return set[str]().union(*map(_columns, node))
    if not isinstance(node, dict):
        return set()
    # Not those of a literal, whose value may look like a column.
    own = {node["Column"]} if isinstance(node.get("Column"), str) else set()
    return own.union(*(_columns(part) for key, part in node.items() if key != "Literal"))


def _expression(node: Any) -> pl.Expr:
    return pl.Expr.deserialize(io.StringIO(json.dumps(node)), format="json")


def _value(node: Any) -> Any:
    """Evaluate a part without columns: a number, or a list of them."""
    value = pl.select(_expression(node)).item()
    if isinstance(value, pl.Series):
        return value.to_list()
    return float(value)
