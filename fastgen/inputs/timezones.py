"""Load time zones from the tzdata package, never from the machine, so that every machine gets the same."""

from __future__ import annotations

from importlib import resources
from zoneinfo import ZoneInfo


def load_zone(key: str) -> ZoneInfo:
    """Load an IANA time zone whose name the scenario's checks have accepted."""
    # ZoneInfo(key) would look in the machine's own folders first.
    path = resources.files("tzdata").joinpath("zoneinfo", *key.split("/"))
    with path.open("rb") as file:
        return ZoneInfo.from_file(file, key)
