"""Read instants of dataset time: a day number or a date, with or without a time of day."""

from __future__ import annotations

import datetime as dt
import re

from fastgen.errors import ScenarioError
from fastgen.units import S_PER_DAY

Instant = str | int | dt.date | dt.datetime

_DAY = re.compile(r"(\d{1,6})(?:T(\d\d):(\d\d)(?::(\d\d))?)?")
EXPECTED = "a day such as 70, 70T18:30 or 70T18:30:15, or a date such as 2024-03-11 or 2024-03-11T18:30"


def parse_instant(value: Instant, epoch_s: int, name: str) -> int:
    """Read an instant.

    Parameters
    ----------
    value
        A day number; text such as "70", "70T18:30", "2024-03-11" or "2024-03-11T18:30:15"; a date; or a
        datetime, dataset time if it is naive.
    epoch_s
        Unix seconds of day 0, 00:00.
    name
        What to call it in an error.

    Returns
    -------
    int
        Unix seconds.

    Raises
    ------
    ScenarioError
        If it is none of these.
    """
    if isinstance(value, dt.datetime):
        return int((value if value.tzinfo else value.replace(tzinfo=dt.UTC)).timestamp())
    if isinstance(value, dt.date):
        return int(dt.datetime.combine(value, dt.time(), dt.UTC).timestamp())
    found = _DAY.fullmatch(str(value))
    if found:
        day, hour, minute, second = (int(part or 0) for part in found.groups())
        if hour < 24 and minute < 60 and second < 60:  # noqa: PLR2004  # the clock's own numbers
            return epoch_s + day * S_PER_DAY + hour * 3600 + minute * 60 + second
    try:
        return parse_instant(dt.datetime.fromisoformat(str(value)), epoch_s, name)
    except ValueError:
        raise ScenarioError(f"{name}: expected {EXPECTED}, got {str(value)!r}.") from None
