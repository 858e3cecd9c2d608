"""Encode parts of an expansion as row groups of an event file.

The encoder knows where the rows come from, which a writer of frames has to find out. So an id is stored once
for each order, a customer's position and route once for each customer, and the dictionary of ping_progress is
made in advance. The routes in a dictionary are in the order of the tree of shortest paths, and the baskets in
the order of their first lines. So each entry repeats most of the one before: they compress better and faster
than in order of appearance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.events.buffers import read_only
from fastgen.events.columns import (
    bounds_of,
    encode_ids,
    encode_location,
    encode_reasons,
    encode_seconds,
    encode_sequences,
    encode_types,
    indexed,
)
from fastgen.events.kernels.distinct_baskets import FREE, QTY_BITS, number_baskets
from fastgen.events.kernels.expand import FIRST_ADDR, FIRST_ITEMS, FIRST_PING, FIRST_ROW
from fastgen.events.schema import (
    CANCELLED,
    CREATED,
    DELIVERED,
    PICKED_UP,
    PING,
    stored_columns,
)
from fastgen.kernels.texts import copy_texts
from fastgen.parquet.encodings import (
    Encoding,
    pack_indices,
    pack_validity,
)
from fastgen.parquet.pages import Values
from fastgen.parquet.schema import Field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from fastgen.events.buffers import EventBuffers
    from fastgen.events.schema import TableForm
    from fastgen.model.day_orders import DayOrders
    from fastgen.model.route_table import RouteTable


def file_fields(form: TableForm, *, with_location: bool) -> tuple[Field, ...]:
    """Describe the columns of an event file to the Parquet encoder; parameters as `stored_columns`."""
    columns = stored_columns(form, with_location=with_location)
    return tuple(Field(column.name, column.kind, column.nullable) for column in columns)


N_PING_COLUMNS = 3
LENGTH_BYTES = 4  # before each text
LINE_KEY_BITS = 31  # two keys fit into 64 bits


class Validity(NamedTuple):
    """Definition levels of the nullable columns, by what sets them; counts of rows, orders, pings."""

    customer: bytes
    created: bytes
    picked_up: bytes
    ping: bytes
    n_rows: int
    n_orders: int
    n_pings: int


class GroupEncoder:
    """Encodes the row groups of one location.

    Parameters
    ----------
    table
        The location's routes.
    location_id
        Value of the column location_id; None: the file has no such column.
    """

    def __init__(self, table: RouteTable, location_id: int | None) -> None:
        self._table, self._location_id = table, location_id
        self._room = np.empty(0, np.uint8)
        # Few distinct values: looking them up takes half the time of np.unique's own inverse.
        self._progress = np.unique(table.ping_progress)
        self._progress_of = np.searchsorted(self._progress, table.ping_progress).astype(np.int32)

    def encode(self, expansion: EventBuffers, first: int, last: int) -> Iterator[Values]:
        """Encode the rows of orders first..last-1, at least one, in the order of `file_fields`.

        Each column is valid until the next one is requested: they share memory.
        """
        events = expansion.events
        starts = events.start[first : last + 1, FIRST_ROW]
        rows = slice(int(starts[0]), int(starts[-1]))
        kinds, n_orders = events.event_type_id[rows], last - first
        pings = slice(*events.start[[first, last], FIRST_PING].tolist())
        ping, orders = events.ping[pings], expansion.orders.section(first, last)
        may_end_early = orders.endings is not None
        # The last row of an order says how it ends.
        is_delivered = events.event_type_id[starts[1:] - 1] == DELIVERED
        picked_up = expansion.picked_up_customers(first, last)
        valid = _validity(kinds, n_orders, len(ping))
        yield encode_ids(expansion.orders.id_view[first:last], np.diff(starts))
        if self._location_id is not None:
            yield encode_location(self._location_id, valid.n_rows)
        yield encode_types(kinds, may_end_early=may_end_early)
        yield encode_seconds(events.ts_seconds[rows])
        yield encode_sequences(events.sequence[rows])
        yield from self._customers(orders.customer, is_delivered, valid)
        yield self._addresses(events.start[first : last + 1, FIRST_ADDR], events.addr_text, valid)
        yield self._baskets(orders, events.start[first : last + 1, FIRST_ITEMS], events.items_text, valid)
        yield self._routes(picked_up, valid)
        yield from self._pings(ping, valid)
        if may_end_early:
            yield encode_reasons(kinds == CANCELLED, expansion.reasons(first, last))

    def _take(self, n_bytes: int) -> NDArray[np.uint8]:
        """Return memory for one large body or dictionary, the same every time: new memory costs time."""
        if len(self._room) < n_bytes:
            self._room = np.empty(n_bytes * 5 // 4, np.uint8)
        return self._room[:n_bytes]

    def _addresses(self, start: NDArray[np.int64], text: NDArray[np.uint8], valid: Validity) -> Values:
        """Encode the addresses without a dictionary: hardly two are the same."""
        n_text = int(start[-1] - start[0]) + LENGTH_BYTES * valid.n_orders
        body = self._take(len(valid.created) + n_text)
        body[: len(valid.created)] = np.frombuffer(valid.created, np.uint8)
        every = np.arange(valid.n_orders)
        copy_texts(_contiguous(start), read_only(text), every, LENGTH_BYTES, body[len(valid.created) :])
        return Values(valid.n_rows, valid.n_rows - valid.n_orders, Encoding.PLAIN, body.data)

    def _baskets(
        self, orders: DayOrders, start: NDArray[np.int64], text: NDArray[np.uint8], valid: Validity
    ) -> Values:
        """Encode the items, with a dictionary of the distinct baskets."""
        first, index = _number_baskets(orders)
        entries = self._take(int((start[first + 1] - start[first]).sum()) + LENGTH_BYTES * len(first))
        copy_texts(_contiguous(start), read_only(text), first, LENGTH_BYTES, entries)
        body = valid.created + pack_indices(index, len(first))
        n_nulls = valid.n_rows - valid.n_orders
        return Values(valid.n_rows, n_nulls, Encoding.RLE_DICTIONARY, body, entries.data, len(first))

    def _customers(
        self, customer: NDArray[np.int32], is_delivered: NDArray[np.bool_], valid: Validity
    ) -> Iterator[Values]:
        """Encode the position on order_created and delivered, with a dictionary of the customers."""
        # Both positions of an order are those of its customer, so each index is repeated.
        distinct, index = _number(customer, np.arange(self._table.n_customers))
        index = np.repeat(index, 1 + is_delivered)
        body = valid.customer + pack_indices(index, len(distinct))
        n_nulls = valid.n_rows - len(index)
        for degrees in (self._table.lat, self._table.lon):
            entries = degrees[distinct]
            yield indexed(valid.n_rows, n_nulls, body, entries, bounds_of(entries))

    def _routes(self, customer: NDArray[np.int32], valid: Validity) -> Values:
        """Encode the routes, with a dictionary of those that occur."""
        table = self._table
        distinct, index = _number(customer, table.by_path)
        lengths = table.text_start[distinct + 1] - table.text_start[distinct]
        entries = self._take(int(lengths.sum()) + LENGTH_BYTES * len(distinct))
        copy_texts(table.text_start, table.text, distinct, LENGTH_BYTES, entries)
        body = valid.picked_up + pack_indices(index, len(distinct))
        n_nulls = valid.n_rows - len(customer)
        if not len(customer):
            return Values(valid.n_rows, n_nulls, Encoding.PLAIN, valid.picked_up)
        return Values(valid.n_rows, n_nulls, Encoding.RLE_DICTIONARY, body, entries.data, len(distinct))

    def _pings(self, ping: NDArray[np.int32], valid: Validity) -> Iterator[Values]:
        """Encode positions, and progress with a dictionary where each entry is used twice on average."""
        table, entries = self._table, self._progress
        plain = [table.ping_lat[ping], table.ping_lon[ping]]
        if 2 * len(entries) >= len(ping):
            plain.append(table.ping_progress[ping])
        n_nulls = valid.n_rows - valid.n_pings
        for values in plain:
            body = valid.ping + values.tobytes()
            yield Values(valid.n_rows, n_nulls, Encoding.PLAIN, body, bounds=bounds_of(values))
        if len(plain) < N_PING_COLUMNS:
            index = self._progress_of[ping]
            body = valid.ping + pack_indices(index, len(entries))
            yield indexed(valid.n_rows, n_nulls, body, entries, bounds_of(entries[index]))


def _validity(kinds: NDArray[np.int8], n_orders: int, n_pings: int) -> Validity:
    is_created = kinds == CREATED
    return Validity(
        pack_validity(is_created | (kinds == DELIVERED)),
        pack_validity(is_created),
        pack_validity(kinds == PICKED_UP),
        pack_validity(kinds == PING),
        len(kinds),
        n_orders,
        n_pings,
    )


def _number(
    customer: NDArray[np.int32], order: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """List the distinct customers in the given order, and return the list and each customer's place in it."""
    used = np.zeros(len(order), bool)
    used[customer] = True
    distinct = order[used[order]].astype(np.int64)
    place = np.empty(len(order), np.int32)
    place[distinct] = np.arange(len(distinct), dtype=np.int32)
    return distinct, place[customer]


def _contiguous(start: NDArray[np.int64]) -> NDArray[np.int64]:
    """Copy a column of starts, for Numba in the type of a route table's starts."""
    return read_only(np.ascontiguousarray(start))


def _number_baskets(orders: DayOrders) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """List one order of each distinct basket, similar ones together, and each order's place in the list."""
    n_orders = len(orders.draw)
    # More than twice as many slots as orders: few baskets meet in a slot.
    slots = np.full(2 << n_orders.bit_length(), FREE, np.int32)
    number, first = np.empty((2, n_orders), np.int32)
    n_distinct = number_baskets(orders.line_start, orders.line_item, orders.line_qty, slots, number, first)
    first = first[:n_distinct]
    at, end = orders.line_start[first], orders.line_start[first + 1]
    lines = [_line_key(orders, at), np.where(end > at + 1, _line_key(orders, np.minimum(at + 1, end - 1)), 0)]
    # By the first line, then by the second; 0 where there is none.
    by_lines = np.argsort(lines[0] << LINE_KEY_BITS | lines[1], kind="stable")
    place = np.empty(n_distinct, np.int32)
    place[by_lines] = np.arange(n_distinct, dtype=np.int32)
    return first[by_lines].astype(np.int64), place[number]


def _line_key(orders: DayOrders, line: NDArray[np.int64]) -> NDArray[np.int64]:
    """Make sortable keys of lines by item, then quantity; the last of very many items share a key."""
    item = np.minimum(orders.line_item[line], (1 << LINE_KEY_BITS - QTY_BITS) - 1).astype(np.int64)
    return item << QTY_BITS | orders.line_qty[line]
