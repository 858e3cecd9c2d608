"""Define the event types and the columns of the event table (docs/model.md, 5.1), for all other rooms.

Each library has one table from the kinds of columns to its own types: NumPy's is here, Arrow's in
`dataset.reading.arrow_types`, Polars' in `dataset.reading.scan`, Parquet's in `parquet.schema`, Spark's in
`spark.schema`.

What a column's values are is said once for each form of a row, by position or by name. Whoever adds a column
adds it there: `model.day_orders` and the source of orders (the value), `events.kernels` and `events.buffers`
(rows), `events.digest` (a new digest version), `events.row_group` and `events.columns` (Parquet pages),
`generating.frames` (Arrow and Polars), `wire.rows`, `wire.row_groups`, `wire.plain` and `wire.kernels.text`
(the wire), and `dataset.verify`. A field of a body is also in `wire.body_fields` and `wire.bulk`, and in the
schema that `.ci/write_schemas.py` writes.

Datasets of an older digest version lack a new column, and must go on being read. `TableForm` says what a
dataset has: today cancel_reason, only where orders may end early. `dataset.reading.event_file` and
`dataset.checksums` take the columns of digest version 1 for given.

Tests say it once more, plainly: second_program.py (draws), test_second_program.py (rows), events/rows.py (the
digest), wire/reference.py (the wire).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

EVENT_TYPES = (
    "order_created",
    "gk_started",
    "gk_finished",
    "gk_ready",
    "driver_arrived",
    "driver_picked_up",
    "driver_ping",
    "delivered",
    # Only in datasets whose orders may end early.
    "order_cancelled",
)

# The number that the column event_type_id has for each type; also their order within an order.
EVENT_TYPE_IDS = {name: number for number, name in enumerate(EVENT_TYPES, start=1)}
CREATED, STARTED, FINISHED, READY, ARRIVED, PICKED_UP, PING, DELIVERED, CANCELLED = EVENT_TYPE_IDS.values()
# How many of these types, the first ones, a dataset has whose orders are all delivered.
N_TYPES_DELIVERED = DELIVERED

# An order that is delivered has one row of each type but driver_ping, of which it has none or more.
N_BEFORE_PINGS = PING - CREATED

# Types of the column sequence; a dataset has the narrowest one that its longest order fits in.
SEQUENCE_KINDS = ("i8", "i16")
# Most pings of an order whose last sequence number, that of delivered, fits in 8 and in 16 bits.
MAX_PINGS_I8 = 127 - N_BEFORE_PINGS
MAX_PINGS_I16 = 32_767 - N_BEFORE_PINGS

# NumPy type of each kind of number; "str" columns are offsets and bytes.
NUMPY_TYPES: dict[str, np.dtype[Any]] = {
    "i8": np.dtype("i1"),
    "i16": np.dtype("<i2"),
    "i64": np.dtype("<i8"),
    "f32": np.dtype("<f4"),
}


class Column(NamedTuple):
    """One column of the event table.

    Attributes
    ----------
    name
        Its name.
    kind
        Type of its values: "str", "i8", "i16", "i64" or "f32".
    set_on
        Event types on which it has a value; it is null on the others. Empty: it is never null.
    """

    name: str
    kind: str
    set_on: tuple[int, ...] = ()

    @property
    def nullable(self) -> bool:
        """Whether it is null on some event types."""
        return bool(self.set_on)


class TableForm(NamedTuple):
    """What differs between the event tables of two datasets.

    Attributes
    ----------
    sequence_kind
        Type of the column sequence, one of `SEQUENCE_KINDS`, for the whole dataset.
    may_end_early
        Whether orders may be cancelled, or open: then there is the column cancel_reason.
    """

    sequence_kind: str
    may_end_early: bool = False


# Order and types of the digest, in which sequence always has 16 bits, even if the files have 8.
COLUMNS = (
    Column("order_id", "str"),
    Column("location_id", "i8"),
    Column("event_type_id", "i8"),
    Column("ts_seconds", "i64"),
    Column("sequence", "i16"),
    Column("customer_lat", "f32", (CREATED, DELIVERED)),
    Column("customer_lon", "f32", (CREATED, DELIVERED)),
    Column("customer_addr", "str", (CREATED,)),
    Column("items_json", "str", (CREATED,)),
    Column("route_json", "str", (PICKED_UP,)),
    Column("ping_lat", "f32", (PING,)),
    Column("ping_lon", "f32", (PING,)),
    Column("ping_progress", "f32", (PING,)),
)
# The last column of datasets whose orders may end early.
CANCEL_REASON = Column("cancel_reason", "str", (CANCELLED,))

# Names by kind, in the order in which arrays of several columns have them.
FLOATS = tuple(column.name for column in COLUMNS if column.kind == "f32")
TEXTS = tuple(column.name for column in COLUMNS if column.kind == "str")
# The place of each in that order.
LAT, LON, PING_LAT, PING_LON, PING_PROGRESS = range(len(FLOATS))
ID, ADDR, ITEMS_JSON, ROUTE_JSON = range(len(TEXTS))
# Longest order id, in bytes: kernels copy, hash and compare one as a single word.
ID_MAX = 8


def digest_columns(*, may_end_early: bool) -> tuple[Column, ...]:
    """List the columns of a dataset as its digest runs over them; see `TableForm`."""
    return (*COLUMNS, CANCEL_REASON) if may_end_early else COLUMNS


def stored_columns(form: TableForm, *, with_location: bool = True) -> tuple[Column, ...]:
    """List the columns of a dataset.

    Parameters
    ----------
    form
        What its event table has of its own.
    with_location
        Whether location_id is among them: files of the hive layout leave it to the name of their folder.
    """
    return tuple(
        column._replace(kind=form.sequence_kind) if column.name == "sequence" else column
        for column in digest_columns(may_end_early=form.may_end_early)
        if with_location or column.name != "location_id"
    )


def sequence_kind(max_pings: int) -> str:
    """Choose the type of the column sequence for a dataset whose longest route has `max_pings` pings."""
    return "i8" if max_pings <= MAX_PINGS_I8 else "i16"


def max_pings_of(sequence_kind: str) -> int:
    """Return the most pings that an order can have in a dataset of a type of sequence."""
    return MAX_PINGS_I8 if sequence_kind == "i8" else MAX_PINGS_I16
