"""The model of a site a second time, on SimPy's event loop: objects, processes and plain queues."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import simpy

from fastgen.model.day_orders import NOT_YET_US

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from fastgen.queueing.site import Capacity, Demand

# Priorities of SimPy's events of one time: its own, which are 0 and 1, then these kinds, then numbers.
CAPACITY, STEP_END, DELIVERY, ARRIVAL = range(1, 5)
KIND = 1_000_000  # more than there are stations, couriers, orders or changes


@dataclass
class Pool:
    """Stations of one type in one kitchen."""

    first: int
    working: set[int]
    busy: set[int] = field(default_factory=set)
    queue: deque[tuple[int, int, int, simpy.Event]] = field(default_factory=deque)


@dataclass
class Order:
    """What happens to one order, and who carries it; -1: nobody."""

    state: str = "candidate"
    started: int = NOT_YET_US
    finished: int = NOT_YET_US
    ready: int = NOT_YET_US
    assigned: int = NOT_YET_US
    courier: int = -1
    arrived: int = NOT_YET_US
    picked_up: int = NOT_YET_US
    ended: int = NOT_YET_US
    left: int = 0
    near: set[int] = field(default_factory=set)


class SimPySite:
    """A site that SimPy runs; `orders` and `steps` (started, station) are the outcome."""

    def __init__(
        self,
        capacity: Capacity,
        demand: Demand,
        changes: Sequence[tuple[int, int, int]],
        weather: Sequence[tuple[int, int]],
    ) -> None:
        self.capacity, self.demand, self.weather = capacity, demand, weather
        self.env = simpy.Environment()
        self.n_kitchens, self.n_types = capacity.stations.shape
        self.pools, first = [], 0
        for size in capacity.stations.ravel().tolist():
            self.pools.append(Pool(first, set(range(first, first + size))))
            first += size
        self.on_duty = len(capacity.paces)
        self.back = [0] * self.on_duty
        self.carries: list[int | None] = [None] * self.on_duty
        self.idle = set(range(self.on_duty))
        self.is_open = [True] * self.n_kitchens
        self.free_from = [0] * capacity.n_customers
        self.waiting: list[tuple[int, int]] = []
        self.orders = [Order() for _ in demand.created_us]
        self.steps = [(NOT_YET_US, -1)] * len(demand.step_type)
        for number, (time, target, value) in enumerate(sorted(changes)):
            self.at(time, CAPACITY, number, partial(self.change, target, value))
        for order, time in enumerate(demand.created_us.tolist()):
            self.at(time, ARRIVAL, order, partial(self.arrive, order))

    def at(self, time: int, kind: int, number: int, happens: Callable[[], None]) -> None:
        event = self.env.event()
        event.callbacks.append(lambda _: happens())
        self.schedule(event, time, kind, number)

    def schedule(self, event: simpy.Event, time: int, kind: int, number: int) -> None:
        """Let an event come at a time, after those of the same time with a smaller kind or number."""
        event._ok, event._value = True, None
        self.env.schedule(event, kind * KIND + number, time - self.env.now)

    def change(self, target: int, value: int) -> None:
        if target > len(self.pools):
            self.is_open[target - len(self.pools) - 1] = bool(value)
        elif target == len(self.pools):
            before, self.on_duty = self.on_duty, value
            self.idle = {courier for courier in self.idle if courier < value}
            for courier in range(before, value):
                if self.carries[courier] is None:
                    self.release(courier)
        else:
            pool = self.pools[target]
            worked = pool.working
            pool.working = {pool.first + bit for bit in range(62) if value >> bit & 1}
            for station in sorted(pool.working - worked - pool.busy):
                self.serve(pool, station)

    def serve(self, pool: Pool, station: int) -> None:
        if pool.queue:
            self.start(pool, station, *pool.queue.popleft())

    def arrive(self, order: int) -> None:
        demand, mine = self.demand, self.orders[order]
        if self.free_from:
            customer = int(demand.customer[order])
            if self.free_from[customer] > self.env.now:
                mine.state = "dropped"
                return
            self.free_from[customer] = 2**62
        lines = range(demand.line_start[order], demand.line_start[order + 1])
        if not any(self.is_open):
            self.end(order, "cancelled", self.env.now, self.env.now)
            return
        mine.state, mine.left = "open", len(lines)
        for i, line in enumerate(lines):
            wanted = [(int(demand.number[order]) + i + k) % self.n_kitchens for k in range(self.n_kitchens)]
            kitchen = next(k for k in wanted if self.is_open[k])
            self.env.process(self.cook(order, line, kitchen))

    def cook(self, order: int, line: int, kitchen: int) -> Generator[simpy.Event, None, None]:
        """Make a line: each step waits for a station of its pool."""
        demand, mine = self.demand, self.orders[order]
        for step in range(demand.step_start[line], demand.step_start[line + 1]):
            pool, ended = self.pools[kitchen * self.n_types + int(demand.step_type[step])], self.env.event()
            free = pool.working - pool.busy
            if free:
                self.start(pool, min(free), order, line, step, ended)
            else:
                pool.queue.append((order, line, step, ended))
            yield ended
            station = self.steps[step][1]
            pool.busy.discard(station)
            if station in pool.working:
                self.serve(pool, station)
        mine.left -= 1
        if mine.left == 0:
            mine.finished = self.env.now
            mine.ready = self.env.now + int(demand.packing_us[order])
            if demand.ride_out[order] < 0:
                self.end(order, "failed", mine.ready, mine.ready)
            elif mine.courier >= 0:
                self.depart(order)
        self.come_near(order, line)

    def start(self, pool: Pool, station: int, order: int, line: int, step: int, ended: simpy.Event) -> None:
        demand, now = self.demand, self.env.now
        pool.busy.add(station)
        self.steps[step] = (now, station)
        if self.orders[order].started == NOT_YET_US:
            self.orders[order].started = now
        self.schedule(ended, now + int(demand.duration_us[step]), STEP_END, station)
        if demand.expected_us[step : demand.step_start[line + 1]].sum() <= self.capacity.lead_us:
            self.come_near(order, line)

    def come_near(self, order: int, line: int) -> None:
        """Note that a line ends soon; with the last of its lines, the order calls a courier."""
        mine = self.orders[order]
        if line in mine.near:
            return
        mine.near.add(line)
        first, end = self.demand.line_start[order], self.demand.line_start[order + 1]
        if len(mine.near) < end - first or self.demand.ride_out[order] < 0:
            return
        if self.idle:
            courier = min(self.idle, key=lambda c: (max(self.back[c], self.env.now), c))
            self.idle.remove(courier)
            self.assign(order, courier)
        else:
            first = int(self.demand.ride_out[order]) if self.capacity.nearest_first else self.env.now
            heapq.heappush(self.waiting, (first, order))

    def assign(self, order: int, courier: int) -> None:
        mine, self.carries[courier] = self.orders[order], order
        mine.assigned, mine.courier = self.env.now, courier
        mine.arrived = max(self.back[courier], self.env.now)
        if mine.ready != NOT_YET_US:
            self.depart(order)

    def depart(self, order: int) -> None:
        mine = self.orders[order]
        mine.picked_up = max(mine.ready, mine.arrived)
        arrives = mine.picked_up + self.ride(mine.picked_up, int(self.demand.ride_out[order]), mine.courier)
        self.at(arrives, DELIVERY, mine.courier, partial(self.deliver, order, mine.courier))

    def ride(self, leaves: int, length: int, courier: int) -> int:
        permille = [1000, *(share for since, share in self.weather if since <= leaves)][-1]
        return length * int(self.capacity.paces[courier]) * permille // 1000

    def deliver(self, order: int, courier: int) -> None:
        now = self.env.now
        self.end(order, "delivered", now, now + self.capacity.eating_us)
        self.carries[courier] = None
        self.back[courier] = now + self.ride(now, int(self.demand.ride_back[order]), courier)
        if courier < self.on_duty:
            self.release(courier)

    def release(self, courier: int) -> None:
        if self.waiting:
            self.assign(heapq.heappop(self.waiting)[1], courier)
        else:
            self.idle.add(courier)

    def end(self, order: int, state: str, time: int, free_from: int) -> None:
        self.orders[order].state, self.orders[order].ended = state, time
        if self.free_from:
            self.free_from[int(self.demand.customer[order])] = free_from
