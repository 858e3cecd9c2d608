"""Days of a place begin when its clock says so, also where it is set forward or back at midnight."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from fastgen.model.wall_clock import day_start_s, minute_starts_s


# The clocks of Beirut and Havana skip midnight in spring; those of the Azores show it twice in autumn.
@pytest.mark.parametrize(
    "name", ["UTC", "America/Chicago", "Asia/Beirut", "America/Havana", "Atlantic/Azores", "Pacific/Apia"]
)
def test_the_start_of_a_day_is_that_of_its_first_minute(name: str) -> None:
    zone, start = ZoneInfo(name), dt.date(2011, 1, 1)
    for day in range(400):
        assert day_start_s(zone, start, day) == minute_starts_s(zone, start, day)[0]
