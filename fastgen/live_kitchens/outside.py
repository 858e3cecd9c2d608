"""Take orders from outside: read their lines, check them, keep them in the journal, and make their rows."""

from __future__ import annotations

import base64
import hashlib
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from fastgen.errors import ScenarioError
from fastgen.files import check_file
from fastgen.live_kitchens.order import read_order
from fastgen.live_kitchens.order_checks import OrderChecker
from fastgen.live_kitchens.order_inputs import check_inputs, open_inputs
from fastgen.live_kitchens.order_journal import OrderJournal
from fastgen.live_kitchens.order_lines import reason_of
from fastgen.live_kitchens.order_records import Record, fits
from fastgen.live_kitchens.outside_order import AcceptedOrder, OrderMaker
from fastgen.live_kitchens.pending import PendingRows
from fastgen.units import US_PER_S
from fastgen.wire.plain import make_order_uuid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fastgen.generating.simulation import Simulation
    from fastgen.live_kitchens.options import LiveOptions
    from fastgen.live_kitchens.order_lines import Line
    from fastgen.live_kitchens.order_reading import OrderInput, Positions, Reading
    from fastgen.live_kitchens.run_files import RunFiles
    from fastgen.live_kitchens.state import LiveState
    from fastgen.wire.form import Place, WireForm

# Lines wait in their file or pipe while so many rows, of some 20,000 orders, wait for their time.
_MAX_ROWS = 500_000
# Orders whose rows are made at once when a journal is read.
_ORDERS_AT_ONCE = 2000
_ID_BYTES, _CLIENT_BYTES = 6, 16


class OutsideOrders:
    """The orders that a run takes from outside, now and in earlier runs.

    Parameters
    ----------
    simulations, places
        The kitchens, by number.
    form
        How their rows look on the wire.
    options
        The options of the run.
    files
        The files that the run keeps for itself.
    announce
        Called with a line when something of an input is rejected, once an input.

    Raises
    ------
    ScenarioError
        If an option names no possible file or folder.

    Attributes
    ----------
    pending
        Rows that are not emitted yet, or that faults may hold back.
    """

    def __init__(
        self,
        simulations: Mapping[int, Simulation],
        places: Mapping[int, Place],
        form: WireForm,
        options: LiveOptions,
        files: RunFiles,
        announce: Callable[[str], None],
    ) -> None:
        self._simulations, self._places, self._form = simulations, places, form
        self._files, self._announce = files, announce
        self._paths = check_inputs(options.orders, options.orders_from)
        receipts = None if options.receipts is None else check_file(options.receipts, "receipts")
        self._journal = OrderJournal(files.journal, files.rejected, receipts)
        # Kitchen and order id of each of the clients' own ids, and all order ids.
        self._known: dict[str, tuple[int, str]] = {}
        self._order_ids = set[str]()
        self._makers: dict[int, OrderMaker] = {}
        self._inputs: list[OrderInput] = []
        # Inputs of which something was rejected in this run.
        self._named = set[str]()
        self._was_full = False
        self.pending = PendingRows(form)
        self._max_delay_us = 0

    @property
    def takes_orders(self) -> bool:
        """Whether orders may come in."""
        return bool(self._inputs)

    @property
    def n_bytes(self) -> int:
        """Length of the journal."""
        return self._journal.n_bytes

    @cached_property
    def _checker(self) -> OrderChecker:
        return OrderChecker(self._simulations, self._places)

    def open(self, state: LiveState | None, longest_s: int, max_delay_s: int) -> None:
        """Read the journal, and open the inputs.

        Parameters
        ----------
        state
            State of the run; None: it begins.
        longest_s
            Most seconds from an order's creation to its last event.
        max_delay_s
            Most seconds by which faults emit a row late: rows are kept as long, since those that faults hold
            back are found by them after a restart.

        Raises
        ------
        FastgenError
            If journal or inputs can't be read, or there is a journal without a state.
        """
        self._max_delay_us = max_delay_s * US_PER_S
        known_bytes, from_us = 0, 0
        if state is not None:
            known_bytes, from_us = state.orders_bytes, state.watermark_us - self._max_delay_us
        if state is None:
            self._journal.check_new(self._files.state)
        positions: Positions = {}
        orders = list[tuple[AcceptedOrder, int]]()
        for record in self._journal.open(known_bytes):
            positions |= record.places()
            for client, order in record.accepted():
                if not fits(order, self._simulations):
                    raise self._journal.damage("got an order of other kitchens or roads")
                self._remember(client, order)
                # Orders that are over cost no memory, however long the journal is.
                last_us = max(order.created_us, record.accepted_us) + longest_s * US_PER_S
                if last_us >= from_us:
                    orders.append((order, record.accepted_us))
        for first in range(0, len(orders), _ORDERS_AT_ONCE):
            self._make_rows(orders[first : first + _ORDERS_AT_ONCE])
            self.pending.drop(from_us)
        self._inputs = open_inputs(self._paths, positions)

    def drop(self, watermark_us: int) -> None:
        """Drop the rows that are emitted up to a Unix microsecond, and that no fault holds back."""
        self.pending.drop(watermark_us - self._max_delay_us)

    def take(self, now_us: int, real_us: int) -> bool:
        """Take some lines that are there.

        Parameters
        ----------
        now_us, real_us
            The present, Unix microseconds by the kitchens' clock and by the system's.

        Returns
        -------
        bool
            Whether something was read: there may be more then.

        Raises
        ------
        FastgenError
            If an input can't be read, or a file can't be written to.
        """
        if self.pending.n_rows > _MAX_ROWS:
            self._announce_full()
            return False
        reading = self._read(real_us)
        if reading is None:
            return False
        record = Record(now_us)
        record.positions = {name: list(at) for name, at in reading.positions.items()}
        if reading.refusal is not None:
            refused = {"file": _plain(reading.source), "line": None, "reason": reading.refusal, "text": None}
            record.rejected.append(refused)
        orders = [self._take_line(line, reading, record) for line in reading.lines]
        accepted = [(order, now_us) for order in orders if order is not None]
        if record.receipts or record.rejected or record.positions:
            self._journal.commit(record)
            self._announce_rejected(reading.source, record)
        # Rows follow the journal: what could be emitted must survive a kill.
        self._make_rows(accepted)
        return True

    def _read(self, real_us: int) -> Reading | None:
        """Read from the inputs in turn, so that none waits for the end of another."""
        for _ in range(len(self._inputs)):
            self._inputs.append(self._inputs.pop(0))
            reading = self._inputs[-1].read(real_us)
            if reading is not None:
                return reading
        return None

    def _take_line(self, line: Line, reading: Reading, record: Record) -> AcceptedOrder | None:
        """Check a line, and add to the record what becomes of it; return a new order."""
        where = {"file": _plain(reading.source), "line": line.number}
        try:
            order = read_order(line.data)
            client = None if order.id is None else _client_hash(order.id)
            kitchen, order_id = self._known.get(client or "", (0, ""))
            accepted = None
            if not order_id:
                accepted = self._checker.check(order, self._new_id(client), record.accepted_us)
        except ScenarioError as error:
            text = None if line.data is None else line.data.decode(errors="replace")
            record.rejected.append({**where, "reason": reason_of(error), "text": text})
            return None
        if accepted is not None:
            record.orders.append([client, *accepted])
            self._remember(client, accepted)
            kitchen, order_id = accepted.kitchen, accepted.order_id
        record.receipts.append(
            {
                "id": order.id,
                **where,
                "order_id": make_order_uuid(self._places[kitchen].key32, order_id),
                "status": "duplicate" if accepted is None else "accepted",
            }
        )
        return accepted

    def _announce_full(self) -> None:
        """Say once that lines wait; they are taken when enough rows have left."""
        if not self._was_full:
            self._was_full = True
            self._announce(
                f"orders: {self.pending.n_rows:,} rows of orders wait for their time, more than "
                f"{_MAX_ROWS:,}: further lines wait in their file, folder or pipe."
            )

    def _announce_rejected(self, source: str, record: Record) -> None:
        """Say that something of an input was rejected, unless it was said before."""
        if record.rejected and source not in self._named:
            self._named.add(source)
            one = record.rejected[0]
            where = source if one["line"] is None else f"{source}, line {one['line']}"
            # Lines may be many: all of them are in the file alone.
            self._announce(f"{where}: rejected: {one['reason']} See {self._files.rejected}.")

    def _remember(self, client: str | None, order: AcceptedOrder) -> None:
        self._order_ids.add(order.order_id)
        if client is not None:
            self._known[client] = (order.kitchen, order.order_id)

    def _new_id(self, client: str | None) -> str:
        """Make an order id of 8 characters; those of the kitchens' own orders have 6 or 7."""
        # The number of the order in the journal is the same after a restart.
        own = f"order {len(self._order_ids)}" if client is None else client
        for attempt in count():
            digest = hashlib.blake2b(f"{own} {attempt}".encode(), digest_size=_ID_BYTES).digest()
            order_id = base64.urlsafe_b64encode(digest).decode()
            if order_id not in self._order_ids:
                return order_id
        raise AssertionError

    def _make_rows(self, orders: Sequence[tuple[AcceptedOrder, int]]) -> None:
        """Make the rows of orders, each with the moment of its acceptance."""
        for kitchen in sorted({order.kitchen for order, _ in orders}):
            if kitchen not in self._makers:
                self._makers[kitchen] = OrderMaker(self._simulations[kitchen], kitchen, self._form)
            own, moments = zip(*(pair for pair in orders if pair[0].kitchen == kitchen), strict=True)
            self.pending.add(self._makers[kitchen].make(own, np.array(moments, np.int64)))


def _client_hash(own_id: str) -> str:
    return hashlib.blake2b(own_id.encode(), digest_size=_CLIENT_BYTES).hexdigest()


def _plain(name: str) -> str:
    """Write the name of a file, which may be no UTF-8, so that JSON readers take it."""
    return name.encode(errors="replace").decode()
