"""Read the time at which a run stops."""

from __future__ import annotations

import datetime as dt
import re

from fastgen.errors import ScenarioError
from fastgen.units import US_PER_DAY, US_PER_H, US_PER_MIN

_DAY_TIME = re.compile(r"([0-9]{1,5}) ([01][0-9]|2[0-3]):([0-5][0-9])")
_MICROSECOND = dt.timedelta(microseconds=1)


def parse_stop(text: str | None, start: dt.date) -> int | None:
    """Read a time as a number of day and a time, "3 18:30", or as an ISO time, both in UTC.

    Parameters
    ----------
    text
        The time; None: the run doesn't stop before its last day ends. An ISO time may state another offset
        from UTC.
    start
        Date of day 0.

    Returns
    -------
    int or None
        Microseconds since day 0, 00:00; None for None.

    Raises
    ------
    ScenarioError
        If it is neither, or not after the beginning of day 0.
    """
    if text is None:
        return None
    match = _DAY_TIME.fullmatch(text)
    if match is not None:
        day, hour, minute = map(int, match.groups())
        stop_us = day * US_PER_DAY + hour * US_PER_H + minute * US_PER_MIN
    else:
        stop_us = _parse_iso(text, start)
    if stop_us <= 0:
        raise ScenarioError(
            f"stop_at: expected a time after {start} 00:00 UTC, such as '3 18:30' for day 3 or "
            f"2024-01-04T18:30:00, got {text!r}."
        )
    return stop_us


def _parse_iso(text: str, start: dt.date) -> int:
    """Read an ISO time; 0 if it is none."""
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        return 0
    aware = time if time.tzinfo is not None else time.replace(tzinfo=dt.UTC)
    return (aware - dt.datetime.combine(start, dt.time(), dt.UTC)) // _MICROSECOND
