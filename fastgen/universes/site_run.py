"""Run a site day by day, with no more in memory than the orders of two days and those still open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastgen.queueing.day_log import DayLog, take_out_day
from fastgen.queueing.going_on import take_over
from fastgen.queueing.kernels.site import run_site
from fastgen.queueing.population import draw_wishes
from fastgen.queueing.site import make_site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastgen.queueing.kernels.records import SiteArrays
    from fastgen.queueing.site import Demand
    from fastgen.universes.site_plan import SitePlan


@dataclass
class SiteRun:
    """A site that has run up to some time.

    Attributes
    ----------
    plan
        What the run depends on.
    arrays
        The state of the site.
    clock_us
        All before this time has happened.
    n_drawn
        Days whose orders have been drawn.
    n_taken
        Days that are complete and have been taken out.
    """

    plan: SitePlan
    arrays: SiteArrays
    clock_us: int
    n_drawn: int
    n_taken: int

    @classmethod
    def begin(cls, plan: SitePlan) -> SiteRun:
        """Make an empty site at the beginning of day 0."""
        arrays = make_site(plan.capacity, draw_day(plan, 0), plan.changes, plan.weather)
        return cls(plan, arrays, plan.day_start_us(0), 1, 0)

    def run_to(self, until_us: int) -> Iterator[DayLog]:
        """Run up to, but not including, a time, and take out every day that is complete.

        A day is complete when the next one has ended: an order that is still open then stays open for ever,
        whatever happens to it later. So the orders of a day don't depend on how long a run is.
        """
        while True:
            drawn_to_us = self.plan.day_start_us(self.n_drawn)
            self.clock_us = max(self.clock_us, min(until_us, drawn_to_us))
            run_site(self.clock_us, self.arrays)
            if self.clock_us < drawn_to_us:
                return
            # A run that goes on from a snapshot may have taken the day out before.
            if self.n_taken <= self.n_drawn - 2:
                self.n_taken += 1
                yield self._take_out(self.n_taken - 1)
            if until_us <= drawn_to_us:
                return
            # Ended orders of the day before stay until it is taken out, one day from now.
            first_kept_us = self.plan.day_start_us(self.n_taken)
            self.arrays = take_over(self.arrays, draw_day(self.plan, self.n_drawn), first_kept_us)
            self.n_drawn += 1

    def take_incomplete(self, end_day: int) -> Iterator[DayLog]:
        """Copy the days before `end_day` that aren't complete, cut at the clock."""
        for day in range(self.n_taken, min(end_day, self.n_drawn)):
            yield self._take_out(day)

    def _take_out(self, day: int) -> DayLog:
        begins_us, ends_us = self.plan.day_start_us(day), self.plan.day_start_us(day + 1)
        return take_out_day(self.arrays, day, begins_us, ends_us, self.clock_us)


def run_days(plan: SitePlan, days: int) -> Iterator[DayLog]:
    """Run a site from day 0 on, and give the orders of each of some days."""
    # The last one is complete when the day after it has ended.
    return SiteRun.begin(plan).run_to(plan.day_start_us(days + 1))


def draw_day(plan: SitePlan, day: int) -> Demand:
    """Draw the orders that a site's customers would like to place on a day."""
    node = plan.homes.node
    return draw_wishes(
        plan.population,
        day,
        plan.rides.out_mm[node],
        plan.rides.back_mm[node],
        plan.minute_starts_us(day),
    )
