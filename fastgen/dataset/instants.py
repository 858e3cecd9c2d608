"""Parse instants of dataset time: a day number or a date, with or without a time of day."""

from __future__ import annotations

import datetime as dt
import re
from contextlib import suppress

from fastgen.errors import ScenarioError
from fastgen.units import S_PER_DAY

Instant = str | int | dt.date | dt.datetime

_DAY = re.compile(r"([0-9]{1,6})(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?)?")
# `fromisoformat` accepts more: weeks, dates without dashes, digits of any script, hour 24.
_DATE_PATTERN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME_PATTERN = r"[T ](?:[01][0-9]|2[0-3]):[0-9]{2}(?::[0-9]{2})?"
_DATE = re.compile(f"{_DATE_PATTERN}(?:{_TIME_PATTERN})?")
_WALL = re.compile(rf"{_DATE_PATTERN}(?:{_TIME_PATTERN}(?:\.[0-9]{{1,6}})?(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})?)?")
EXPECTED = "a day such as 70, 70T18:30 or 70T18:30:15, or a date such as 2024-03-11 or 2024-03-11T18:30"


def parse_instant(value: Instant, epoch_s: int, name: str) -> int:
    """Parse an instant.

    Parameters
    ----------
    value
        A day number; text such as "70", "70T18:30", "2024-03-11" or "2024-03-11T18:30:15"; a date; or a
        datetime (without a time zone: dataset time).
    epoch_s
        Unix seconds of day 0, 00:00.
    name
        Name of the option, for errors.

    Returns
    -------
    int
        Unix seconds.

    Raises
    ------
    ScenarioError
        If it is not one of these.
    """
    # Before dt.date: a datetime is also a date.
    if isinstance(value, dt.datetime):
        return int((value if value.tzinfo else value.replace(tzinfo=dt.UTC)).timestamp())
    if isinstance(value, dt.date):
        return int(dt.datetime.combine(value, dt.time(), dt.UTC).timestamp())
    # An int is a day number, like its text.
    text = str(value)
    if found := _DAY.fullmatch(text):
        day, hour, minute, second = (int(part or 0) for part in found.groups())
        if hour < 24 and minute < 60 and second < 60:  # noqa: PLR2004  # the clock's own numbers
            return epoch_s + day * S_PER_DAY + hour * 3600 + minute * 60 + second
    with suppress(ValueError):  # a date that doesn't exist, such as 2024-02-30
        if _DATE.fullmatch(text):
            return parse_instant(dt.datetime.fromisoformat(text), epoch_s, name)
    raise ScenarioError(f"{name}: expected {EXPECTED}, got {text!r}.")


def parse_wall_time(text: str) -> dt.datetime:
    """Parse a time of the wall clock such as 2026-03-01T12:00 or 2026-03-01T12:00:15.5Z.

    Raises
    ------
    ValueError
        If it is not such a time.
    """
    if not _WALL.fullmatch(text):
        raise ValueError(text)
    return dt.datetime.fromisoformat(text)
