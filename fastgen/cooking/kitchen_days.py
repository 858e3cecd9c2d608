"""Run the kitchen days of a location: from 04:00 to 04:00, each alone (docs/model.md, 4.13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.cooking.asked import Asked, Share, cut_shares
from fastgen.errors import ScenarioError
from fastgen.model.day_orders import NOT_YET_US
from fastgen.model.disturbances import USUAL
from fastgen.model.order_source import OrderRange
from fastgen.queueing.going_on import take_over
from fastgen.queueing.kernels import records as r
from fastgen.queueing.kernels.site import run_site
from fastgen.queueing.site import Capacity, make_site
from fastgen.templates.disturbances import DisturbedPlace, make_changes, make_weather
from fastgen.units import S_PER_DAY, US_PER_MIN, US_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from fastgen.cooking.asked import Place
    from fastgen.model.route_table import RouteTable
    from fastgen.model.station_kitchens import StationKitchens
    from fastgen.orders.source import StatisticalSource
    from fastgen.queueing.kernels.records import SiteArrays
    from fastgen.queueing.site import Demand

# Orders that are in memory together: of several kitchen days, or of a part of a large one. The records of an
# order take about 1.5 KB.
ORDERS_AT_ONCE = 8_000
# Longer than any day, also one on which the clock is set back.
_LONGEST_DAY_US = 2 * S_PER_DAY * US_PER_S
# In place of the times of an order: nobody has made it, no kitchen has taken it.
_UNMADE, _CANCELLED = r.NOT_YET, r.NEVER
# What kitchens decide of an order: columns 1 to 5 of `DayOrders.times_us`.
_MADE = [r.ORDER_STARTED, r.ORDER_FINISHED, r.ORDER_READY, r.ORDER_ARRIVED, r.ORDER_PICKED_UP]


def make_capacity(kitchens: StationKitchens) -> Capacity:
    """Make what kitchens have to work with; rides are in microseconds, so the couriers' pace is 1."""
    return Capacity(
        stations=np.tile(np.array(kitchens.count_stations(), np.int64), (kitchens.kitchens, 1)),
        paces=np.ones(kitchens.couriers, np.int64),
        lead_us=round(kitchens.lead_min * US_PER_MIN),
        nearest_first=kitchens.dispatch == "nearest",
    )


class KitchenDays:
    """Runs kitchen days of one location; parameters as of `Asked`."""

    def __init__(self, source: StatisticalSource, place: Place, routes: RouteTable) -> None:
        self.asked = Asked(source, place, routes)
        self._place, self._capacity = place, make_capacity(place.kitchens)
        parameters, kitchens = source.parameters[place.location_id], place.kitchens
        at = DisturbedPlace(
            kitchens.stations_by_kitchen, kitchens.couriers, parameters.zone, parameters.start
        )
        self._changes = make_changes(kitchens.disturbances, at)
        self._weather = make_weather(kitchens.disturbances, at)
        self._weather_us = np.array([time for time, _ in self._weather], np.int64)
        # Part of the table of routes for the rides before the first weather, and in each.
        permilles = [USUAL, *(permille for _, permille in self._weather)]
        self._part_of = np.array([kitchens.slowdowns.index(one) for one in permilles])

    def find_rows(self, customer: NDArray[np.int32], picked_up_us: NDArray[np.int64]) -> NDArray[np.int32]:
        """Find the rows of customers in the table of routes, which has a part for every slowdown."""
        # Any slowdown would do for cancelled orders; that of -1 keeps the bytes of older files.
        ridden_us = np.where(picked_up_us == NOT_YET_US, -1, picked_up_us)
        weather = np.searchsorted(self._weather_us, ridden_us, side="right")
        rows: NDArray[np.int64] = customer + self._part_of[weather] * self.asked.n_customers
        return rows.astype(np.int32)

    def run(self, days: Sequence[int]) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Run kitchen days, each from its first order to its last pick-up.

        Yields
        ------
        tuple of (int, int64 (n_orders, 5))
            Kitchen day, and the times of its orders, microseconds since the epoch: started, finished, ready,
            driver arrived, picked up. `NOT_YET_US` in all of them: cancelled at its creation.

        Raises
        ------
        ScenarioError
            If an order takes longer than the kitchens' `longest_min`.
        """
        group, n_group = list[int](), 0
        for day in days:
            n = sum(share.orders.n_orders for share in self.asked.find_shares(day))
            if group and n_group + n > ORDERS_AT_ONCE:
                yield from self._run_group(group)
                group, n_group = [], 0
            group.append(day)
            n_group += n
        if group:
            yield from self._run_group(group)

    def run_nothing(self) -> None:
        """Run a kitchen day without orders: it compiles the kernels, as other sources do for no orders."""
        self._run_day(0, 0, iter([self.asked.draw([Share(OrderRange(0, 0, 0, 0), 0)])]))

    def _run_group(self, days: list[int]) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Run kitchen days whose orders are drawn together, or one that is too large for that."""
        shares = [self.asked.find_shares(day) for day in days]
        sizes = [sum(share.orders.n_orders for share in some) for some in shares]
        if sizes[0] > ORDERS_AT_ONCE:
            parts = cut_shares(shares[0], ORDERS_AT_ONCE)
            yield days[0], self._run_day(days[0], sizes[0], map(self.asked.draw, parts))
            return
        drawn, at = self.asked.draw([share for some in shares for share in some]), 0
        for day, n in zip(days, sizes, strict=True):
            yield day, self._run_day(day, n, iter([drawn.section(at, at + n)]))
            at += n

    def _run_day(self, day: int, n_orders: int, parts: Iterator[Demand]) -> NDArray[np.int64]:
        """Run a kitchen day of `n_orders` orders, part after part; there is one part at least."""
        times = np.full((n_orders, len(_MADE)), _UNMADE, np.int64)
        first = next(parts)
        # The engine's clock counts from the first order: it has too few bits for years.
        begins_us = int(first.created_us[0]) if n_orders else 0
        # Later ones are of no use to an order that must be picked up by then, and may have too many bits.
        last_us = begins_us + _LONGEST_DAY_US + self._place.kitchens.longest_min * US_PER_MIN
        changes = [
            (time - begins_us, target, value) for time, target, value in self._changes if time <= last_us
        ]
        weather = [(time - begins_us, permille) for time, permille in self._weather]
        site = make_site(self._capacity, _place(first, 0, begins_us), changes, weather)
        done, longest_us = len(first.draw), 0
        for part in parts:
            placed = _place(part, done, begins_us)
            done += len(part.draw)
            run_site(int(placed.created_us[0]), site)
            longest_us = max(longest_us, _collect(site, times))
            site = take_over(site, placed)
        run_site(r.NEVER, site)
        longest_us = max(longest_us, _collect(site, times))
        is_stuck = bool((times == _UNMADE).any())
        self._check_longest(day, r.NEVER if is_stuck else longest_us)
        return np.where(times == _CANCELLED, NOT_YET_US, times + begins_us)

    def _check_longest(self, day: int, longest_us: int) -> None:
        most, code = self._place.kitchens.longest_min, self._place.code
        if longest_us > most * US_PER_MIN:
            longest = "more" if longest_us == r.NEVER else f"{longest_us / US_PER_MIN:.0f}"
            raise ScenarioError(
                f"kitchen.longest_min: expected every order of {code} to be picked up within {most} minutes, "
                f"got {longest} on day {max(day, 0)}: add stations or couriers, or raise longest_min."
            )


def _place(part: Demand, first: int, begins_us: int) -> Demand:
    """Count the time of a part's orders from the begin of their kitchen day, and number them within it."""
    # In place of the address of their draws: the loop passes it on, and by it their times are found again.
    numbers = np.arange(first, first + len(part.draw))
    return part._replace(created_us=part.created_us - begins_us, draw=numbers)


def _collect(site: SiteArrays, times: NDArray[np.int64]) -> int:
    """Copy the times of orders that have ended; return the longest time from creation to pick-up."""
    cancelled = site.orders[site.orders[:, r.ORDER_STATE] == r.CANCELLED]
    times[cancelled[:, r.ORDER_INDEX]] = _CANCELLED
    ended = site.orders[site.orders[:, r.ORDER_STATE] == r.DELIVERED]
    times[ended[:, r.ORDER_INDEX]] = ended[:, _MADE]
    return int((ended[:, r.ORDER_PICKED_UP] - ended[:, r.ORDER_CREATED]).max(initial=0))
