"""Logs of tests: sites of `sites.py`, run day by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.queueing.day_log import take_out_day
from fastgen.queueing.going_on import take_over
from fastgen.queueing.kernels.site import run_site
from fastgen.queueing.site import make_site
from tests.queueing.sites import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastgen.queueing.day_log import DayLog
    from tests.queueing.sites import Case


def run_days(case: Case, days: int) -> Iterator[DayLog]:
    """Run a site, and take each of its first days out at the second midnight after it."""
    site = make_site(*case)
    for day in range(days):
        run_site((day + 2) * DAY, site)
        yield take_out_day(site, day, day * DAY, (day + 1) * DAY, (day + 2) * DAY)


def run_by_days(case: Case, days: int, shift_us: int) -> list[DayLog]:
    """Run a case day by day; days begin `shift_us` after the epoch's."""
    demand, logs = case.demand, []
    starts = [shift_us + day * DAY for day in range(days + 2)]
    site = make_site(case.capacity, demand.section(0, 0), case.changes, case.weather)
    for day in range(days + 1):
        first, end = np.searchsorted(demand.created_us, starts[day : day + 2]).tolist()
        site = take_over(site, demand.section(first, end), starts[max(day - 1, 0)])
        run_site(starts[day + 1], site)
        if day:
            logs.append(take_out_day(site, day - 1, starts[day - 1], starts[day], starts[day + 1]))
    return logs
