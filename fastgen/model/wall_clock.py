"""Tell when the minutes of a place's days begin, where the clock is set forward and back."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from fastgen.units import MIN_PER_DAY, S_PER_DAY, S_PER_MIN, US_PER_MIN, US_PER_S

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from numpy.typing import NDArray

_HOURS = tuple(dt.timedelta(hours=h) for h in range(25))


def minute_starts_s(zone: ZoneInfo | None, start: dt.date, day: int) -> NDArray[np.int64]:
    """Compute the seconds from the epoch (day 0, 00:00) to each minute of a day, int64 (1440,).

    In UTC, where the wall clock is set back and shows a minute twice, the first of the two counts.

    Parameters
    ----------
    zone
        Time zone of the place if timestamps are UTC; None if they are the place's wall clock.
    start
        Date of day 0.
    day
        Day number.
    """
    # Plain multiplication is right on the wall clock: there every day has 1,440 minutes.
    starts = day * S_PER_DAY + np.arange(MIN_PER_DAY, dtype=np.int64) * S_PER_MIN
    if zone is None:
        return starts
    midnight = _midnight(start, day)
    # Only a few days a year change the clock: 25 look-ups rule the others out.
    local_midnight = midnight.replace(tzinfo=zone)
    if len({(local_midnight + hours).utcoffset() for hours in _HOURS}) == 1:
        return starts - _offset_s(zone, midnight)
    minutes = (midnight + dt.timedelta(minutes=m) for m in range(MIN_PER_DAY))
    return starts - np.array([_offset_s(zone, minute) for minute in minutes], np.int64)


def day_start_s(zone: ZoneInfo, start: dt.date, day: int) -> int:
    """Compute the first of `minute_starts_s` alone."""
    return day * S_PER_DAY - _offset_s(zone, _midnight(start, day))


def skipped_minutes(zone: ZoneInfo, start: dt.date, day: int) -> tuple[int, int] | None:
    """Find the minutes of a day that the zone's wall clock skips: first and end; None where it skips none."""
    midnight = _midnight(start, day)
    if _offset_s(zone, midnight) == _offset_s(zone, midnight + dt.timedelta(days=1)):
        return None
    missing = [m for m in range(MIN_PER_DAY) if _is_skipped(zone, midnight + dt.timedelta(minutes=m))]
    return (missing[0], missing[-1] + 1) if missing else None


def instant_us(zone: ZoneInfo | None, start: dt.date, minute: int) -> int:
    """Compute the microseconds from the epoch to a minute of a place's clock.

    Where the clock skips the minute, it is the first one after the gap.

    Parameters
    ----------
    zone, start
        As for `minute_starts_s`.
    minute
        Minutes from 00:00 of day 0 on, of 1440 a day.
    """
    if zone is None:
        return minute * US_PER_MIN
    wall = _midnight(start, 0) + dt.timedelta(minutes=minute)
    if _is_skipped(zone, wall):
        day, minute_of_day = divmod(minute, MIN_PER_DAY)
        _, end = skipped_minutes(zone, start, day) or (0, minute_of_day + 1)
        # A gap may reach the end of its day.
        return instant_us(zone, start, day * MIN_PER_DAY + end)
    return minute * US_PER_MIN - _offset_s(zone, wall) * US_PER_S


def _midnight(start: dt.date, day: int) -> dt.datetime:
    return dt.datetime.combine(start, dt.time()) + dt.timedelta(days=day)


def _offset_s(zone: ZoneInfo, wall: dt.datetime) -> int:
    offset = wall.replace(tzinfo=zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def _is_skipped(zone: ZoneInfo, wall: dt.datetime) -> bool:
    # A wall time that doesn't exist changes on its way to UTC and back.
    utc = wall.replace(tzinfo=zone).astimezone(dt.UTC)
    return utc.astimezone(zone).replace(tzinfo=None) != wall
