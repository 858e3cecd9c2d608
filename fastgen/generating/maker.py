"""Make the events of location-days in bounded memory: some small days at once, a large day in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.events.buffers import EventBuffers, route_arrays
from fastgen.model.day_orders import DayOrders
from fastgen.model.order_source import OrderRange
from fastgen.orders.kernels.order_ids import write_order_ids

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastgen.generating.simulation import Simulation, Span

# Days are made together up to so many events, a larger day alone, and one much larger in parts: that is what
# a worker holds in memory, at any scale.
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


class EventMaker:
    """Makes events of one simulation, chunk after chunk, in the same memory.

    Parameters
    ----------
    simulation
        What decides them.

    Attributes
    ----------
    buffers
        The chunk at hand: orders, and the rows of those that have been expanded.
    """

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self.buffers = EventBuffers()
        self._orders = DayOrders.empty(0, 1)
        self._routes = {key: route_arrays(table) for key, table in simulation.tables.items()}

    def free(self) -> None:
        """Let go of the memory of the rows."""
        self.buffers = EventBuffers()

    def chunks(self, span: Span) -> Iterator[list[DayPart]]:
        """Make the orders of a span, chunk by chunk; whoever takes a chunk expands it.

        Yields
        ------
        list of DayPart
            What is in the chunk; `buffers` holds its orders until the next one.
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
            simulation.scenario.driver.ping_interval_s,
        )
        n_orders, parts, at = simulation.source.n_orders[location_id], list[DayPart](), 0
        for day, _, n, _ in ranges:
            parts.append(DayPart(day, at, at + n, is_whole=n == n_orders[day]))
            at += n
        return parts

    def _cut(self, span: Span) -> Iterator[list[OrderRange]]:
        """Cut a span into what is made at once: some days, or a part of one large day."""
        n_orders = self._simulation.source.n_orders[span.location_id]
        first_index = self._simulation.source.first_index[span.location_id]
        events_per_order = self._simulation.tables[span.location_id].events_per_order
        at_once = max(1, int(CHUNK_EVENTS / events_per_order))
        chunk, filled = list[OrderRange](), 0
        for day in range(span.first_day, span.last_day + 1):
            n, index = int(n_orders[day]), int(first_index[day])
            if chunk and filled + n > at_once:
                yield chunk
                chunk, filled = [], 0
            if n * events_per_order > WHOLE_DAY_EVENTS:
                for rank in range(0, n, at_once):
                    yield [OrderRange(day, rank, min(at_once, n - rank), index + rank)]
            else:
                chunk.append(OrderRange(day, 0, n, index))
                filled += n
        if chunk:
            yield chunk

    def _fill(self, location_id: int, ranges: list[OrderRange]) -> DayOrders:
        simulation, source = self._simulation, self._simulation.source
        total = sum(one.n_orders for one in ranges)
        if len(self._orders.draw) < total or self._orders.line_item.size < total * source.lines_max:
            self._orders = DayOrders.empty(total * 5 // 4, source.lines_max)
        orders = self._orders.section(0, total)
        source.fill(location_id, ranges, simulation.tables[location_id], orders)
        _, _, n_orders, first_index = np.array(ranges, np.int64).reshape(-1, 4).T
        shift = first_index - (n_orders.cumsum() - n_orders)
        write_order_ids(simulation.order_ids, np.arange(total) + np.repeat(shift, n_orders), orders.id_view)
        return orders
