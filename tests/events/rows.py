"""Small expansions made by hand, and the digest (docs/model.md, 6.3) by struct over plain Python rows."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import xxhash

from fastgen.events.body import encode_items
from fastgen.events.buffers import EventBuffers, route_arrays
from fastgen.inputs.loading import load_inputs
from fastgen.model.day_orders import CANCEL_REASONS
from fastgen.model.route_table import RouteRequest, RouteTable
from fastgen.roads.routes import compute_route_table
from tests.orders.parameters import make_model, simulate_all
from tests.small_town import KITCHENS, make_town

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.events.kernels.expand import ItemTexts, RouteArrays
    from fastgen.model.day_orders import DayOrders

EPOCH_S = 1_704_067_200  # 2024-01-01
PING_S = 60
Row = dict[str, Any]

PACKING = {
    "location_id": "<b",
    "event_type_id": "<b",
    "ts_seconds": "<q",
    "sequence": "<h",
    "customer_lat": "<f",
    "customer_lon": "<f",
    "ping_lat": "<f",
    "ping_lon": "<f",
    "ping_progress": "<f",
}
COLUMNS = (
    "order_id",
    "location_id",
    "event_type_id",
    "ts_seconds",
    "sequence",
    "customer_lat",
    "customer_lon",
    "customer_addr",
    "items_json",
    "route_json",
    "ping_lat",
    "ping_lon",
    "ping_progress",
)


def town_routes(ping_interval_s: int = PING_S, n_side: int = 7) -> RouteTable:
    """Routes of a town around the kitchen of sf."""
    request = RouteRequest(*KITCHENS["sf"], 4.0, 25.0, ping_interval_s, "distance", "Main St")
    return compute_route_table(make_town(n_side), request, "town")


def item_texts() -> ItemTexts:
    """JSON of the built-in items."""
    return encode_items(load_inputs(None, None)[1].items)


def some_orders(day: int = 2, scale: float = 0.2) -> tuple[DayOrders, RouteArrays]:
    """Orders of a day of sf over the town."""
    table = town_routes()
    orders = simulate_all(make_model("sf", scale=scale), day, table.n_customers, first_index=10**9)
    return orders, route_arrays(table)


def expand_all(
    orders: DayOrders, routes: RouteArrays, *, ping_s: int = PING_S, expansion: EventBuffers | None = None
) -> EventBuffers:
    """Expand orders of the built-in items, in an expansion that may have been used before."""
    expansion = expansion or EventBuffers()
    expansion.begin(orders, routes, item_texts(), EPOCH_S, ping_s)
    expansion.expand(0, len(orders.draw))
    return expansion


def to_rows(expansion: EventBuffers, location_id: int = 1) -> list[Row]:
    """Rows of an expansion as Python values."""
    events, n = expansion.events, expansion.count_rows(len(expansion.orders.draw))
    kinds = events.event_type_id[:n].tolist()
    routes, ends = expansion.routes, expansion.routes.text_start
    starts = events.start[: len(expansion.orders.draw) + 1, 0]
    order = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    customers = expansion.orders.customer[order[events.event_type_id[:n] == 6]].tolist()
    route_text = np.concatenate([routes.text[:0], *(routes.text[ends[c] : ends[c + 1]] for c in customers)])
    texts = [
        _cut(text, lengths[:n])
        for text, lengths in zip(
            (events.id_text, events.addr_text, events.items_text, route_text),
            events.lengths,
            strict=True,
        )
    ]
    floats = [values[:n].tolist() for values in events.floats]
    set_on = {
        **dict.fromkeys(("customer_lat", "customer_lon"), (1, 8)),
        **dict.fromkeys(("customer_addr", "items_json"), (1,)),
        "route_json": (6,),
        **dict.fromkeys(("ping_lat", "ping_lon", "ping_progress"), (7,)),
    }
    columns: dict[str, list[Any]] = {
        "order_id": texts[0],
        "location_id": [location_id] * n,
        "event_type_id": kinds,
        "ts_seconds": events.ts_seconds[:n].tolist(),
        "sequence": events.sequence[:n].tolist(),
        **dict(zip(("customer_lat", "customer_lon"), floats[:2], strict=True)),
        **dict(zip(("customer_addr", "items_json", "route_json"), texts[1:], strict=True)),
        **dict(zip(("ping_lat", "ping_lon", "ping_progress"), floats[2:], strict=True)),
    }
    endings = expansion.orders.endings
    if endings is not None:
        reasons = [None if r == 0 else CANCEL_REASONS[r - 1] for r in endings.reason[order].tolist()]
        columns["cancel_reason"] = [r if k == 9 else None for r, k in zip(reasons, kinds, strict=True)]
    for name, kinds_set in set_on.items():
        for value, kind in zip(columns[name], kinds, strict=True):
            assert kind in kinds_set or not value, f"{name} is set on type {kind}"
        columns[name] = [v if k in kinds_set else None for v, k in zip(columns[name], kinds, strict=True)]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _cut(text: NDArray[np.uint8], lengths: NDArray[np.uint32]) -> list[str]:
    ends = np.cumsum(lengths, dtype=np.int64)
    return [text[end - n : end].tobytes().decode() for end, n in zip(ends, lengths.tolist(), strict=True)]


def canonical_bytes(rows: list[Row]) -> bytes:
    """Bytes of the content digest, version 1, or 2 of rows that have a reason."""
    out = bytearray()
    for column in (*COLUMNS, *(["cancel_reason"] if rows and "cancel_reason" in rows[0] else [])):
        values = [row[column] for row in rows]
        valid = np.array([v is not None for v in values], bool)
        out += np.packbits(valid, bitorder="little").tobytes()
        if column in PACKING:
            out += b"".join(struct.pack(PACKING[column], 0 if v is None else v + 0) for v in values)
        else:
            texts = [(v or "").encode() for v in values]
            out += b"".join(struct.pack("<I", len(t)) for t in texts) + b"".join(texts)
    return bytes(out)


def digest_rows(rows: list[Row]) -> str:
    """XXH3-128 over the canonical bytes."""
    return xxhash.xxh3_128_hexdigest(canonical_bytes(rows))
