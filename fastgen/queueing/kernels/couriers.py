"""Send couriers: each rides to the kitchen, waits for its order, rides to the customer and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.jit import state_step
from fastgen.queueing.kernels import records as r
from fastgen.queueing.kernels.heap import push, remove_smallest
from fastgen.queueing.kernels.tournament import set_event

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fastgen.queueing.kernels.records import SiteArrays


@state_step
def ride_us(leaves: int, length: int, courier: int, site: SiteArrays) -> int:
    """Return how long a ride takes a courier who leaves at a given time, in that time's weather."""
    row = len(site.weather) - 1
    while site.weather[row, r.WEATHER_TIME] > leaves:
        row -= 1
    return length * site.couriers[courier, r.COURIER_PACE] * site.weather[row, r.WEATHER_PERMILLE] // 1000


@state_step
def pick_up(order: int, site: SiteArrays) -> None:
    """Let the order's courier leave with it as soon as both are there: the time is known from now on."""
    courier = site.orders[order, r.ORDER_COURIER]
    leaves = max(site.orders[order, r.ORDER_READY], site.orders[order, r.ORDER_ARRIVED])
    site.orders[order, r.ORDER_PICKED_UP] = leaves
    arrives = leaves + ride_us(leaves, site.orders[order, r.ORDER_RIDE_OUT], courier, site)
    set_event(site.tree, site.settings[r.ENTITY_BITS], len(site.stations) + courier, arrives)


@state_step
def _assign(now: int, order: int, courier: int, site: SiteArrays) -> None:
    """Give an order to a courier, who is at the kitchen or on the way there."""
    site.couriers[courier, r.COURIER_ORDER] = order
    site.orders[order, r.ORDER_ASSIGNED] = now
    site.orders[order, r.ORDER_COURIER] = courier
    site.orders[order, r.ORDER_ARRIVED] = max(site.couriers[courier, r.COURIER_BACK], now)
    if site.orders[order, r.ORDER_READY] != r.NOT_YET:
        pick_up(order, site)


@state_step
def _take_courier(now: int, site: SiteArrays) -> int:
    """Take the idle courier who is first at the kitchen, of those there the lowest number; NONE: all ride."""
    progress, home, riding = site.progress, site.home, site.riding
    while progress[r.N_RIDING] > 0 and riding[0, 0] <= now:
        progress[r.N_HOME] = push(home, progress[r.N_HOME], 0, riding[0, 1])
        progress[r.N_RIDING] = remove_smallest(riding, progress[r.N_RIDING])
    if progress[r.N_HOME] > 0:
        courier = home[0, 1]
        progress[r.N_HOME] = remove_smallest(home, progress[r.N_HOME])
        return courier
    if progress[r.N_RIDING] > 0:
        courier = riding[0, 1]
        progress[r.N_RIDING] = remove_smallest(riding, progress[r.N_RIDING])
        return courier
    return r.NONE


@state_step
def call_courier(now: int, order: int, site: SiteArrays) -> None:
    """Find a courier for an order, or let it wait for one; nobody is sent where no way leads."""
    ride_out = site.orders[order, r.ORDER_RIDE_OUT]
    if ride_out == r.NONE:
        return
    courier = _take_courier(now, site)
    if courier != r.NONE:
        _assign(now, order, courier, site)
        return
    first = ride_out if site.settings[r.NEAREST_FIRST] == 1 else now
    site.progress[r.N_WAITING] = push(site.waiting, site.progress[r.N_WAITING], first, order)


@state_step
def release_courier(now: int, courier: int, site: SiteArrays) -> None:
    """Give a courier who has become free the next order that waits; without one, the courier is idle."""
    progress = site.progress
    if progress[r.N_WAITING] > 0:
        order = site.waiting[0, 1]
        progress[r.N_WAITING] = remove_smallest(site.waiting, progress[r.N_WAITING])
        _assign(now, order, courier, site)
        return
    back = site.couriers[courier, r.COURIER_BACK]
    progress[r.N_RIDING] = push(site.riding, progress[r.N_RIDING], back, courier)


@state_step
def _send_home(heap: NDArray[np.int64], n: int, on_duty: int) -> int:
    """Take the couriers who are off duty out of a heap of n; return the new n."""
    kept = 0
    for row in range(n):
        # At most as many rows are written as were read, so none is lost.
        if heap[row, 1] < on_duty:
            kept = push(heap, kept, heap[row, 0], heap[row, 1])
    return kept


@state_step
def change_couriers(now: int, on_duty: int, site: SiteArrays) -> None:
    """Change how many couriers work: those of a smaller number. Who is with an order delivers it first."""
    progress = site.progress
    before = progress[r.ON_DUTY]
    progress[r.ON_DUTY] = on_duty
    progress[r.N_HOME] = _send_home(site.home, progress[r.N_HOME], on_duty)
    progress[r.N_RIDING] = _send_home(site.riding, progress[r.N_RIDING], on_duty)
    for courier in range(before, on_duty):
        if site.couriers[courier, r.COURIER_ORDER] == r.NONE:
            release_courier(now, courier, site)
