"""Load time zones from the tzdata package, not from the machine, so that all machines use the same rules."""

from __future__ import annotations

from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo


def load_zone(key: str) -> ZoneInfo:
    """Load an IANA time zone whose name the scenario's checks have accepted."""
    # ZoneInfo(key) would look in the machine's own folders first.
    path = resources.files("tzdata").joinpath("zoneinfo", *key.split("/"))
    with path.open("rb") as file:
        return ZoneInfo.from_file(file, key)


@cache
def zone_names() -> tuple[str, ...]:
    """List the time zones of the tzdata package."""
    return tuple((resources.files("tzdata") / "zones").read_text(encoding="utf-8").split())
