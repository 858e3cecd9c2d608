"""Make the rows of accepted orders: what they don't say is drawn, and the usual kernels expand them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fastgen.dataset.event_part import MADE_COLUMNS
from fastgen.events.buffers import EventBuffers, route_arrays
from fastgen.events.kernels.expand import FIRST_ROW, ItemTexts
from fastgen.events.schema import COLUMNS, ID_MAX
from fastgen.generating.tables import to_table
from fastgen.live_kitchens.order import MAX_ITEMS
from fastgen.live_kitchens.pending import TimedRows, sort_rows
from fastgen.model.day_orders import DayOrders
from fastgen.model.order_source import CompletesOrders
from fastgen.units import US_PER_DAY, US_PER_S
from fastgen.wire.row_groups import rows_of_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastgen.generating.simulation import Simulation
    from fastgen.wire.form import WireForm

# `rows_of_table` puts in the kitchen's number as location_id.
_COLUMNS = (*(column.name for column in COLUMNS if column.name != "location_id"), *MADE_COLUMNS)
_TENS = 10


class AcceptedOrder(NamedTuple):
    """An order that is checked and has its id, as the journal keeps it.

    Attributes
    ----------
    kitchen
        Number of the kitchen.
    order_id
        Stored order id, of `ID_MAX` characters.
    created_us
        When it was made, Unix microseconds by the kitchens' clock.
    customer
        Index of the customer in the route table; None: drawn.
    address
        The customer's address; None: made of the street's name.
    items
        Row of the items table and quantity of each item; None: drawn.
    """

    kitchen: int
    order_id: str
    created_us: int
    customer: int | None
    address: str | None
    items: Sequence[tuple[int, int]] | None


class OrderMaker:
    """Makes the rows of accepted orders of one kitchen.

    Parameters
    ----------
    simulation
        The kitchen's simulation.
    number
        Number of the kitchen: its location_id on the wire.
    form
        How its rows look on the wire.
    """

    def __init__(self, simulation: Simulation, number: int, form: WireForm) -> None:
        scenario = simulation.scenario
        (place,) = scenario.locations
        if not isinstance(simulation.source, CompletesOrders):
            raise TypeError("Expected a source that completes orders, as that of a config does.")
        self._simulation, self._number, self._days = simulation, number, scenario.days
        self._form = form
        self._source, self._location_id = simulation.source, place.location_id
        self._table = simulation.tables[place.location_id]
        self._routes = route_arrays(self._table)
        self._ping_interval_s = scenario.driver_of(place).ping_interval_s

    def make(self, accepted: Sequence[AcceptedOrder], moments_us: NDArray[np.int64]) -> TimedRows:
        """Make the rows of some orders, each emitted at its time, but not before a moment.

        Parameters
        ----------
        accepted
            The orders.
        moments_us
            int64 (n_orders,), Unix microsecond at which each was accepted.
        """
        simulation = self._simulation
        orders, texts = self._fill_in(accepted)
        buffers = EventBuffers()
        buffers.begin(orders, self._routes, texts, simulation.epoch_s, self._ping_interval_s)
        buffers.expand(0, len(accepted))
        table = to_table(buffers, self._location_id, simulation.table_form, _COLUMNS)
        starts = buffers.events.start[: len(accepted) + 1, FIRST_ROW]
        if any(order.address is not None for order in accepted):
            table = _with_addresses(table, accepted, starts)
        rows = rows_of_table(table, self._number, micros=True)
        # An order that names an earlier time has rows that are past already: they go out when it is accepted.
        moments_us = np.maximum(self._form.times_us(rows.ints), np.repeat(moments_us, np.diff(starts)))
        return sort_rows(rows, moments_us, self._form)

    def _fill_in(self, accepted: Sequence[AcceptedOrder]) -> tuple[DayOrders, ItemTexts]:
        """Draw the orders, and put in what they say."""
        simulation, n = self._simulation, len(accepted)
        orders = DayOrders.empty(n, max(MAX_ITEMS, simulation.source.lines_max))
        orders.times_us[:, 0] = [one.created_us - simulation.epoch_s * US_PER_S for one in accepted]
        self._source.complete(
            self._location_id,
            self._table,
            # Brands have no popularity outside of the scenario's days: there, its first or last day counts.
            np.clip(orders.times_us[:, 0] // US_PER_DAY, 0, self._days - 1),
            np.array([_hash_32(one.order_id) for one in accepted], np.int64),
            orders,
        )
        orders.id_view[:] = _id_views(accepted)
        drawn_at, drawn = orders.line_start.tolist(), (orders.line_item.tolist(), orders.line_qty.tolist())
        lines = list[tuple[int, int]]()
        for i, one in enumerate(accepted):
            if one.customer is not None:
                orders.customer[i] = one.customer
            own = slice(drawn_at[i], drawn_at[i + 1])
            # Its own basket replaces the one drawn; the other draws don't depend on it.
            lines += one.items or zip(drawn[0][own], drawn[1][own], strict=True)
            orders.line_start[i + 1] = len(lines)
        return orders, self._put_lines(lines, orders)

    def _put_lines(self, lines: Sequence[tuple[int, int]], orders: DayOrders) -> ItemTexts:
        """Put lines into the orders; return the texts of items that their lines refer to.

        The kernel writes the last digit of a quantity. The digit before it is part of the item's text.
        """
        kinds: dict[tuple[int, int], int] = {}
        for at, (item, qty) in enumerate(lines):
            orders.line_item[at] = kinds.setdefault((item, qty // _TENS), len(kinds))
            orders.line_qty[at] = qty % _TENS
        start, text = self._simulation.items
        texts = [
            text[start[item] : start[item + 1]].tobytes() + (str(tens).encode() if tens else b"")
            for item, tens in kinds
        ]
        starts = np.concatenate([[0], np.cumsum([len(one) for one in texts])]).astype(np.int64)
        return ItemTexts(starts, np.frombuffer(b"".join(texts), np.uint8))


def _hash_32(order_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(order_id.encode(), digest_size=4).digest())


def _id_views(accepted: Sequence[AcceptedOrder]) -> NDArray[np.int64]:
    """Write order ids as Arrow string views: the length in 4 bytes, then up to 12 characters."""
    length = ID_MAX.to_bytes(4, "little")
    views = b"".join(length + one.order_id.encode().ljust(12, b"\0") for one in accepted)
    return np.frombuffer(views, np.int64).reshape(-1, 2)


def _with_addresses(
    table: pa.Table, accepted: Sequence[AcceptedOrder], starts: NDArray[np.int64]
) -> pa.Table:
    """Put in the addresses that orders say: each order's first row has it."""
    given: list[str | None] = [None] * table.num_rows
    for first, one in zip(starts.tolist(), accepted, strict=False):
        given[first] = one.address
    at = table.column_names.index("customer_addr")
    texts = pc.coalesce(pa.chunked_array([pa.array(given, pa.large_string())]), table.column(at))
    return table.set_column(at, "customer_addr", texts)
