"""Measure a site by intervals: orders, queues, stations, couriers, and how long orders took.

A day's intervals are complete with the logs of that day and of the day before: what an order does two
midnights after its day is in no log. So a run is measured day by day, and little is carried over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.queueing import activity as a
from fastgen.queueing.kernels import records as r

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.queueing.activity import Activity, Equipment
    from fastgen.queueing.day_log import DayLog, JoinedLog

# Percentiles of the times in the system, in hundredths.
PERCENTILES = (50, 90)


class SiteMeasures(NamedTuple):
    """What a site did in each interval, int64 (n_intervals,) where nothing else is said.

    Integrals over time are in microseconds: over the length of the interval they are the time average of a
    number of orders or couriers.

    Attributes
    ----------
    begins_us, length_us
        The interval.
    created, delivered, failed, cancelled
        Numbers of orders.
    open_us
        Integral of the number of open orders.
    open_max
        Most orders that were open at once.
    riding_out_us, holding_us, riding_back_us, idle_us, off_duty_us
        Integrals of the number of couriers who ride to a customer, wait at the kitchen for an order, ride
        back, are free, and don't work; they add up to all couriers. Who is off duty but still has an order or
        a ride back counts as riding.
    percentiles_us
        int64 (2, n_intervals), time in the system that `PERCENTILES` of the orders delivered in the interval
        don't exceed; NONE without one.
    stages_us
        int64 (4, n_intervals), sums of the stages of the orders delivered in the interval: wait for stations,
        cooking, wait for the courier, ride.
    """

    begins_us: NDArray[np.int64]
    length_us: NDArray[np.int64]
    created: NDArray[np.int64]
    delivered: NDArray[np.int64]
    failed: NDArray[np.int64]
    cancelled: NDArray[np.int64]
    open_us: NDArray[np.int64]
    open_max: NDArray[np.int64]
    riding_out_us: NDArray[np.int64]
    holding_us: NDArray[np.int64]
    riding_back_us: NDArray[np.int64]
    idle_us: NDArray[np.int64]
    off_duty_us: NDArray[np.int64]
    percentiles_us: NDArray[np.int64]
    stages_us: NDArray[np.int64]


class PoolMeasures(NamedTuple):
    """What each pool did in each interval, all int64 (n_pools, n_intervals).

    Attributes
    ----------
    queue_us
        Integral of the number of lines that wait.
    queue_max
        Most lines that waited at once.
    work_us
        Time that stations worked.
    capacity_us
        Time that stations were in order; one that is out of order but finishes a step counts until then.
    started
        Steps that started.
    """

    queue_us: NDArray[np.int64]
    queue_max: NDArray[np.int64]
    work_us: NDArray[np.int64]
    capacity_us: NDArray[np.int64]
    started: NDArray[np.int64]


def make_edges(begins_us: int, ends_us: int, interval_us: int) -> NDArray[np.int64]:
    """Make the edges of intervals, int64 (n + 1,); the last interval is shorter where it must be."""
    return np.append(np.arange(begins_us, ends_us, interval_us, dtype=np.int64), np.int64(ends_us))


def measure_day(
    carried: Activity, log: DayLog | JoinedLog, equipment: Equipment, edges: NDArray[np.int64]
) -> tuple[SiteMeasures, PoolMeasures, Activity]:
    """Measure the intervals of one day, or of several that follow each other.

    Parameters
    ----------
    carried
        What this function returned for the days before; `no_activity()` for the first day.
    log
        Orders of the day or days.
    equipment
        What the site has.
    edges
        int64 (n_intervals + 1,), of the intervals: all of the days, one after the other.

    Returns
    -------
    tuple of (SiteMeasures, PoolMeasures, Activity)
        The measures, and what to carry to the next day.
    """
    activity = a.join_activity(carried, a.describe_activity(log, equipment))
    done = measure_site(activity, equipment, edges), measure_pools(activity, equipment, edges)
    return *done, a.keep_activity(activity, int(edges[-1]))


def measure_site(activity: Activity, equipment: Equipment, edges: NDArray[np.int64]) -> SiteMeasures:
    """Measure orders and couriers in the intervals between edges."""
    orders, length_us = activity.orders, np.diff(edges)
    lives = np.column_stack((np.zeros(len(orders), np.int64), orders[:, [a.ORDER_CREATED, a.ORDER_ENDED]]))
    riding_out, holding, riding_back = (
        _integrate(_as_one(spans), 1, edges)[0]
        for spans in (activity.rides_out, activity.held, activity.rides_back)
    )
    off_duty = _integrate(_as_one(equipment.couriers_out), 1, edges)[0]
    for spans in (activity.rides_out, activity.held, activity.rides_back):
        off_duty -= _integrate(_as_one(_overlap(spans, equipment.couriers_out, edges)), 1, edges)[0]
    delivered = orders[orders[:, a.ORDER_STATE] == r.DELIVERED]
    return SiteMeasures(
        begins_us=edges[:-1],
        length_us=length_us,
        created=_count(orders[:, a.ORDER_CREATED], edges),
        delivered=_count(delivered[:, a.ORDER_ENDED], edges),
        failed=_count(_ended_as(orders, r.FAILED), edges),
        cancelled=_count(_ended_as(orders, r.CANCELLED), edges),
        open_us=_integrate(lives, 1, edges)[0] + activity.n_left_open * length_us,
        open_max=_find_most(lives, 1, edges)[0] + activity.n_left_open,
        riding_out_us=riding_out,
        holding_us=holding,
        riding_back_us=riding_back,
        idle_us=len(equipment.paces) * length_us - riding_out - holding - riding_back - off_duty,
        off_duty_us=off_duty,
        percentiles_us=_find_percentiles(delivered, edges),
        stages_us=_sum_stages(delivered, edges),
    )


def measure_pools(activity: Activity, equipment: Equipment, edges: NDArray[np.int64]) -> PoolMeasures:
    """Measure the queue and the stations of every pool in the intervals between edges."""
    pool_of, n_pools = equipment.station_pool, equipment.n_kitchens * equipment.n_types

    def by_pool(spans: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.column_stack((pool_of[spans[:, a.WHO]], spans[:, a.BEGINS :]))

    out = _integrate(by_pool(equipment.stations_out), n_pools, edges)
    finishing = by_pool(_overlap(activity.work, equipment.stations_out, edges))
    sizes = np.bincount(pool_of, minlength=n_pools)
    work = by_pool(activity.work)
    return PoolMeasures(
        queue_us=_integrate(activity.waits, n_pools, edges),
        queue_max=_find_most(activity.waits, n_pools, edges),
        work_us=_integrate(work, n_pools, edges),
        capacity_us=sizes[:, None] * np.diff(edges) - out + _integrate(finishing, n_pools, edges),
        started=_count_at(work[:, a.WHO], work[:, a.BEGINS], n_pools, edges),
    )


def _as_one(spans: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give all spans the number 0, so that they are counted together."""
    return np.column_stack((np.zeros(len(spans), np.int64), spans[:, a.BEGINS :]))


def _integrate(spans: NDArray[np.int64], n: int, edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Integrate the number of spans that go on over each interval, int64 (n, n_intervals).

    Up to a time t, spans that began at b and have ended at e add t - b - (t - e): so sums of b and e, and
    numbers of both, are enough.
    """
    until = np.zeros((n, len(edges)), np.int64)
    for column, sign in ((a.BEGINS, 1), (a.ENDS, -1)):
        times = np.clip(spans[:, column], edges[0], edges[-1]) - edges[0]
        # The first edge at or after each time.
        at = np.searchsorted(edges - edges[0], times)
        number, total = np.zeros_like(until), np.zeros_like(until)
        np.add.at(number, (spans[:, a.WHO], at), 1)
        np.add.at(total, (spans[:, a.WHO], at), times)
        until += sign * ((edges - edges[0]) * number.cumsum(axis=1) - total.cumsum(axis=1))
    return np.diff(until, axis=1)


def _find_most(spans: NDArray[np.int64], n: int, edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find how many spans at most go on at once in each interval, int64 (n, n_intervals)."""
    spans = spans[spans[:, a.BEGINS] < spans[:, a.ENDS]]
    who = np.concatenate((spans[:, a.WHO], spans[:, a.WHO], np.repeat(np.arange(n), len(edges) - 1)))
    times = np.concatenate((spans[:, a.BEGINS], spans[:, a.ENDS], np.tile(edges[:-1], n)))
    change = np.repeat([1, -1, 0], [len(spans), len(spans), n * (len(edges) - 1)])
    order = np.lexsort((times, who))
    who, times, level = who[order], times[order], np.cumsum(change[order])
    # All spans of a number have ended at the end of time, so the sum is 0 again where the next number begins.
    is_last = np.append((np.diff(times) != 0) | (np.diff(who) != 0), True)
    interval, inside = _find_intervals(times, edges)
    counts = is_last & inside
    most = np.zeros((n, len(edges) - 1), np.int64)
    np.maximum.at(most, (who[counts], interval[counts]), level[counts])
    return most


def _overlap(
    spans: NDArray[np.int64], outs: NDArray[np.int64], edges: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Find the parts of spans in which their station or courier is out; `outs` are spans sorted by who."""
    # A long run has many, few of them between the edges.
    outs = outs[(outs[:, a.BEGINS] < edges[-1]) & (outs[:, a.ENDS] > edges[0])]
    first = np.searchsorted(outs[:, a.WHO], spans[:, a.WHO])
    number = np.searchsorted(outs[:, a.WHO], spans[:, a.WHO], side="right") - first
    span = np.repeat(np.arange(len(spans)), number)
    out = np.arange(len(span)) - np.repeat(np.cumsum(number) - number - first, number)
    begins = np.maximum(spans[span, a.BEGINS], outs[out, a.BEGINS])
    ends = np.minimum(spans[span, a.ENDS], outs[out, a.ENDS])
    parts: NDArray[np.int64] = np.column_stack((spans[span, a.WHO], begins, ends))[begins < ends]
    return parts


def _ended_as(orders: NDArray[np.int64], state: int) -> NDArray[np.int64]:
    """List when the orders of a state ended."""
    ended: NDArray[np.int64] = orders[orders[:, a.ORDER_STATE] == state, a.ORDER_ENDED]
    return ended


def _count(times: NDArray[np.int64], edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the times in each interval."""
    return _count_at(np.zeros_like(times), times, 1, edges).ravel()


def _count_at(
    who: NDArray[np.int64], times: NDArray[np.int64], n: int, edges: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Count the times of each in each interval, int64 (n, n_intervals)."""
    interval, inside = _find_intervals(times, edges)
    counts = np.zeros((n, len(edges) - 1), np.int64)
    np.add.at(counts, (who[inside], interval[inside]), 1)
    return counts


def _find_intervals(
    times: NDArray[np.int64], edges: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Find the interval of each time, and whether there is one."""
    interval = np.searchsorted(edges, times, side="right") - 1
    return interval, (interval >= 0) & (interval < len(edges) - 1)


def _find_percentiles(delivered: NDArray[np.int64], edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find percentiles of the times in the system by nearest rank, so that each is the time of an order."""
    interval, inside = _find_intervals(delivered[:, a.ORDER_ENDED], edges)
    taken = (delivered[:, a.ORDER_ENDED] - delivered[:, a.ORDER_CREATED])[inside]
    taken = np.append(taken[np.lexsort((taken, interval[inside]))], r.NONE)
    number = np.bincount(interval[inside], minlength=len(edges) - 1)
    first = np.cumsum(number) - number
    # Counted from 0: the smallest rank up to which there are at least so many hundredths of the orders.
    ranks = [-(-number * hundredths // 100) - 1 for hundredths in PERCENTILES]
    # The last entry, NONE, is that of intervals without orders.
    return np.stack([taken[np.where(number > 0, first + rank, -1)] for rank in ranks])


def _sum_stages(delivered: NDArray[np.int64], edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum the stages of the orders delivered in each interval, int64 (N_STAGES, n_intervals)."""
    interval, inside = _find_intervals(delivered[:, a.ORDER_ENDED], edges)
    sums = np.zeros((len(edges) - 1, a.N_STAGES), np.int64)
    np.add.at(sums, interval[inside], delivered[inside, a.ORDER_QUEUED :])
    return sums.T
