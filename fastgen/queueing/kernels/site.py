"""Run a site: one event after the other, in the order of time, until a given moment.

Events of one microsecond go by kind: changes of capacity, ends of steps, deliveries, new orders; then by the
number of pool, station, courier or order. Nothing goes by the order in which events were found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.jit import state_jit, state_step
from fastgen.queueing.kernels import records as r
from fastgen.queueing.kernels.couriers import (
    call_courier,
    change_couriers,
    pick_up,
    release_courier,
    ride_us,
)
from fastgen.queueing.kernels.stations import ask_for_station, leave_queue, lowest_bit, start_step
from fastgen.queueing.kernels.tournament import set_event

if TYPE_CHECKING:
    from fastgen.queueing.kernels.records import SiteArrays


@state_step
def _end_order(now: int, order: int, state: int, free_from: int, site: SiteArrays) -> None:
    """Note how an order has ended, and from when on its customer may order again."""
    site.orders[order, r.ORDER_STATE] = state
    site.orders[order, r.ORDER_ENDED] = now
    if len(site.customer_free) > 0:
        site.customer_free[site.orders[order, r.ORDER_CUSTOMER]] = free_from


@state_step
def _find_kitchen(number: int, site: SiteArrays) -> int:
    """Find the kitchen of a number, or the next one that takes orders; NONE if none does."""
    n = site.settings[r.N_KITCHENS]
    for tried in range(n):
        kitchen = (number + tried) % n
        if site.is_open[kitchen] == 1:
            return kitchen
    return r.NONE


@state_step
def _take_order(now: int, order: int, site: SiteArrays) -> bool:
    """Take a candidate as an order and deal its lines to the kitchens; say whether it is cooked."""
    row = site.orders[order]
    if len(site.customer_free) > 0:
        if site.customer_free[row[r.ORDER_CUSTOMER]] > now:
            row[r.ORDER_STATE] = r.DROPPED
            return False
        site.customer_free[row[r.ORDER_CUSTOMER]] = r.NEVER
    first, end = row[r.ORDER_FIRST_LINE], row[r.ORDER_END_LINE]
    for line in range(first, end):
        kitchen = _find_kitchen(row[r.ORDER_NUMBER] + line - first, site)
        if kitchen == r.NONE:
            _end_order(now, order, r.CANCELLED, now, site)
            return False
        site.lines[line, r.LINE_KITCHEN] = kitchen
        site.lines[line, r.LINE_STEP] = site.lines[line, r.LINE_FIRST_STEP]
        site.lines[line, r.LINE_NEAR] = 0
    row[r.ORDER_STATE] = r.OPEN
    row[r.ORDER_LINES_LEFT] = end - first
    row[r.ORDER_LINES_FAR] = end - first
    return True


@state_step
def _serve_queue(now: int, station: int, site: SiteArrays) -> None:
    """Start the first line that waits for a station of the kind that has become free, if one does."""
    pool = site.stations[station, r.STATION_POOL]
    line = leave_queue(pool, site)
    if line != r.NONE and start_step(now, line, pool, station, site):
        call_courier(now, site.lines[line, r.LINE_ORDER], site)


@state_step
def _finish_line(now: int, line: int, site: SiteArrays) -> None:
    """Finish a line, and with its last line the order, which calls a courier at the latest now."""
    order = site.lines[line, r.LINE_ORDER]
    row = site.orders[order]
    row[r.ORDER_LINES_LEFT] -= 1
    if row[r.ORDER_LINES_LEFT] == 0:
        row[r.ORDER_FINISHED] = now
        row[r.ORDER_READY] = now + row[r.ORDER_PACKING]
        if row[r.ORDER_RIDE_OUT] == r.NONE:
            _end_order(row[r.ORDER_READY], order, r.FAILED, row[r.ORDER_READY], site)
        elif row[r.ORDER_COURIER] != r.NONE:
            pick_up(order, site)
    if site.lines[line, r.LINE_NEAR] == 0:
        site.lines[line, r.LINE_NEAR] = 1
        row[r.ORDER_LINES_FAR] -= 1
        if row[r.ORDER_LINES_FAR] == 0:
            call_courier(now, order, site)


@state_step
def _end_step(now: int, station: int, site: SiteArrays) -> None:
    """End the step on a station: the queue is served first, then the line asks for its next station."""
    line, pool = site.stations[station, r.STATION_LINE], site.stations[station, r.STATION_POOL]
    bit = 1 << (station - site.pools[pool, r.POOL_FIRST_STATION])
    site.stations[station, r.STATION_LINE] = r.NONE
    site.pools[pool, r.POOL_BUSY] &= ~bit
    if site.pools[pool, r.POOL_WORKING] & bit != 0:
        _serve_queue(now, station, site)
    if site.stations[station, r.STATION_LINE] == r.NONE:
        set_event(site.tree, site.settings[r.ENTITY_BITS], station, r.NEVER)
    site.lines[line, r.LINE_STEP] += 1
    if site.lines[line, r.LINE_STEP] == site.lines[line, r.LINE_END_STEP]:
        _finish_line(now, line, site)
    elif ask_for_station(now, line, site):
        call_courier(now, site.lines[line, r.LINE_ORDER], site)


@state_step
def _deliver(now: int, courier: int, site: SiteArrays) -> None:
    """Hand an order over; its courier rides back to the kitchen, for the next order if one waits."""
    order = site.couriers[courier, r.COURIER_ORDER]
    _end_order(now, order, r.DELIVERED, now + site.settings[r.EATING], site)
    back = ride_us(now, site.orders[order, r.ORDER_RIDE_BACK], courier, site)
    site.couriers[courier, r.COURIER_BACK] = now + back
    site.couriers[courier, r.COURIER_ORDER] = r.NONE
    set_event(site.tree, site.settings[r.ENTITY_BITS], len(site.stations) + courier, r.NEVER)
    if courier < site.progress[r.ON_DUTY]:
        release_courier(now, courier, site)


@state_step
def _change_capacity(now: int, target: int, value: int, site: SiteArrays) -> None:
    """Change the working stations of a pool, the couriers on duty, or whether a kitchen takes orders."""
    pools = site.pools
    if target > len(pools):
        site.is_open[target - len(pools) - 1] = value
    elif target == len(pools):
        change_couriers(now, value, site)
    else:
        free = value & ~pools[target, r.POOL_WORKING] & ~pools[target, r.POOL_BUSY]
        pools[target, r.POOL_WORKING] = value
        while free != 0:
            _serve_queue(now, pools[target, r.POOL_FIRST_STATION] + lowest_bit(free), site)
            free &= free - 1


@state_jit
def rebuild_events(site: SiteArrays) -> None:
    """Compute the next event of every station and courier from the rest of the state, into an empty tree."""
    bits, n_stations = site.settings[r.ENTITY_BITS], len(site.stations)
    for station in range(n_stations):
        line = site.stations[station, r.STATION_LINE]
        if line != r.NONE:
            at = site.lines[line, r.LINE_STEP]
            ends = site.steps[at, r.STEP_STARTED] + site.steps[at, r.STEP_DURATION]
            set_event(site.tree, bits, station, ends)
    for courier in range(len(site.couriers)):
        order = site.couriers[courier, r.COURIER_ORDER]
        if order != r.NONE and site.orders[order, r.ORDER_READY] != r.NOT_YET:
            # Picking up again gives the same times.
            pick_up(order, site)


@state_step
def _run_event(now: int, site: SiteArrays) -> None:
    """Run the event of a station or a courier that comes next."""
    entity = site.tree[1] & ((1 << site.settings[r.ENTITY_BITS]) - 1)
    if entity < len(site.stations):
        _end_step(now, entity, site)
    else:
        _deliver(now, entity - len(site.stations), site)


@state_jit
def run_site(until: int, site: SiteArrays) -> None:
    """Run a site up to, but not including, a time; the next run goes on from there.

    Parameters
    ----------
    until
        Microseconds since the epoch.
    site
        The whole state of the site; input and output.
    """
    progress, changes, orders, tree = site.progress, site.changes, site.orders, site.tree
    bits = site.settings[r.ENTITY_BITS]
    while True:
        change, order = progress[r.NEXT_CHANGE], progress[r.NEXT_ORDER]
        change_at = changes[change, r.CHANGE_TIME] if change < len(changes) else r.NEVER
        created_at = orders[order, r.ORDER_CREATED] if order < len(orders) else r.NEVER
        event_at = tree[1] >> bits if tree[1] != r.NEVER else r.NEVER
        now = min(change_at, event_at, created_at)
        if now >= until:
            return
        if change_at == now:
            progress[r.NEXT_CHANGE] += 1
            _change_capacity(now, changes[change, r.CHANGE_TARGET], changes[change, r.CHANGE_VALUE], site)
        elif event_at == now:
            _run_event(now, site)
        else:
            progress[r.NEXT_ORDER] += 1
            if _take_order(now, order, site):
                for line in range(orders[order, r.ORDER_FIRST_LINE], orders[order, r.ORDER_END_LINE]):
                    if ask_for_station(now, line, site):
                        call_courier(now, order, site)
