"""Digest the rows of a location-day as SPEC 3 lays them out, straight from the expansion's buffers."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xxhash

from fastgen.kernels.canonical_bytes import ID_MAX, Rows, Scratch, gather_canonical_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from fastgen.kernels.expand import EventArrays, RouteArrays
    from fastgen.model.day_orders import DayOrders

DIGEST_VERSION = 1


class DayDigest(NamedTuple):
    """What the manifest says of one location-day.

    Attributes
    ----------
    location_id, day
        The location-day.
    orders, rows
        Its size.
    bytes
        Bytes that the digest is made over.
    digest
        XXH3-128, 32 hexadecimal digits.
    """

    location_id: int
    day: int
    orders: int
    rows: int
    bytes: int
    digest: str


def digest_dataset(days: Iterable[DayDigest]) -> str:
    """Digest a dataset: SHA-256 over "location_id day rows digest" lines in (day, location_id) order."""
    digest = hashlib.sha256()
    for d in sorted(days, key=lambda d: (d.day, d.location_id)):
        digest.update(f"{d.location_id} {d.day} {d.rows} {d.digest}\n".encode())
    return digest.hexdigest()


class DayDigester:
    """Digests location-days; keeps its scratch memory from one to the next."""

    def __init__(self) -> None:
        self._scratch = _allocate(0, 0)

    def digest(
        self,
        location_id: int,
        day: int,
        orders: DayOrders,
        routes: RouteArrays,
        events: EventArrays,
        first: int,
        last: int,
    ) -> DayDigest:
        """Digest the rows of orders first..last-1 of an expansion, the whole of a location's day."""
        rows = slice(int(events.row_start[first]), int(events.row_start[last]))
        n_rows, route_bytes = rows.stop - rows.start, _count_route_bytes(orders, routes, first, last)
        scratch = self._scratch
        if len(scratch.sequence) < n_rows or len(scratch.routes) < route_bytes:
            scratch = self._scratch = _allocate(n_rows * 3 // 2, route_bytes * 3 // 2)
        n_ids = gather_canonical_bytes(_rows(orders, routes, events), first, last, scratch)
        digest, n_bytes = xxhash.xxh3_128(), 0
        addr = events.addr_text[events.addr_start[first] : events.addr_start[last]]
        items = events.items_text[events.items_start[first] : events.items_start[last]]
        location = np.full(n_rows, location_id, np.int8)
        texts = (scratch.ids[:n_ids], location, addr, items, scratch.routes[:route_bytes])
        for part in _in_order(events, scratch, texts, rows):
            digest.update(part.data)
            n_bytes += part.nbytes
        return DayDigest(location_id, day, last - first, n_rows, n_bytes, digest.hexdigest())


def _count_route_bytes(orders: DayOrders, routes: RouteArrays, first: int, last: int) -> int:
    customer = orders.customer[first:last]
    return int((routes.text_start[customer + 1] - routes.text_start[customer]).sum())


def _rows(orders: DayOrders, routes: RouteArrays, events: EventArrays) -> Rows:
    return Rows(
        customer=orders.customer,
        id_view=orders.id_view,
        id_bytes=events.order_id.reshape(-1).view(np.uint8),
        row_start=events.row_start,
        sequence=events.sequence,
        customer_valid=events.customer_valid,
        created_valid=events.created_valid,
        picked_up_valid=events.picked_up_valid,
        ping_valid=events.ping_valid,
        addr_start=events.addr_start,
        items_start=events.items_start,
        text_start=routes.text_start,
        text=routes.text,
    )


def _allocate(n_rows: int, route_bytes: int) -> Scratch:
    return Scratch(
        bits=np.empty((5, n_rows // 8 + 1), np.uint8),
        sequence=np.empty(n_rows, np.int16),
        lengths=np.empty((4, n_rows), np.uint32),
        ids=np.empty((n_rows + 1) * ID_MAX, np.uint8),
        routes=np.empty(route_bytes, np.uint8),
    )


def _in_order(
    events: EventArrays, scratch: Scratch, texts: tuple[NDArray[np.generic], ...], rows: slice
) -> tuple[NDArray[np.generic], ...]:
    """Order the columns as the schema does, validity before values; from the scratch where it holds them."""
    n = rows.stop - rows.start
    every, customer, created, picked_up, ping = scratch.bits[:, : (n + 7) // 8]
    id_lengths, addr_lengths, items_lengths, route_lengths = scratch.lengths[:, :n]
    ids, location, addr, items, route = texts
    return (
        *(every, id_lengths, ids, every, location, every, events.event_type_id[rows]),
        *(every, events.ts_seconds[rows], every, scratch.sequence[:n]),
        *(customer, events.customer_lat[rows], customer, events.customer_lon[rows]),
        *(created, addr_lengths, addr, created, items_lengths, items, picked_up, route_lengths, route),
        *(ping, events.ping_lat[rows], ping, events.ping_lon[rows], ping, events.ping_progress[rows]),
    )
