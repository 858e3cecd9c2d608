"""Digest the rows of a location-day as SPEC 3 lays them out, straight from the expansion's buffers."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xxhash

from fastgen.kernels.canonical_bytes import N_SECTIONS, gather_sections, size_sections

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
        self._scratch = np.empty(0, np.uint8)
        self._each = np.empty(0, np.int64)
        self._ends = np.empty(N_SECTIONS, np.int64)

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
        needed = size_sections(orders, routes, events, first, last)
        if len(self._scratch) < needed:
            self._scratch = np.empty(needed * 3 // 2, np.uint8)
        if len(self._each) < last:
            self._each = np.arange(max(last, len(orders.draw)))
        out, ends = self._scratch, self._ends
        gather_sections(orders, routes, events, location_id, first, last, self._each, out, ends)
        rows = slice(int(events.row_start[first]), int(events.row_start[last]))
        digest, n_bytes = xxhash.xxh3_128(), 0
        for part in _in_order(events, out, ends.tolist(), rows):
            digest.update(part.data)
            n_bytes += part.nbytes
        return DayDigest(location_id, day, last - first, rows.stop - rows.start, n_bytes, digest.hexdigest())


def _in_order(
    events: EventArrays, out: NDArray[np.uint8], ends: list[int], rows: slice
) -> tuple[NDArray[np.generic], ...]:
    """Columns in the order of the schema, validity before values; from the scratch where it holds them."""
    part = [out[a:b] for a, b in zip([0, *ends], ends, strict=False)]
    every, customer, created, picked_up, ping = part[:5]
    id_lengths, ids, location, sequence = part[5:7] + part[7:9]
    little = [
        events.event_type_id[rows],
        events.ts_seconds[rows],
        events.customer_lat[rows],
        events.customer_lon[rows],
        events.ping_lat[rows],
        events.ping_lon[rows],
        events.ping_progress[rows],
    ]
    kinds, seconds, customer_lat, customer_lon, ping_lat, ping_lon, progress = little
    return (
        *(every, id_lengths, ids, every, location, every, kinds, every, seconds, every, sequence),
        *(
            customer,
            customer_lat,
            customer,
            customer_lon,
            created,
            part[9],
            part[10],
            created,
            part[11],
            part[12],
        ),
        *(picked_up, part[13], part[14], ping, ping_lat, ping, ping_lon, ping, progress),
    )
