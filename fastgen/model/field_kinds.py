"""Define the kinds of fields: each function makes metadata for `dataclasses.field(metadata=...)`.

A check raises ValueError: with the type that it expected, or without a message if the type is right but the
value breaks the rule. `fields.apply` adds the rule and the key.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import partial
from numbers import Integral, Real
from typing import Any

from fastgen.model.fields import Spec, apply, from_dict, same, to_dict
from fastgen.units import MIN_PER_DAY

Metadata = dict[str, Spec]

_CLOCK = re.compile(r"([0-9]{2}):([0-5][0-9])")
# Texts without control characters, as a JSON Schema has them.
_ONE_LINE = r"^[^\u0000-\u001f\u007f-\u009f]*$"
_NOT_BLANK = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def integer(doc: str, low: int, high: int) -> Metadata:
    """Describe a whole number in [low, high]."""

    def check(value: object) -> int:
        # A bool is an int in Python. Integral admits NumPy's integers.
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise ValueError("a whole number")  # noqa: TRY004
        whole = int(value)
        if not low <= whole <= high:
            raise ValueError
        return whole

    schema = {"type": "integer", "minimum": low, "maximum": high}
    return {"spec": Spec(doc, f"{low} <= {{key}} <= {high}", check, schema=schema)}


def _checked_float(value: object, low: float, high: float, *, above: bool) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ValueError("a number")  # noqa: TRY004
    try:
        checked = float(value) + 0.0  # -0.0 becomes 0.0, since equal values must have equal hashes
    except OverflowError:
        raise ValueError from None
    if not low <= checked <= high or (above and checked == low):
        raise ValueError
    return checked


def number(doc: str, low: float, high: float, *, above: bool = False) -> Metadata:
    """Describe a finite number in [low, high], or in (low, high] with `above`."""
    rule = f"{low:g} {'<' if above else '<='} {{key}} <= {high:g}"
    schema = {"type": "number", "exclusiveMinimum" if above else "minimum": low, "maximum": high}
    return {
        "spec": Spec(doc, rule, lambda value: _checked_float(value, low, high, above=above), schema=schema)
    }


def numbers(doc: str, count: int, low: float, high: float) -> Metadata:
    """Describe a list of `count` finite numbers, each in [low, high]."""

    def check(value: object) -> tuple[float, ...]:
        if not isinstance(value, (list, tuple)) or len(value) != count:
            raise ValueError
        return tuple(_checked_float(v, low, high, above=False) for v in value)

    one = {"type": "number", "minimum": low, "maximum": high}
    schema = {"type": "array", "items": one, "minItems": count, "maxItems": count}
    return {"spec": Spec(doc, f"{count} numbers, each in {low:g}..{high:g}", check, dump=list, schema=schema)}


def _check_text(value: object, longest: int, *, empty: bool) -> str:
    if not isinstance(value, str):
        raise ValueError("a string")  # noqa: TRY004
    if len(value) > longest or (not empty and not value.strip()):
        raise ValueError
    # Control characters (Cc) break lines; halves of surrogate pairs (Cs) can't be written as UTF-8.
    if any(unicodedata.category(c) in {"Cc", "Cs"} for c in value):
        raise ValueError
    return value


def text(doc: str, longest: int = 200, *, empty: bool = False, key: str | None = None) -> Metadata:
    """Describe one line of text of at most `longest` characters."""
    rule = f"{0 if empty else 1} to {longest} characters on one line"
    schema = {"type": "string", "maxLength": longest, "pattern": _ONE_LINE if empty else _NOT_BLANK}
    return {"spec": Spec(doc, rule, lambda v: _check_text(v, longest, empty=empty), key=key, schema=schema)}


def matching(doc: str, pattern: str, rule: str, key: str | None = None) -> Metadata:
    """Describe a text that matches a regular expression as a whole."""

    def check(value: object) -> str:
        if not re.fullmatch(pattern, _check_text(value, 200, empty=False)):
            raise ValueError
        return str(value)

    one_line = f"(?={_ONE_LINE.removeprefix('^')})"
    schema = {"type": "string", "maxLength": 200, "pattern": f"^{one_line}(?:{pattern})$"}
    return {"spec": Spec(doc, rule, check, key=key, schema=schema)}


def texts(doc: str) -> Metadata:
    """Describe a list of different strings whose order has no meaning; it is stored sorted."""

    def check(value: object) -> tuple[str, ...]:
        if not isinstance(value, (list, tuple)):
            raise ValueError  # noqa: TRY004
        # Sorted, so that equal sets of words have equal hashes.
        checked = tuple(sorted(_check_text(v, 200, empty=False) for v in value))
        if len(set(checked)) != len(checked):
            raise ValueError
        return checked

    one = {"type": "string", "maxLength": 200, "pattern": _NOT_BLANK}
    schema = {"type": "array", "items": one, "uniqueItems": True}
    return {"spec": Spec(doc, "a list of different strings", check, dump=list, schema=schema)}


def choice(doc: str, *words: str) -> Metadata:
    """Describe a choice of words."""

    def check(value: object) -> str:
        if value not in words:
            raise ValueError
        return str(value)

    rule = " or ".join(f'"{w}"' for w in words)
    return {"spec": Spec(doc, rule, check, schema={"enum": list(words)})}


def date(doc: str, low: dt.date, high: dt.date) -> Metadata:
    """Describe a date in [low, high], written as a date of TOML or as "YYYY-MM-DD"."""

    def check(value: object) -> dt.date:
        # A datetime is also a date.
        if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
            raise ValueError("a date YYYY-MM-DD")  # noqa: TRY004
        if not low <= value <= high:
            raise ValueError
        return value

    def load(value: object) -> object:
        if not isinstance(value, str):
            return value
        # `fromisoformat` alone would also accept other forms, such as 2024-W01-1.
        if not _DATE.fullmatch(value):
            raise ValueError("a date YYYY-MM-DD")
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            raise ValueError("a date that exists") from None

    schema = {"type": "string", "pattern": f"^{_DATE.pattern}$"}
    return {"spec": Spec(doc, f"{low} <= {{key}} <= {high}", check, load, dt.date.isoformat, schema=schema)}


def minute(doc: str, key: str, *, end: bool = False) -> Metadata:
    """Describe a minute of the day, written HH:MM in a file; only an end may be 24:00."""
    low, high = (1, MIN_PER_DAY) if end else (0, MIN_PER_DAY - 1)
    rule = f'"HH:MM", {clock_text(low)} to {clock_text(high)}'

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, Integral) or not low <= int(value) <= high:
            raise ValueError
        return int(value)

    def load(value: object) -> int:
        match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise ValueError
        return check(60 * int(match[1]) + int(match[2]))

    schema = {"type": "string", "pattern": f"^{_CLOCK.pattern}$"}
    return {"spec": Spec(doc, rule, check, load, clock_text, key=key, schema=schema)}


def clock_text(minute_of_day: int) -> str:
    """Write a minute of the day as HH:MM."""
    return f"{minute_of_day // 60:02d}:{minute_of_day % 60:02d}"


def optional(metadata: Metadata, word: str) -> Metadata:
    """Allow None for a field, written as `word` in a file."""
    spec = metadata["spec"]
    rule = f'{spec.rule}, or "{word}"'
    return {
        "spec": dataclasses.replace(
            spec,
            rule=rule,
            check=lambda value: None if value is None else spec.check(value),
            load=lambda value: None if value == word else spec.load(value),
            dump=lambda value: word if value is None else spec.dump(value),
            schema={"anyOf": [{"const": word}, spec.schema]},
        )
    }


def absent(metadata: Metadata) -> Metadata:
    """Let a key be missing, which gives None; null is still refused."""
    spec = metadata["spec"]

    def load(value: object) -> object:
        if value is None:
            raise ValueError
        return spec.load(value)

    return {
        "spec": dataclasses.replace(
            spec, check=lambda value: None if value is None else spec.check(value), load=load, sparse=True
        )
    }


def sparse(metadata: Metadata) -> Metadata:
    """Leave a field out of the dictionary form while it has its default."""
    return {"spec": dataclasses.replace(metadata["spec"], sparse=True)}


def table(cls: type, doc: str) -> Metadata:
    """Describe a nested table."""

    def check(value: object) -> object:
        if not isinstance(value, cls):
            raise ValueError(f"a {cls.__name__}")  # noqa: TRY004
        return value

    return {"spec": Spec(doc, "a table", check, lambda raw: from_dict(cls, raw), to_dict, part=cls)}


def _check_parts(value: object, cls: type, order: Callable[[Any], Any]) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(v, cls) for v in value):
        raise ValueError(f"a tuple of {cls.__name__}")
    # A fixed order, so that equal scenarios have equal hashes, however their files are sorted.
    return tuple(sorted(value, key=order))


def keyed(cls: type, attribute: str, doc: str, order: Callable[[Any], Any]) -> Metadata:
    """Describe a table of tables, whose keys are the values of one attribute.

    Parameters
    ----------
    cls
        Class of the inner tables.
    attribute
        Its attribute that is the key.
    doc
        Meaning, for readers of a scenario file.
    order
        Key by which the inner tables are sorted; their order in the file doesn't matter.
    """

    def load(raw: object) -> tuple[Any, ...]:
        if not isinstance(raw, Mapping):
            raise ValueError  # noqa: TRY004
        spec = Spec("", "a table", same)
        return tuple(
            apply(partial(from_dict, cls, **{attribute: k}), str(k), spec, v) for k, v in raw.items()
        )

    def dump(value: tuple[Any, ...]) -> dict[str, Any]:
        return {getattr(part, attribute): to_dict(part) for part in value}

    def check(value: object) -> tuple[Any, ...]:
        parts = _check_parts(value, cls, order)
        if len({getattr(part, attribute) for part in parts}) != len(parts):
            raise ValueError(f"each {attribute} once")
        return parts

    rule = f"tables [{{key}}.{attribute.upper()}]"
    return {"spec": Spec(doc, rule, check, load, dump, part=cls, schema={"type": "object"})}


def rows(cls: type, doc: str, order: Callable[[Any], Any]) -> Metadata:
    """Describe a list of tables; sorted by `order`, since their order in the file doesn't matter."""

    def load(raw: object) -> tuple[Any, ...]:
        if not isinstance(raw, list):
            raise ValueError  # noqa: TRY004
        spec = Spec("", "a table", same)
        return tuple(apply(partial(from_dict, cls), f"[{i}]", spec, v) for i, v in enumerate(raw))

    def dump(value: tuple[Any, ...]) -> list[dict[str, Any]]:
        return [to_dict(part) for part in value]

    def check(value: object) -> tuple[Any, ...]:
        return _check_parts(value, cls, order)

    return {"spec": Spec(doc, "a list of tables", check, load, dump, part=cls, schema={"type": "array"})}
