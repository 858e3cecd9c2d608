"""Describe the fields that say how couriers are sent, of scenarios and of template folders alike."""

from __future__ import annotations

from fastgen.model.field_kinds import choice, number

LEAD_MIN = number(
    "minutes before its expected end at which an order calls a courier; 0: when it is cooked", 0, 120
)
DISPATCH = choice(
    "which order a free courier takes: the one that called first, or the one with the nearest customer",
    "oldest",
    "nearest",
)
