"""Make the events of location-days in bounded memory: several small days at once, a large day in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.events.buffers import EventBuffers, route_arrays
from fastgen.kernels.order_ids import write_order_ids
from fastgen.model.day_orders import DayOrders
from fastgen.model.order_source import OrderRange
from fastgen.units import US_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastgen.generating.simulation import Simulation, Span

# A chunk has days of at most CHUNK_EVENTS events together, or one larger day. A day of more than
# WHOLE_DAY_EVENTS is cut into chunks of its own. Both limits bound the memory of a process at any scale: the
# rows of a chunk take about 100 bytes an event.
CHUNK_EVENTS = 350_000
WHOLE_DAY_EVENTS = 700_000


class DayPart(NamedTuple):
    """The orders of one day in a chunk.

    Attributes
    ----------
    day
        Day number.
    first, last
        Its orders are the chunk's first..last-1.
    is_whole
        Whether these are all orders of the day.
    """

    day: int
    first: int
    last: int
    is_whole: bool


def whole_day(simulation: Simulation, location_id: int, day: int) -> OrderRange:
    """Return the range of all orders of a location-day."""
    source = simulation.source
    n_orders, index = int(source.n_orders[location_id][day]), int(source.first_index[location_id][day])
    return OrderRange(day, 0, n_orders, index)


def cut_day(simulation: Simulation, location_id: int, day: int, n_events: int) -> list[OrderRange]:
    """Cut the orders of a location-day into ranges of about `n_events` events, in the order of creation."""
    _, _, n_orders, index = whole_day(simulation, location_id, day)
    at_once = max(1, int(n_events / simulation.tables[location_id].events_per_order))
    return [
        OrderRange(day, rank, min(at_once, n_orders - rank), index + rank)
        for rank in range(0, n_orders, at_once)
    ]


class EventMaker:
    """Makes events of one simulation, chunk after chunk, in the same memory.

    Parameters
    ----------
    simulation
        What decides them.

    Attributes
    ----------
    buffers
        The present chunk: its orders, and the rows of those that have been expanded.
    """

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self.buffers = EventBuffers()
        self._orders = DayOrders.empty(0, 1, with_endings=simulation.source.may_end_early)
        self._routes = {key: route_arrays(table) for key, table in simulation.tables.items()}
        places = simulation.scenario.locations
        self._ping_interval_s = {
            place.location_id: simulation.scenario.driver_of(place).ping_interval_s for place in places
        }

    def free(self) -> None:
        """Release the memory of the rows; arrays and tables that share it keep it alive."""
        self.buffers = EventBuffers()

    def chunks(self, span: Span) -> Iterator[list[DayPart]]:
        """Make the orders of a span, chunk by chunk. The caller expands them to rows: `buffers.expand`.

        Yields
        ------
        list of DayPart
            Contents of the chunk; its orders are in `buffers` until the next chunk is made.
        """
        for ranges in self._cut(span):
            yield self.begin(span.location_id, ranges)

    def begin(self, location_id: int, ranges: list[OrderRange]) -> list[DayPart]:
        """Make the orders of some ranges, and room for their rows."""
        simulation = self._simulation
        orders = self._fill(location_id, ranges)
        self.buffers.begin(
            orders,
            self._routes[location_id],
            simulation.items,
            simulation.epoch_s,
            self._ping_interval_s[location_id],
        )
        n_orders, parts, at = simulation.source.n_orders[location_id], list[DayPart](), 0
        for day, _, n, _ in ranges:
            parts.append(DayPart(day, at, at + n, is_whole=n == n_orders[day]))
            at += n
        return parts

    def find_seconds(self, location_id: int, some: OrderRange) -> tuple[int, int]:
        """Find the first and the last second of the events of some orders, without making the events.

        Drawing orders takes a sixth of the time of making their events. Of orders that may end early, only
        the events themselves say which is the last.

        Returns
        -------
        tuple of int
            Unix seconds of the first event and of the last one.
        """
        if self._simulation.source.may_end_early:
            self.begin(location_id, [some])
            self.buffers.expand(0, some.n_orders)
            ts = self.buffers.events.ts_seconds[: self.buffers.count_rows(some.n_orders)]
            return int(ts.min()), int(ts.max())
        orders, routes = self._fill(location_id, [some]), self._routes[location_id]
        # The last event of an order is its delivery: pings end before it.
        delivered_us = orders.times_us[:, -1] + routes.drive_us[orders.customer]
        ends_us = int(orders.times_us.min()), int(delivered_us.max())
        first_s, last_s = (self._simulation.epoch_s + us // US_PER_S for us in ends_us)
        return first_s, last_s

    def _cut(self, span: Span) -> Iterator[list[OrderRange]]:
        """Cut a span into what is made at once: some days, or a range of one large day."""
        simulation, location_id = self._simulation, span.location_id
        events_per_order = simulation.tables[location_id].events_per_order
        at_once = max(1, int(CHUNK_EVENTS / events_per_order))
        chunk, filled = list[OrderRange](), 0
        for day in range(span.first_day, span.last_day + 1):
            whole = whole_day(simulation, location_id, day)
            if chunk and filled + whole.n_orders > at_once:
                yield chunk
                chunk, filled = [], 0
            if whole.n_orders * events_per_order > WHOLE_DAY_EVENTS:
                yield from ([some] for some in cut_day(simulation, location_id, day, CHUNK_EVENTS))
            else:
                chunk.append(whole)
                filled += whole.n_orders
        if chunk:
            yield chunk

    def _fill(self, location_id: int, ranges: list[OrderRange]) -> DayOrders:
        simulation, source = self._simulation, self._simulation.source
        total = sum(one.n_orders for one in ranges)
        if len(self._orders.draw) < total or self._orders.line_item.size < total * source.lines_max:
            # A quarter more, so that a chunk that is a little larger needs no new memory.
            self._orders = DayOrders.empty(
                total * 5 // 4, source.lines_max, with_endings=source.may_end_early
            )
        orders = self._orders.section(0, total)
        source.fill(location_id, ranges, simulation.tables[location_id], orders)
        _, _, n_orders, first_index = np.array(ranges, np.int64).reshape(-1, 4).T
        # The ranges follow one another in the arrays, but not in the indices of the location's orders.
        shift = first_index - (n_orders.cumsum() - n_orders)
        write_order_ids(simulation.order_ids, np.arange(total) + np.repeat(shift, n_orders), orders.id_view)
        return orders
