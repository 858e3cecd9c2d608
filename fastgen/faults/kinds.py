"""Say what each kind of fault needs, and which fields the events have that a fault can hit."""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """What a fault of one kind states, beside what each fault can state.

    Attributes
    ----------
    needed, optional
        Keys that it must and can have.
    hits_all
        Whether it hits every event that it selects, unless it states a probability.
    breaks_lines
        Whether it gives lines that are no JSON, which only formats of lines can have.
    """

    needed: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    hits_all: bool = False
    breaks_lines: bool = False


KINDS = {
    "null": Kind(("field",)),
    "missing": Kind(("field",)),
    "duplicate": Kind((), ("id", "max_delay_s")),
    "late": Kind(("max_delay_s",)),
    "disordered": Kind(("max_delay_s",)),
    "lost": Kind(),
    "malformed": Kind(breaks_lines=True),
    "truncated": Kind(breaks_lines=True),
    "wrong_type": Kind(("field",)),
    "noise": Kind(("field",), ("form", "length"), breaks_lines=True),
    "drift": Kind(("change", "field", "from"), ("name", "value", "level"), hits_all=True),
    "skew": Kind(("skew_s", "locations"), hits_all=True),
    "burst": Kind((), ("hold_s",), hits_all=True),
    "silence": Kind(("locations", "from", "to"), hits_all=True),
}
# Optional keys that only one form of their kind has a use for: the key that chooses the form, and its value.
ONE_FORM_KEYS = {
    "name": ("change", "rename"),
    "value": ("change", "add"),
    "level": ("change", "add"),
    "length": ("form", "long"),
}
# What each fault can state.
SELECTION = ("kind", "probability", "every", "types", "locations", "from", "to")

# Kinds after which an event is not in the stream, and those after which it comes later.
DROPPING = frozenset({"lost", "silence"})
DELAYING = frozenset({"late", "disordered", "burst"})

# Fields of the row itself; gk_id and location are those of live streams.
ROW_FIELDS = (
    *("event_id", "event_type", "ts", "location_id", "gk_id", "location", "order_id", "sequence", "body"),
)
