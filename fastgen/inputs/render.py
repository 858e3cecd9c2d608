"""Write a scenario as a complete, commented TOML file."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from typing import Any

from fastgen.model.fields import Spec, field_specs, to_dict
from fastgen.model.scenario import Scenario

LAST_SHORT_CODE = 0xFFFF  # largest code point that \uXXXX can write
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_HEADER = """\
# A complete scenario of fastgen. A file of your own states only what differs from the canonical scenario:
#
#     days = 30
#
#     [locations.sf]
#     enabled = false                   # without San Francisco; windows and events have this switch too
#
#     [locations.austin]                # another city
#     location_id = 5
#     name = "Austin"
#     lat = 30.2672
#     lon = -97.7431
#     base_orders_day = 120
#     timezone = "America/Chicago"
#
#     [locations.austin.windows.late]   # more demand there from nine to midnight
#     start = "21:00"
#     end = "24:00"
#     peak = 2.0
#
#     [events.friday_rush]              # Friday of day 40, twice the orders in chicago
#     locations = ["chicago"]
#     day = 40                          # or days = [40, 42]; from = "17:00", to = "20:00": a part of the day
#     factor = 2.0

preset = "none"  # this file is complete; without this line it would state differences from "canonical"
"""


def render_scenario(scenario: Scenario) -> str:
    """Write a scenario as TOML that `load_scenario` reads back to an equal one.

    Parameters
    ----------
    scenario
        The scenario.

    Returns
    -------
    str
        Every key, with its meaning and range in a comment where it first appears.
    """
    lines = [_HEADER.rstrip()]
    _Renderer(lines).add_table(scenario, (), "")
    return "\n".join(lines) + "\n"


@dataclasses.dataclass
class _Renderer:
    """Lines of the file so far, and the classes whose keys their comments have explained."""

    lines: list[str]
    explained: set[type] = dataclasses.field(default_factory=set)

    def add_table(self, instance: Any, path: tuple[str, ...], doc: str) -> None:
        """Add a table: its plain keys, then its subtables."""
        if path:
            self.lines += ["", f"[{'.'.join(map(_key, path))}]" + (f"  # {doc}" if doc else "")]
        first = self._is_first(type(instance))
        below = []
        for name, spec in field_specs(type(instance)).items():
            value = getattr(instance, name)
            if _has_section(instance, value, spec):
                below.append((value, spec, (*path, name)))
            elif spec.key != "":
                self.add_key(spec.key or name, spec, value, explain=first)
        # TOML assigns plain keys to the last section, so these come before the subtables.
        for value, spec, where in below:
            self.add_below(value, spec, where, spec.doc if first else "")

    def add_below(self, value: Any, spec: Spec, path: tuple[str, ...], doc: str) -> None:
        """Add a nested table, or a table of tables."""
        if not isinstance(value, tuple):
            self.add_table(value, path, doc)
            return
        for i, part in enumerate(value):
            name = getattr(part, _name_attribute(spec.part))
            self.add_table(part, (*path, name), doc if i == 0 else "")

    def add_key(self, key: str, spec: Spec, value: Any, *, explain: bool) -> None:
        """Add a line KEY = VALUE, or a list of inline tables."""
        comment = f"  # {_comment(key, spec)}" if explain else ""
        # Also where the table itself is left out: nothing else says which keys it could have.
        if spec.part and self._is_first(spec.part):
            self.lines += [f"# {k}: {_comment(k, s)}" for k, s in field_specs(spec.part).items()]
        if spec.part is None or value is None:
            # A date without quotes is TOML's own type.
            text = value.isoformat() if isinstance(value, dt.date) else _value(spec.dump(value))
            self.lines.append(f"{key} = {text}{comment}")
            return
        if isinstance(value, tuple):
            self.lines += [f"{key} = [{comment}", *(f"  {_inline(part)}," for part in value), "]"]
        else:
            self.lines.append(f"{key} = {_inline(value)}{comment}")

    def _is_first(self, cls: type) -> bool:
        # Keys are explained where their class first appears.
        is_first = cls not in self.explained
        self.explained.add(cls)
        return is_first


def _has_section(instance: Any, value: Any, spec: Spec) -> bool:
    """Whether a field's tables have sections of their own; all others are written inline.

    These are named tables, and single tables of the scenario or of a named table.
    """
    if spec.part is None or value is None:
        return False
    if isinstance(value, tuple):
        return bool(_name_attribute(spec.part))
    return isinstance(instance, Scenario) or bool(_name_attribute(type(instance)))


def _name_attribute(part: type | None) -> str:
    """Return the attribute that names a part's table; "" if it has none."""
    specs = field_specs(part) if part else {}
    return next((name for name, spec in specs.items() if spec.key == ""), "")


def _comment(key: str, spec: Spec) -> str:
    return spec.doc if spec.rule == "a table" else f"{spec.doc} ({spec.expected(key)})"


def _inline(part: Any) -> str:
    return "{ " + ", ".join(f"{k} = {_value(v)}" for k, v in to_dict(part).items()) + " }"


def _key(word: str) -> str:
    return word if _BARE.fullmatch(word) else _value(word)


def _value(value: Any) -> str:
    # Numbers, strings and lists have the same form in TOML and JSON, except for escapes of some characters.
    text = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    """Escape an unprintable character: TOML forbids some of them, and terminals take others as commands."""
    code = ord(character)
    return f"\\u{code:04x}" if code <= LAST_SHORT_CODE else f"\\U{code:08x}"
