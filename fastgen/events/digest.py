"""Digest the rows of a location-day as SPEC 3 lays them out, straight from the expansion's columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xxhash

from fastgen.events.day_digest import DIGEST_VERSION, DayDigest, digest_dataset
from fastgen.kernels.expand import ADDR, CREATED, DELIVERED, ID, ITEMS, PICKED_UP, PING, ROUTE, ROW

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.events.columns import Expansion
from fastgen.kernels.expand import EventArrays

__all__ = ["DIGEST_VERSION", "DayDigest", "digest_dataset", "digest_day"]


def digest_day(location_id: int, day: int, expansion: Expansion, first: int, last: int) -> DayDigest:
    """Digest the rows of orders first..last-1 of an expansion, the whole of a location's day."""
    events, digest, n_bytes = expansion.events, xxhash.xxh3_128(), 0
    rows = slice(int(events.start[first, ROW]), int(events.start[last, ROW]))
    for part in _in_order(events, location_id, rows, _texts(events, first, last)):
        digest.update(part.data)
        n_bytes += part.nbytes
    return DayDigest(location_id, day, last - first, rows.stop - rows.start, n_bytes, digest.hexdigest())


def _texts(events: EventArrays, first: int, last: int) -> tuple[NDArray[np.uint8], ...]:
    """Texts of some orders: ids, addresses, items, routes."""
    columns = (
        (ID, events.id_text),
        (ADDR, events.addr_text),
        (ITEMS, events.items_text),
        (ROUTE, events.route_text),
    )
    return tuple(text[events.start[first, k] : events.start[last, k]] for k, text in columns)


def _in_order(
    events: EventArrays, location_id: int, rows: slice, texts: tuple[NDArray[np.uint8], ...]
) -> tuple[NDArray[np.generic], ...]:
    """Order the columns as the schema does, validity before values."""
    kinds = events.event_type_id[rows]
    ids, addr, items, route = texts
    id_lengths, addr_lengths, items_lengths, route_lengths = events.lengths[:, rows]
    lat, lon, ping_lat, ping_lon, progress = events.floats[:, rows]
    location = np.full(len(kinds), location_id, np.int8)
    is_created = kinds == CREATED
    every, customer = _bits(kinds > 0), _bits(is_created | (kinds == DELIVERED))
    created, picked_up, ping = _bits(is_created), _bits(kinds == PICKED_UP), _bits(kinds == PING)
    return (
        *(every, id_lengths, ids, every, location, every, kinds),
        *(every, events.ts_seconds[rows], every, events.sequence[rows]),
        *(customer, lat, customer, lon),
        *(created, addr_lengths, addr, created, items_lengths, items, picked_up, route_lengths, route),
        *(ping, ping_lat, ping, ping_lon, ping, progress),
    )


def _bits(valid: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.packbits(valid, bitorder="little")
