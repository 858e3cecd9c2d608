"""Say what a site did and when, as spans of time: lines waited, stations worked, couriers rode.

A span is a row (who, begins, ends) of an int64 array, in microseconds since the epoch; its end is not in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.queueing.kernels import records as r

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastgen.queueing.day_log import DayLog, JoinedLog
    from fastgen.queueing.site import Capacity

WHO, BEGINS, ENDS = range(3)

# Orders as rows: its span, its state, and how long each stage of a delivered one took, which add up to all of
# its time in the system.
ORDER_CREATED, ORDER_ENDED, ORDER_STATE, ORDER_QUEUED, ORDER_COOKED, ORDER_HELD, ORDER_RIDDEN = range(7)
N_STAGES = 4


class Equipment(NamedTuple):
    """What a site has, and when parts of it are out.

    Attributes
    ----------
    n_kitchens, n_types
        Numbers of kitchens and of types of stations; pool = kitchen * n_types + type.
    station_pool
        int64 (n_stations,).
    paces
        int64 (n_couriers,), microseconds for a unit of a ride's length.
    weather
        int64 (n, WEATHER_COLUMNS), sorted by time; the first begins before any ride.
    stations_out, couriers_out
        Spans in which a station is out of order, and a courier off duty.
    """

    n_kitchens: int
    n_types: int
    station_pool: NDArray[np.int64]
    paces: NDArray[np.int64]
    weather: NDArray[np.int64]
    stations_out: NDArray[np.int64]
    couriers_out: NDArray[np.int64]


class Activity(NamedTuple):
    """What a site did.

    Attributes
    ----------
    waits
        Spans (pool, begins, ends): a line waits for a station. No span is empty.
    work
        Spans (station, begins, ends): a station works on a step.
    held, rides_out, rides_back
        Spans (courier, begins, ends): a courier waits at the kitchen for an order, rides to a customer, rides
        back.
    orders
        int64 (n, 7): created, ended (NEVER: still open), state, then microseconds of a delivered order's
        stages: the line that was ready last waits for stations, it is cooked and the order packed, the order
        waits for the courier, the courier rides.
    n_left_open
        Orders of which nothing more is known, only that they are still open.
    """

    waits: NDArray[np.int64]
    work: NDArray[np.int64]
    held: NDArray[np.int64]
    rides_out: NDArray[np.int64]
    rides_back: NDArray[np.int64]
    orders: NDArray[np.int64]
    n_left_open: int = 0


class StepTimes(NamedTuple):
    """When each step of a log went on, int64 (n_steps,); NEVER: not before the log's cut.

    Attributes
    ----------
    asked
        When its line was ready for it; NEVER also for lines of cancelled orders.
    started, ended
        On its station.
    line
        Number of its line.
    cut_us
        When the log of its day was cut.
    """

    asked: NDArray[np.int64]
    started: NDArray[np.int64]
    ended: NDArray[np.int64]
    line: NDArray[np.int64]
    cut_us: NDArray[np.int64]


def describe_equipment(
    capacity: Capacity,
    changes: Sequence[tuple[int, int, int]] = (),
    weather: Sequence[tuple[int, int]] = (),
) -> Equipment:
    """Describe what a site has, from the arguments of `make_site`."""
    sizes = capacity.stations.ravel()
    first, n_couriers = np.cumsum(sizes) - sizes, len(capacity.paces)
    stations, couriers = list[tuple[int, int, bool]](), list[tuple[int, int, bool]]()
    for time, target, value in sorted(changes):
        if target < len(sizes):
            numbers = range(int(sizes[target]))
            stations += [(int(first[target]) + i, time, bool(value >> i & 1)) for i in numbers]
        elif target == len(sizes):
            couriers += [(i, time, i < value) for i in range(n_couriers)]
    n_kitchens, n_types = capacity.stations.shape
    return Equipment(
        n_kitchens=n_kitchens,
        n_types=n_types,
        station_pool=np.repeat(np.arange(len(sizes)), sizes),
        paces=capacity.paces,
        weather=np.array([(-r.NEVER, 1000), *weather], np.int64),
        stations_out=_find_outs(stations),
        couriers_out=_find_outs(couriers),
    )


def _find_outs(changes: list[tuple[int, int, bool]]) -> NDArray[np.int64]:
    """Make the spans in which stations or couriers are out, from (who, time, whether it works then)."""
    # The last of several changes at one time counts, so sorting has to keep their order.
    listed = sorted(changes, key=lambda change: change[:2])
    outs = [
        (who, time, following[1] if following[0] == who else r.NEVER)
        for (who, time, works), following in zip(listed, [*listed[1:], (-1, 0, True)], strict=False)
        if not works
    ]
    spans = np.array(outs, np.int64).reshape(-1, 3)
    return spans[spans[:, BEGINS] < spans[:, ENDS]]


def time_steps(log: DayLog | JoinedLog) -> StepTimes:
    """Find when each step of a log was asked for, started and ended."""
    lines, steps = log.lines, log.steps
    first = lines[:, r.LINE_FIRST_STEP]
    line = np.repeat(np.arange(len(lines)), lines[:, r.LINE_END_STEP] - first)
    cut_us = np.broadcast_to(log.cut_us, len(log.orders))[lines[line, r.LINE_ORDER]]
    started = until_cut(steps[:, r.STEP_STARTED], cut_us)
    ended = until_cut(np.where(started == r.NEVER, r.NEVER, started + steps[:, r.STEP_DURATION]), cut_us)
    asked = np.concatenate((np.zeros(min(len(steps), 1), np.int64), ended[:-1]))
    order = log.orders[lines[:, r.LINE_ORDER]]
    is_cooked = order[:, r.ORDER_STATE] != r.CANCELLED
    asked[first] = np.where(is_cooked, order[:, r.ORDER_CREATED], r.NEVER)
    return StepTimes(asked, started, ended, line, cut_us)


def until_cut(times_us: NDArray[np.int64], cut_us: NDArray[np.int64] | int) -> NDArray[np.int64]:
    """Replace times that have not come before a cut by NEVER."""
    return np.where((times_us == r.NOT_YET) | (times_us >= cut_us), r.NEVER, times_us)


def end_times(log: DayLog | JoinedLog) -> NDArray[np.int64]:
    """Find when each order of a log ended; NEVER: not before the log's cut."""
    return until_cut(log.orders[:, r.ORDER_ENDED], log.cut_us)


def were_delivered(log: DayLog | JoinedLog) -> NDArray[np.bool_]:
    """Find which orders of a log were delivered before the log's cut, bool (n_orders,)."""
    state = log.orders[:, r.ORDER_STATE]
    were: NDArray[np.bool_] = (state == r.DELIVERED) & (end_times(log) != r.NEVER)
    return were


def ride_ends(log: DayLog | JoinedLog, equipment: Equipment) -> NDArray[np.int64]:
    """Find when the courier of each delivered order of a log is back at the kitchen; NEVER for others."""
    delivered = np.where(were_delivered(log), log.orders[:, r.ORDER_ENDED], r.NEVER)
    row = np.searchsorted(equipment.weather[:, r.WEATHER_TIME], delivered, side="right") - 1
    permille = equipment.weather[row, r.WEATHER_PERMILLE]
    # Orders without a courier have the number -1, and so read the last entry; they are never delivered.
    pace = np.append(equipment.paces, 0)[log.orders[:, r.ORDER_COURIER]]
    back = delivered + log.orders[:, r.ORDER_RIDE_BACK] * pace * permille // 1000
    return np.where(delivered == r.NEVER, r.NEVER, back)


def describe_activity(log: DayLog | JoinedLog, equipment: Equipment) -> Activity:
    """Describe what a site did for the orders of a log."""
    steps, ended = time_steps(log), end_times(log)
    pool = log.lines[steps.line, r.LINE_KITCHEN] * equipment.n_types + log.steps[:, r.STEP_TYPE]
    courier = log.orders[:, r.ORDER_COURIER]
    arrived = until_cut(log.orders[:, r.ORDER_ARRIVED], log.cut_us)
    picked_up = until_cut(log.orders[:, r.ORDER_PICKED_UP], log.cut_us)
    delivered = np.where(picked_up == r.NEVER, r.NEVER, ended)
    rows = np.full((len(log.orders), ORDER_RIDDEN + 1), 0, np.int64)
    rows[:, ORDER_CREATED] = log.orders[:, r.ORDER_CREATED]
    rows[:, ORDER_ENDED] = ended
    rows[:, ORDER_STATE] = np.where(ended == r.NEVER, r.OPEN, log.orders[:, r.ORDER_STATE])
    rows[:, ORDER_QUEUED:] = _measure_stages(log, steps)
    return Activity(
        waits=_cut(pool, steps.asked, steps.started, steps.cut_us),
        work=_cut(log.steps[:, r.STEP_STATION], steps.started, steps.ended, steps.cut_us),
        held=_cut(courier, arrived, picked_up, log.cut_us),
        rides_out=_cut(courier, picked_up, ended, log.cut_us),
        # Not cut: a courier who has delivered rides back, whatever happens then.
        rides_back=_cut(courier, delivered, ride_ends(log, equipment), r.NEVER),
        orders=rows,
    )


def _cut(
    who: NDArray[np.int64],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    cut_us: NDArray[np.int64] | int,
) -> NDArray[np.int64]:
    """Make spans of those that have begun, up to a cut at the latest; leave out the empty ones."""
    ends = np.minimum(ends, cut_us)
    return np.column_stack((who, begins, ends))[begins < ends]


def _measure_stages(log: DayLog | JoinedLog, steps: StepTimes) -> NDArray[np.int64]:
    """Measure the stages of delivered orders, int64 (n_orders, N_STAGES), microseconds; zeros for others."""
    stages = np.zeros((len(log.orders), N_STAGES), np.int64)
    is_done = were_delivered(log)
    if not is_done.any():
        return stages
    first, last = log.lines[:, r.LINE_FIRST_STEP], log.lines[:, r.LINE_END_STEP] - 1
    # All steps of delivered orders have ended; the sums of other orders aren't used.
    queued = np.add.reduceat(steps.started - steps.asked, first)
    cooked = np.add.reduceat(log.steps[:, r.STEP_DURATION], first)
    finished = log.orders[:, r.ORDER_FINISHED]
    order = log.lines[:, r.LINE_ORDER]
    decides = np.flatnonzero(is_done[order] & (steps.ended[last] == finished[order]))
    # Several lines may end at once: the first of an order counts.
    done, which = np.unique(order[decides], return_index=True)
    line, rows = decides[which], log.orders[done]
    packed = rows[:, r.ORDER_READY] - rows[:, r.ORDER_FINISHED]
    stages[done] = np.column_stack(
        (
            queued[line],
            cooked[line] + packed,
            rows[:, r.ORDER_PICKED_UP] - rows[:, r.ORDER_READY],
            rows[:, r.ORDER_ENDED] - rows[:, r.ORDER_PICKED_UP],
        )
    )
    return stages


def join_activity(before: Activity, more: Activity) -> Activity:
    """Join what is carried over and what a log adds."""
    pairs = zip(before[:-1], more[:-1], strict=True)
    joined = [np.concatenate(pair) for pair in pairs]
    return Activity._make((*joined, before.n_left_open + more.n_left_open))


def keep_activity(activity: Activity, from_us: int) -> Activity:
    """Keep what matters from a time on: what ends later. Orders left open become a number."""
    spans = [one[one[:, ENDS] > from_us] for one in activity[:-2]]
    orders = activity.orders
    is_left = (orders[:, ORDER_ENDED] == r.NEVER) & (orders[:, ORDER_CREATED] < from_us)
    kept = orders[(orders[:, ORDER_ENDED] >= from_us) & ~is_left]
    return Activity._make((*spans, kept, activity.n_left_open + int(is_left.sum())))


def no_activity() -> Activity:
    """Make the activity of a site that has done nothing."""
    none, no_orders = np.empty((0, 3), np.int64), np.empty((0, ORDER_RIDDEN + 1), np.int64)
    return Activity(none, none, none, none, none, no_orders)
