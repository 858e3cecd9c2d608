"""Make the events of orders as Arrow tables that every reader of Arrow can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from fastgen.generating.frames import to_arrow
from fastgen.generating.maker import EventMaker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fastgen.events.buffers import EventBuffers
    from fastgen.events.schema import TableForm
    from fastgen.generating.simulation import Simulation
    from fastgen.model.order_source import OrderRange


def make_tables(
    simulation: Simulation, location_id: int, ranges: Iterable[OrderRange], columns: Sequence[str]
) -> Iterator[pa.Table]:
    """Make the events of some ranges of orders, one table for each range.

    Parameters
    ----------
    simulation
        What decides the events.
    location_id
        Location of the orders.
    ranges
        The orders.
    columns
        Names of the columns, in the order of the table.
    """
    maker = EventMaker(simulation)
    for some in ranges:
        maker.begin(location_id, [some])
        maker.buffers.expand(0, some.n_orders)
        table = to_table(maker.buffers, location_id, simulation.table_form, columns)
        maker.free()  # its memory is the table's now
        yield table


def to_table(buffers: EventBuffers, location_id: int, form: TableForm, columns: Sequence[str]) -> pa.Table:
    """Give all rows that are expanded as a table; parameters as `make_tables` and `frames.to_arrow`."""
    table = to_arrow(buffers, location_id, form, columns)
    plain = pa.schema([field.with_type(_plain(field.type)) for field in table.schema])
    return table.cast(plain).select(list(columns))


def _plain(kind: pa.DataType) -> pa.DataType:
    """Replace string views, which many functions and writers of Arrow lack."""
    return pa.large_string() if kind == pa.string_view() else kind
