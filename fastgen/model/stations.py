"""Name the types of kitchen stations."""

from __future__ import annotations

# Where a type stands here is its number in arrays, so a new one is added at the end.
STATION_TYPES = (
    "KITCHEN_STATION_UNSPECIFIED",
    "KITCHEN_STATION_WORKSTATION",
    "KITCHEN_STATION_STOVE",
    "KITCHEN_STATION_OVEN",
)
# In tables for people.
STATION_WORDS = ("unspecified station", "workstation", "stove", "oven")
# Of one type in one kitchen: the engine keeps them as the bits of an int64.
MAX_STATIONS = 62
