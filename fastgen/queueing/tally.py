"""Count what a site did in a period, order by order: whole numbers, which add up over days and sites."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.queueing.kernels import records as r

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from fastgen.queueing.day_log import DayLog


class Period(NamedTuple):
    """A time: from its first microsecond on, and before its end."""

    begins_us: int
    ends_us: int

    def overlap_us(self, begins: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
        """Compute how much of each interval lies in the period, microseconds."""
        inside: NDArray[np.int64] = np.minimum(ends, self.ends_us) - np.maximum(begins, self.begins_us)
        return np.maximum(inside, 0, out=inside)


class Resources(NamedTuple):
    """What a site has, and what its items cost.

    Attributes
    ----------
    stations
        int64 (n_types,), stations of each type in all kitchens, broken ones included.
    paces
        int64 (n_couriers,), microseconds that each courier takes for a unit of a ride's length.
    weather
        int64 (n, 2), records of `kernels.records`: time, thousandths of the usual ride.
    prices
        float64 (n_items,), by row of the items table.
    """

    stations: NDArray[np.int64]
    paces: NDArray[np.int64]
    weather: NDArray[np.int64]
    prices: NDArray[np.float64]


@dataclass
class Tally:
    """What one site or several did in a period.

    Attributes
    ----------
    n_sites, period_us
        Number of sites, and the sum of their periods: a switch to summer time makes one an hour shorter.
    waiting_us, busy_us, station_us
        int64 (n_types,): lines that waited for a station times how long, stations that worked times how
        long, and stations times the period.
    riding_us, courier_us
        Couriers who rode out or back times how long, and couriers times the period.
    created, delivered, cancelled
        Orders to which that happened in the period; cancelled includes those to which no way led.
    open_at_end
        Orders created before the end of the period that hadn't ended by then.
    revenue
        Prices of the lines of the delivered orders.
    to_ready_us, for_courier_us
        Sums over the delivered orders: created to ready, ready to picked up.
    in_system_us
        int64 (n,) each: created to delivered, of the delivered orders.
    """

    n_sites: int
    period_us: int
    waiting_us: NDArray[np.int64]
    busy_us: NDArray[np.int64]
    station_us: NDArray[np.int64]
    courier_us: int
    riding_us: int = 0
    created: int = 0
    delivered: int = 0
    cancelled: int = 0
    open_at_end: int = 0
    revenue: float = 0.0
    to_ready_us: int = 0
    for_courier_us: int = 0
    in_system_us: list[NDArray[np.int64]] = field(default_factory=list)

    def __add__(self, other: Tally) -> Tally:
        """Add what other sites did in the same period."""
        mine, theirs = vars(self), vars(other)
        return Tally(**{name: mine[name] + theirs[name] for name in mine})


def tally_days(logs: Iterable[DayLog], period: Period, resources: Resources) -> Tally:
    """Count what a site did in a period.

    Parameters
    ----------
    logs
        Its days in turn, from one on before which nothing of the period happened, to the last of it.
    period
        The period. Of an order that is still open when its day is taken out, nothing later is counted.
    resources
        What the site has.
    """
    length_us, n_types = period.ends_us - period.begins_us, len(resources.stations)
    tally = Tally(
        n_sites=1,
        period_us=length_us,
        waiting_us=np.zeros(n_types, np.int64),
        busy_us=np.zeros(n_types, np.int64),
        station_us=resources.stations * length_us,
        courier_us=len(resources.paces) * length_us,
    )
    for log in logs:
        _count_orders(tally, log, period, resources)
        _count_steps(tally, log, period)
        _count_rides(tally, log, period, resources)
    return tally


def _count_orders(tally: Tally, log: DayLog, period: Period, resources: Resources) -> None:
    orders = log.orders
    state, created, ended = orders[:, r.ORDER_STATE], orders[:, r.ORDER_CREATED], orders[:, r.ORDER_ENDED]
    came, has_ended = created < period.ends_us, (ended != r.NONE) & (ended < period.ends_us)
    ended_inside = has_ended & (period.begins_us <= ended)
    delivered = ended_inside & (state == r.DELIVERED)
    tally.created += int(np.count_nonzero(came & (period.begins_us <= created)))
    tally.delivered += int(np.count_nonzero(delivered))
    tally.cancelled += int(np.count_nonzero(ended_inside & ~delivered))
    tally.open_at_end += int(np.count_nonzero(came & ~has_ended))
    ready, picked_up = orders[delivered, r.ORDER_READY], orders[delivered, r.ORDER_PICKED_UP]
    tally.in_system_us.append((ended - created)[delivered])
    tally.to_ready_us += int((ready - created[delivered]).sum())
    tally.for_courier_us += int((picked_up - ready).sum())
    sold = log.lines[delivered[log.lines[:, r.LINE_ORDER]], r.LINE_ITEM]
    tally.revenue += float(resources.prices[sold].sum())


def _count_steps(tally: Tally, log: DayLog, period: Period) -> None:
    started, kinds = log.steps[:, r.STEP_STARTED], log.steps[:, r.STEP_TYPE]
    has_started = started != r.NONE
    ended = np.where(has_started, started + log.steps[:, r.STEP_DURATION], r.NEVER)
    # A step asks for its station when the one before it ends, a line's first when its order is taken.
    asked = np.concatenate((ended[-1:], ended[:-1]))
    order = log.orders[log.lines[:, r.LINE_ORDER]]
    is_taken = order[:, r.ORDER_STATE] != r.CANCELLED
    asked[log.lines[:, r.LINE_FIRST_STEP]] = np.where(is_taken, order[:, r.ORDER_CREATED], r.NEVER)
    served = np.where(has_started, started, log.cut_us)
    np.add.at(tally.waiting_us, kinds, period.overlap_us(asked, served))
    worked = period.overlap_us(started[has_started], ended[has_started])
    np.add.at(tally.busy_us, kinds[has_started], worked)


def _count_rides(tally: Tally, log: DayLog, period: Period, resources: Resources) -> None:
    orders = log.orders[log.orders[:, r.ORDER_STATE] == r.DELIVERED]
    ended = orders[:, r.ORDER_ENDED]
    # As the loop of the site computes it: by the weather in which the courier turns back.
    weather = resources.weather[:, r.WEATHER_TIME].searchsorted(ended, "right") - 1
    permille = resources.weather[weather, r.WEATHER_PERMILLE]
    pace = resources.paces[orders[:, r.ORDER_COURIER]]
    back = ended + orders[:, r.ORDER_RIDE_BACK] * pace * permille // 1000
    out_us = period.overlap_us(orders[:, r.ORDER_PICKED_UP], ended)
    tally.riding_us += int((out_us + period.overlap_us(ended, back)).sum())
