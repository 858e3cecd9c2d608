"""Logs of tests: sites of `sites.py`, run day by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.queueing.day_log import take_out_day
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
