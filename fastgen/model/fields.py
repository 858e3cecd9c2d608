"""Describe a field of a parameter class once: its meaning, its range, and its form in a scenario file.

The description is the field's metadata. The checks, the error messages, the dictionary form and the comments
of `fastgen scenario show` are all made from it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from fastgen.errors import ScenarioError

T = TypeVar("T")

_SHOWN = 60  # most characters of a value in an error message


def same(value: Any) -> Any:
    """Return the value unchanged: the load and dump of fields that a file writes as Python has them."""
    return value


@dataclass(frozen=True)
class Spec:
    """Description of one field.

    Attributes
    ----------
    doc
        Meaning and unit, for readers of a scenario file.
    rule
        Allowed values in words; {key} stands for the key's name.
    check
        Converts a value to its canonical type. Raises ValueError if the value breaks the rule, with the
        expected type as its message where the type is wrong.
    load, dump
        Convert from the form of a scenario file, and to it.
    key
        Key in a scenario file. None: the attribute's name. "": the value is the name of the table itself.
    part
        The class of a nested table, a table of tables or a list of tables.
    sparse
        Whether the dictionary form leaves it out while it has its default, so that scenarios from before the
        field was added keep their form and their hash.
    schema
        JSON Schema of a value in its dictionary form, without that of `part`; empty: not stated.
    """

    doc: str
    rule: str
    check: Callable[[Any], Any]
    load: Callable[[Any], Any] = same
    dump: Callable[[Any], Any] = same
    key: str | None = None
    part: type | None = None
    sparse: bool = False
    schema: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def expected(self, key: str) -> str:
        """Return the rule in words for a key."""
        return self.rule.replace("{key}", key)


def field_specs(cls: type) -> dict[str, Spec]:
    """Return the specs of a parameter class by attribute name, in order."""
    return {f.name: f.metadata["spec"] for f in dataclasses.fields(cls)}


def shown(value: object) -> str:
    """Write a value for an error message: one line, not too long."""
    if isinstance(value, Mapping):
        return "a table"
    try:
        text = str(value) if isinstance(value, dt.date) else repr(value)
    except ValueError:  # Python refuses to write a whole number of thousands of digits
        return "a number of too many digits"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def shown_key(key: object) -> str:
    """Write a key for an error message: as it is if it is short and printable, else as a value."""
    text = str(key)
    return text if text.isprintable() and 0 < len(text) <= _SHOWN else shown(key)


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Make the end of a message about an unknown word: the nearest known word, or else all of them."""
    # Cut, because the search takes longer the longer the word is.
    near = difflib.get_close_matches(word[:_SHOWN], known, n=1)
    return f"did you mean {near[0]}?" if near else f"expected one of {', '.join(known)}."


def apply(function: Callable[[Any], Any], key: str, spec: Spec, value: object) -> Any:
    """Call the check or the load of a spec, and name the key in its error."""
    try:
        return function(value)
    except ValueError as error:
        wanted = ", ".join(filter(None, (str(error), spec.expected(key))))
        raise ScenarioError(f"{key}: expected {wanted}, got {shown(value)}.") from None
    except ScenarioError as error:
        # An error about a table inside this one. The element of a list is written [N], with no dot before it.
        raise ScenarioError(f"{key}{'' if str(error).startswith('[') else '.'}{error}") from None


def check_fields(instance: Any) -> None:
    """Check every field of a frozen parameter class, and convert it to its canonical type.

    Raises
    ------
    ScenarioError
        "KEY: expected RULE, got VALUE." for the first field that breaks its rule.
    """
    for name, spec in field_specs(type(instance)).items():
        value = apply(spec.check, spec.key or name, spec, getattr(instance, name))
        # A frozen class allows no plain assignment, not even in its __post_init__.
        object.__setattr__(instance, name, value)


def from_dict(cls: type[T], raw: object, **given: object) -> T:
    """Make a parameter class from the table of a scenario file.

    Parameters
    ----------
    cls
        The class.
    raw
        The table, keys as a scenario file has them.
    **given
        Attributes that the table doesn't have as a key, such as its own name.

    Raises
    ------
    ScenarioError
        For an unknown or missing key, or a value of the wrong type or out of range.
    ValueError
        If `raw` is not a table.
    """
    if not isinstance(raw, Mapping):
        raise ValueError  # noqa: TRY004  # the caller knows the key and makes the message
    keys = {spec.key or name: name for name, spec in field_specs(cls).items() if name not in given}
    for key in raw:
        # A misspelt key would otherwise leave the default in force unnoticed.
        if key not in keys:
            raise ScenarioError(f"{shown_key(key)}: unknown key, {did_you_mean(str(key), list(keys))}")
    fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    values: dict[str, Any] = dict(given)
    for key, name in keys.items():
        spec: Spec = fields[name].metadata["spec"]
        if key in raw:
            values[name] = apply(spec.load, key, spec, raw[key])
        elif fields[name].default is dataclasses.MISSING:
            raise ScenarioError(f"{key}: expected {spec.expected(key)}, got nothing: the key is missing.")
    return cls(**values)


def to_dict(instance: Any) -> dict[str, Any]:
    """Make the table of a scenario file, without sparse keys: numbers, strings, lists, tables."""
    tree = {}
    for field in dataclasses.fields(instance):
        spec, value = field.metadata["spec"], getattr(instance, field.name)
        if spec.key != "" and not (spec.sparse and value == field.default):
            tree[spec.key or field.name] = spec.dump(value)
    return tree


def check_list(names: Iterable[str], what: str) -> None:
    """Refuse a single text in the place of a list: each of its characters would count as a name.

    Raises
    ------
    ScenarioError
        If it is a text.
    """
    if isinstance(names, str):
        raise ScenarioError(f"{what}: expected a list such as [{names!r}], got the text {names!r}.")


def check_order(low_key: str, low: Any, high_key: str, high: Any, *, strict: bool = False) -> None:
    """Check that two fields are in order.

    Raises
    ------
    ScenarioError
        If low > high, or low == high with `strict`.
    """
    if not (low < high if strict else low <= high):
        sign = "<" if strict else "<="
        raise ScenarioError(f"{low_key}: expected {low_key} {sign} {high_key}, got {low} and {high}.")
