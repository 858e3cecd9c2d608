"""Minutes of a place's clock are instants, also where the clock is set."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from fastgen.model.wall_clock import instant_us
from fastgen.units import MIN_PER_DAY, US_PER_S

HOUR = 3600 * US_PER_S


def minute(day: int, clock: str) -> int:
    hours, minutes = clock.split(":")
    return day * MIN_PER_DAY + 60 * int(hours) + int(minutes)


@pytest.mark.parametrize(
    ("zone", "start", "day", "clock", "wall"),
    [
        ("Europe/London", "2024-01-01", 3, "12:00", "2024-01-04 12:00 +0000"),
        ("Europe/London", "2024-07-01", 0, "12:30", "2024-07-01 11:30 +0000"),
        # The clock goes from 01:00 to 02:00: what is between is when it does.
        ("Europe/London", "2024-03-31", 0, "00:59", "2024-03-31 00:59 +0000"),
        ("Europe/London", "2024-03-31", 0, "01:00", "2024-03-31 01:00 +0000"),
        ("Europe/London", "2024-03-31", 0, "01:30", "2024-03-31 01:00 +0000"),
        ("Europe/London", "2024-03-31", 0, "02:00", "2024-03-31 01:00 +0000"),
        # The clock shows 01:30 twice: the first one counts.
        ("Europe/London", "2024-10-27", 0, "01:30", "2024-10-27 00:30 +0000"),
        ("Europe/London", "2024-10-27", 0, "02:00", "2024-10-27 02:00 +0000"),
        # 24:00 is 00:00 of the next day.
        ("Asia/Tokyo", "2024-01-01", 0, "24:00", "2024-01-01 15:00 +0000"),
        # Samoa had no 30 December.
        ("Pacific/Apia", "2011-12-29", 1, "12:00", "2011-12-30 10:00 +0000"),
    ],
)
def test_a_minute_of_a_clock_is_an_instant(zone: str, start: str, day: int, clock: str, wall: str) -> None:
    epoch = dt.datetime.fromisoformat(start).replace(tzinfo=dt.UTC)
    found = epoch + dt.timedelta(
        microseconds=instant_us(ZoneInfo(zone), dt.date.fromisoformat(start), minute(day, clock))
    )
    assert f"{found:%Y-%m-%d %H:%M %z}" == wall


def test_on_a_wall_clock_all_days_have_24_hours() -> None:
    assert instant_us(None, dt.date(2024, 3, 31), minute(1, "01:30")) == 25 * HOUR + HOUR // 2


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Australia/Lord_Howe", "2024-04-07"),
        ("Australia/Lord_Howe", "2024-10-06"),
        ("America/Havana", "2024-03-10"),
    ],
)
def test_later_minutes_are_never_earlier(zone: str, start: str) -> None:
    """On days that have half an hour more, half an hour less, and no midnight."""
    minutes = range(-60, 300, 10)
    instants = [instant_us(ZoneInfo(zone), dt.date.fromisoformat(start), m) for m in minutes]
    assert instants == sorted(instants)
    assert len(set(instants)) > len(minutes) - 7
