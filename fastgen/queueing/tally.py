"""Sum up what a site did on some days, and add up sites."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from fastgen.queueing import activity as a
from fastgen.queueing.kernels import records as r
from fastgen.queueing.measures import measure_pools, measure_site

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from fastgen.queueing.activity import Activity, Equipment
    from fastgen.queueing.day_log import DayLog
    from fastgen.queueing.measures import SiteMeasures


@dataclass
class Tally:
    """What one site or several did on some days.

    Attributes
    ----------
    waiting_us, busy_us, station_us
        int64 (n_types,): lines that waited for a station times how long, stations that worked times how
        long, and stations in order times how long.
    n_sites, period_us
        Number of sites, and the sum of their days: a switch to summer time makes one an hour shorter.
    courier_busy_us, courier_us
        Couriers who rode out or back, or waited at the kitchen for an order, times how long; couriers on duty
        times how long.
    created, delivered, cancelled
        Orders to which that happened on the days; cancelled includes those to which no way led.
    open_at_end
        Orders that were open at the end of the last day.
    revenue
        Prices of the orders created on the days that were delivered.
    to_ready_us, for_courier_us
        Sums over the delivered orders: created to ready, ready to picked up.
    in_system_us
        int64 (n,) each: created to delivered, of the delivered orders.
    """

    waiting_us: NDArray[np.int64]
    busy_us: NDArray[np.int64]
    station_us: NDArray[np.int64]
    n_sites: int = 1
    period_us: int = 0
    courier_busy_us: int = 0
    courier_us: int = 0
    created: int = 0
    delivered: int = 0
    cancelled: int = 0
    open_at_end: int = 0
    revenue: float = 0.0
    to_ready_us: int = 0
    for_courier_us: int = 0
    in_system_us: list[NDArray[np.int64]] = field(default_factory=list)

    def __add__(self, other: Tally) -> Tally:
        """Add what other sites did on the same days."""
        mine, theirs = vars(self), vars(other)
        return Tally(**{name: mine[name] + theirs[name] for name in mine})


def tally_days(
    logs: Iterable[DayLog],
    day_starts_us: NDArray[np.int64],
    warm_up: int,
    equipment: Equipment,
    prices: NDArray[np.float64],
) -> Tally:
    """Sum up what a site did on some days.

    Parameters
    ----------
    logs
        Its days from the first one on, which began without any order.
    day_starts_us
        int64 (n_days + 1,), the first microsecond of each of these days and of the one after them.
    warm_up
        How many of them are left out: the first ones.
    equipment
        What the site has.
    prices
        float64 (n_items,), by row of the items table.
    """
    n_types = equipment.n_types
    none = np.zeros(n_types, np.int64)
    tally = Tally(none, none.copy(), none.copy())
    activity = a.no_activity()
    for number, log in enumerate(logs):
        edges = day_starts_us[number : number + 2]
        activity = a.join_activity(activity, a.describe_activity(log, equipment))
        # Days of the warm-up are read, too: what they leave open goes on in the first day that counts.
        if number >= warm_up:
            _add_site(tally, measure_site(activity, equipment, edges), len(equipment.paces))
            _add_orders(tally, activity, edges)
            tally.revenue += _sum_revenue(log, prices)
            # Pools are numbered kitchen by kitchen, so every n_types-th one is of the same type.
            pools = measure_pools(activity, equipment, edges)
            tally.waiting_us += pools.queue_us.reshape(-1, n_types).sum(axis=0)
            tally.busy_us += pools.work_us.reshape(-1, n_types).sum(axis=0)
            tally.station_us += pools.capacity_us.reshape(-1, n_types).sum(axis=0)
        activity = a.keep_activity(activity, int(edges[1]))
    return tally


def _add_site(tally: Tally, day: SiteMeasures, n_couriers: int) -> None:
    """Add the numbers of orders and the times of couriers of a day, which is the only interval."""
    (queued_us,), (cooked_us,), (held_us,), _ = day.stages_us.tolist()
    tally.period_us += int(day.length_us[0])
    tally.created += int(day.created[0])
    tally.delivered += int(day.delivered[0])
    tally.cancelled += int(day.failed[0] + day.cancelled[0])
    tally.to_ready_us += queued_us + cooked_us
    tally.for_courier_us += held_us
    tally.courier_busy_us += int(day.riding_out_us[0] + day.holding_us[0] + day.riding_back_us[0])
    tally.courier_us += n_couriers * int(day.length_us[0]) - int(day.off_duty_us[0])


def _add_orders(tally: Tally, activity: Activity, edges: NDArray[np.int64]) -> None:
    created, ended = activity.orders[:, a.ORDER_CREATED], activity.orders[:, a.ORDER_ENDED]
    is_delivered = activity.orders[:, a.ORDER_STATE] == r.DELIVERED
    tally.in_system_us.append((ended - created)[is_delivered & (edges[0] <= ended) & (ended < edges[1])])
    # Not a sum: only the number at the end of the last day counts.
    tally.open_at_end = activity.n_left_open + int(
        np.count_nonzero((created < edges[1]) & (ended >= edges[1]))
    )


def _sum_revenue(log: DayLog, prices: NDArray[np.float64]) -> float:
    """Sum the prices of a day's orders that are delivered, on whatever day."""
    sold = log.lines[a.were_delivered(log)[log.lines[:, r.LINE_ORDER]], r.LINE_ITEM]
    return float(prices[sold].sum())
