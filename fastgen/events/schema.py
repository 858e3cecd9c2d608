"""Name the event types and the columns of the event table (docs/model.md, 5.1)."""

from __future__ import annotations

from typing import NamedTuple

EVENT_TYPES = (
    "order_created",
    "gk_started",
    "gk_finished",
    "gk_ready",
    "driver_arrived",
    "driver_picked_up",
    "driver_ping",
    "delivered",
)


class Column(NamedTuple):
    """One column of the event table.

    Attributes
    ----------
    name
        Its name.
    kind
        Arrow type: "str", "i8", "i16", "i64" or "f32".
    nullable
        Whether it is null on some event types.
    """

    name: str
    kind: str
    nullable: bool


# Order and types are the digest's too, in which sequence is always i16.
COLUMNS = (
    Column("order_id", "str", nullable=False),
    Column("location_id", "i8", nullable=False),
    Column("event_type_id", "i8", nullable=False),
    Column("ts_seconds", "i64", nullable=False),
    Column("sequence", "i8", nullable=False),
    Column("customer_lat", "f32", nullable=True),
    Column("customer_lon", "f32", nullable=True),
    Column("customer_addr", "str", nullable=True),
    Column("items_json", "str", nullable=True),
    Column("route_json", "str", nullable=True),
    Column("ping_lat", "f32", nullable=True),
    Column("ping_lon", "f32", nullable=True),
    Column("ping_progress", "f32", nullable=True),
)

# Longest order of 8-bit sequence numbers: six events, the pings, delivered.
MAX_PINGS_I8 = 127 - 6
MAX_PINGS_I16 = 32_767 - 6


def sequence_kind(max_pings: int) -> str:
    """Type of the sequence column of a dataset whose longest route has `max_pings` pings."""
    return "i8" if max_pings <= MAX_PINGS_I8 else "i16"
