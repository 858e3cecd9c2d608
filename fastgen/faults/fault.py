"""Define a fault as a faults file states it; the class checks itself."""

from __future__ import annotations

import dataclasses
import datetime as dt
import sys
from dataclasses import dataclass
from typing import Any

from fastgen.dataset.instants import EXPECTED, Instant, parse_instant
from fastgen.errors import ScenarioError
from fastgen.events.schema import EVENT_TYPES
from fastgen.faults.kinds import KINDS, ONE_FORM_KEYS, ROW_FIELDS, SELECTION
from fastgen.model.field_kinds import Metadata, choice, integer, matching, number, texts
from fastgen.model.fields import Spec, check_fields, did_you_mean, field_specs, shown
from fastgen.units import S_PER_DAY
from fastgen.wire.body_fields import BODY_FIELDS

# Longest name of a field, text of a new field, and noise, in characters.
NAME_MAX, TEXT_MAX, NOISE_MAX = 64, 1000, 65_536
# No character that JSON escapes, so that a key is the same bytes wherever it is.
_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,63}"
_NAME_RULE = f"a name of at most {NAME_MAX} letters, digits and underscores"
# Defaults of keys that a fault may leave out. The fields stay None then: only the keys that a file states are
# checked against the kind, and are in the digest of the plan.
HOLD_S, NOISE_BYTES = 3600, 10_000


def _unstated(metadata: Metadata, key: str | None = None) -> Metadata:
    """Allow a fault to leave a key out, which is None then."""
    spec = metadata["spec"]
    check = spec.check
    return {
        "spec": dataclasses.replace(
            spec, check=lambda value: None if value is None else check(value), key=key, sparse=True
        )
    }


def _instant(doc: str, key: str) -> Metadata:
    """Describe a time of the dataset, kept as it is written."""

    def check(value: Any) -> Instant:
        if isinstance(value, bool) or not isinstance(value, str | int | dt.date):
            raise ValueError  # noqa: TRY004  # the caller makes the message
        try:
            parse_instant(value, 0, key)
        except (ScenarioError, OverflowError):
            raise ValueError from None
        return value

    return _unstated({"spec": Spec(doc, EXPECTED, check, dump=str)}, key)


def _scalar(doc: str) -> Metadata:
    """Describe a value of JSON that is no list and no object."""

    def check(value: object) -> str | float | bool:
        if isinstance(value, str) and len(value) <= TEXT_MAX:
            return value
        # Not `isfinite`, which fails for a whole number that no float is as large as.
        if isinstance(value, int | float) and abs(value) <= sys.float_info.max:
            return value
        raise ValueError

    return _unstated({"spec": Spec(doc, "a text, a finite number, true or false", check)})


@dataclass(frozen=True)
class Fault:
    """One fault of a faults file; None: a key that it doesn't state.

    Attributes are the keys of the file; `start` and `end` are its keys from and to.

    Raises
    ------
    ScenarioError
        "KEY: expected ..., got VALUE." for the first key that is wrong.
    """

    kind: str = dataclasses.field(metadata=choice("what the fault does", *KINDS))
    probability: float | None = dataclasses.field(
        default=None, metadata=_unstated(number("share of the events that it hits", 0.0, 1.0))
    )
    every: int | None = dataclasses.field(
        default=None, metadata=_unstated(integer("it hits one event of so many", 1, 1_000_000_000))
    )
    types: tuple[str, ...] | None = dataclasses.field(
        default=None, metadata=_unstated(texts("event types that it hits"))
    )
    field: str | None = dataclasses.field(
        default=None, metadata=_unstated(matching("field that it hits", _NAME, _NAME_RULE))
    )
    locations: tuple[str, ...] | None = dataclasses.field(
        default=None, metadata=_unstated(texts("codes or ids of the locations that it hits"))
    )
    start: Instant | None = dataclasses.field(
        default=None, metadata=_instant("first instant at which it hits", "from")
    )
    end: Instant | None = dataclasses.field(
        default=None, metadata=_instant("instant from which on it no longer hits", "to")
    )
    max_delay_s: int | None = dataclasses.field(
        default=None, metadata=_unstated(integer("longest delay, seconds", 1, S_PER_DAY))
    )
    hold_s: int | None = dataclasses.field(
        default=None, metadata=_unstated(integer("length of a burst's intervals, seconds", 1, S_PER_DAY))
    )
    id: str | None = dataclasses.field(
        default=None, metadata=_unstated(choice("event id of the copy", "same", "new"))
    )
    skew_s: int | None = dataclasses.field(
        default=None, metadata=_unstated(integer("seconds added to ts", -S_PER_DAY, S_PER_DAY))
    )
    form: str | None = dataclasses.field(
        default=None, metadata=_unstated(choice("what the noise is", "bytes", "long"))
    )
    length: int | None = dataclasses.field(
        default=None, metadata=_unstated(integer("bytes of a long noise", 1, NOISE_MAX))
    )
    change: str | None = dataclasses.field(
        default=None, metadata=_unstated(choice("what changes", "add", "rename", "retype"))
    )
    name: str | None = dataclasses.field(
        default=None, metadata=_unstated(matching("new name of the field", _NAME, _NAME_RULE))
    )
    value: str | float | bool | None = dataclasses.field(
        default=None, metadata=_scalar("value of the new field")
    )
    level: str | None = dataclasses.field(
        default=None, metadata=_unstated(choice("where the new field is", "body", "row"))
    )

    def __post_init__(self) -> None:
        """Check the fields, and the rules between them."""
        check_fields(self)
        # A key without effect would make its author believe that it has one.
        self._check_keys()
        for key in ("types", "locations"):
            if getattr(self, key) == ():
                raise ScenarioError(f"{key}: expected one at least, got []: the fault would hit no event.")
        if self.name is not None and self.name == self.field:
            raise ScenarioError(f"name: expected another name than that of field, got {shown(self.name)}.")
        for name in self.types or ():
            if name not in EVENT_TYPES:
                raise ScenarioError(f"types: unknown type {shown(name)}, {did_you_mean(name, EVENT_TYPES)}")
        if self.probability is not None and self.every is not None:
            raise ScenarioError("every: expected either probability or every, got both.")
        if self.probability is None and self.every is None and not KINDS[self.kind].hits_all:
            raise ScenarioError("probability: expected probability or every, got neither.")

    def _check_keys(self) -> None:
        """Refuse a key that the kind has no use for, and the lack of one that it needs."""
        kind, specs = KINDS[self.kind], field_specs(type(self))
        needed, known = list(kind.needed), {*SELECTION, *kind.needed, *kind.optional}
        if self.adds:
            needed.append("value")
        if self.kind == "drift" and self.change == "rename":
            needed.append("name")
        for attribute, spec in specs.items():
            key, value = spec.key or attribute, getattr(self, attribute)
            if value is not None and key not in known:
                raise ScenarioError(f"{key}: expected no such key with kind {self.kind}, got {shown(value)}.")
            if value is None and key in needed:
                raise ScenarioError(
                    f"{key}: expected {spec.expected(key)}, got nothing: kind {self.kind} needs the key."
                )
        for key, (chooser, word) in ONE_FORM_KEYS.items():
            value = getattr(self, key)
            if value is not None and getattr(self, chooser) != word:
                raise ScenarioError(
                    f'{key}: expected no such key unless {chooser} is "{word}", got {shown(value)}.'
                )

    @property
    def is_of_body(self) -> bool:
        """Whether its field is in the body, not in the row itself."""
        if self.adds:
            return self.level != "row"
        return self.field is not None and self.field not in ROW_FIELDS

    @property
    def adds(self) -> bool:
        """Whether it adds its field, which events don't have before."""
        return self.kind == "drift" and self.change == "add"

    @property
    def added_fields(self) -> set[str]:
        """Fields of bodies that events can have because of it."""
        added = {self.field if self.adds else None, self.name}
        return {name for name in added if name is not None and self.is_of_body}

    @property
    def types_with_field(self) -> tuple[str, ...]:
        """Event types whose body has the field, or can get it."""
        return tuple(name for name in EVENT_TYPES if self.adds or self.field in BODY_FIELDS[name])

    @property
    def longest_noise(self) -> int:
        """Most bytes by which it lengthens a line; 0 unless it is a long noise."""
        return (self.length or NOISE_BYTES) if self.form == "long" else 0

    @property
    def longest_delay_s(self) -> int:
        """Most seconds by which it delays an event, or its copy."""
        return (self.hold_s or HOLD_S) if self.kind == "burst" else self.max_delay_s or 0

    def check_field(self, added: set[str]) -> None:
        """Refuse a field that no event of its types has.

        Parameters
        ----------
        added
            Fields of bodies that faults before this one add or rename.

        Raises
        ------
        ScenarioError
            If there is no such field.
        """
        if self.field is None or self.adds:
            return
        known = {name for kind in self.types or EVENT_TYPES for name in BODY_FIELDS[kind]} | added
        if self.field not in known and self.field not in ROW_FIELDS:
            hint = did_you_mean(self.field, [*sorted(known), *ROW_FIELDS])
            raise ScenarioError(f"field: expected a field of these events, got {shown(self.field)}; {hint}")
