"""Logs of tests: sites of `sites.py`, run day by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.queueing.day_log import take_out_day
from fastgen.queueing.going_on import take_over
from fastgen.queueing.kernels.site import run_site
from fastgen.queueing.site import Demand, make_site
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
    site = make_site(case.capacity, orders_between(demand, 0, 0), case.changes, case.weather)
    for day in range(days + 1):
        first, end = np.searchsorted(demand.created_us, starts[day : day + 2]).tolist()
        site = take_over(site, orders_between(demand, first, end), starts[max(day - 1, 0)])
        run_site(starts[day + 1], site)
        if day:
            logs.append(take_out_day(site, day - 1, starts[day - 1], starts[day], starts[day + 1]))
    return logs


def orders_between(demand: Demand, first: int, end: int) -> Demand:
    """Cut some orders out of a demand."""
    line, last = demand.line_start[first], demand.line_start[end]
    step, past = demand.step_start[line], demand.step_start[last]
    mine = slice(first, end)
    return Demand(
        created_us=demand.created_us[mine],
        number=demand.number[mine],
        customer=demand.customer[mine],
        packing_us=demand.packing_us[mine],
        ride_out=demand.ride_out[mine],
        ride_back=demand.ride_back[mine],
        line_start=demand.line_start[first : end + 1] - line,
        step_start=demand.step_start[line : last + 1] - step,
        step_type=demand.step_type[step:past],
        duration_us=demand.duration_us[step:past],
        expected_us=demand.expected_us[step:past],
        draw=demand.draw[mine],
        line_item=demand.line_item[line:last],
    )
