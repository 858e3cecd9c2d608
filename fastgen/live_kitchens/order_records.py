"""Define a record of the journal of orders, and check one that was read."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastgen.events.schema import ID_MAX
from fastgen.live_kitchens.order import MAX_ITEMS, MAX_QTY
from fastgen.live_kitchens.order_reading import DONE, Position
from fastgen.live_kitchens.outside_order import AcceptedOrder
from fastgen.replaying.clock import YEAR_10000_US
from fastgen.units import US_PER_DAY, US_PER_S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastgen.generating.simulation import Simulation


@dataclass
class Record:
    """What was made of some lines of an input.

    Attributes
    ----------
    accepted_us
        Unix microsecond, by the kitchens' clock, at which they were taken.
    orders
        The orders: of each the hash of the sender's own id or None, and the fields of an `AcceptedOrder`.
    receipts, rejected
        Objects for the two files.
    positions
        How far files are taken, by name: the fields of a `Position`.
    ends
        For the receipts and the rejected lines, if there are any: the file's name and the length that it had
        before.
    """

    accepted_us: int
    orders: list[list[Any]] = field(default_factory=list)
    receipts: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    positions: dict[str, list[int]] = field(default_factory=dict)
    ends: dict[str, tuple[str, int]] = field(default_factory=dict)

    def accepted(self) -> list[tuple[str | None, AcceptedOrder]]:
        """Give the orders, each with the hash of the sender's own id."""
        return [(client, AcceptedOrder(*fields)) for client, *fields in self.orders]

    def places(self) -> dict[str, Position]:
        """Give how far files are taken, by name."""
        return {
            name: Position(offset, number, *map(bool, flags))
            for name, (offset, number, *flags) in self.positions.items()
        }


def make_record_of_orders(raw: dict[str, Any]) -> Record:
    """Make a record from a JSON object.

    Raises
    ------
    ValueError, TypeError, AttributeError
        If it is none that a run writes.
    """
    record = Record(**raw)
    files = [name for name, _ in record.ends.values()]
    numbers = [n for at in record.positions.values() for n in at]
    numbers += [n for _, n in record.ends.values()]
    _expect(_is_whole(record.accepted_us, YEAR_10000_US))
    # Of a null byte or a wrong surrogate, opening the file would be no error of the system.
    _expect(all(Path(name).is_absolute() and b"\0" not in os.fsencode(name) for name in files))
    _expect(all(isinstance(n, int) and DONE <= n < 2**63 for n in numbers))
    record.places()  # made, and so checked
    _expect(isinstance(record.receipts, list) and isinstance(record.rejected, list))
    _expect(all(isinstance(one, dict) for one in (*record.receipts, *record.rejected)))
    for client, order in record.accepted():
        _expect(client is None or isinstance(client, str))
        _check(order)
    return record


def _check(order: AcceptedOrder) -> None:
    """Check the types of an order; `fits` checks its numbers."""
    _expect(_is_whole(order.kitchen) and _is_whole(order.created_us, YEAR_10000_US))
    _expect(isinstance(order.order_id, str) and len(order.order_id.encode("ascii")) == ID_MAX)
    _expect(order.customer is None or _is_whole(order.customer))
    _expect(order.address is None or bool(order.address.encode()))
    if order.items is not None:
        _expect(1 <= len(order.items) <= MAX_ITEMS)
        _expect(all(_is_whole(row) and _is_whole(qty, MAX_QTY + 1) and qty for row, qty in order.items))


def fits(order: AcceptedOrder, simulations: Mapping[int, Simulation]) -> bool:
    """Say whether an order of the journal is one of these kitchens, whose roads may be others since."""
    simulation = simulations.get(order.kitchen)
    if simulation is None:
        return False
    (table,) = simulation.tables.values()
    items = order.items or ()
    # An order may be of the day before the first one.
    first_us = simulation.epoch_s * US_PER_S - US_PER_DAY
    end_us = first_us + (simulation.scenario.days + 1) * US_PER_DAY
    return (
        first_us <= order.created_us < end_us
        and (order.customer is None or order.customer < table.n_customers)
        and all(row < len(simulation.dims.items.id) for row, _ in items)
    )


def _is_whole(value: object, end: int = 2**63) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < end


def _expect(is_so: bool) -> None:  # noqa: FBT001  # the condition itself
    if not is_so:
        raise ValueError
