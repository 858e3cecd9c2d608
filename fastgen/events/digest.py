"""Digest the rows of a location-day straight from the expansion's columns (docs/model.md, 6.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xxhash

from fastgen.events.day_digest import DIGEST_VERSION, DayDigest, digest_dataset, digest_version
from fastgen.events.kernels.expand import FIRST_ADDR, FIRST_ID, FIRST_ITEMS, FIRST_ROW
from fastgen.events.schema import CANCELLED, CREATED, DELIVERED, PICKED_UP, PING
from fastgen.kernels.texts import copy_texts
from fastgen.model.day_orders import CANCEL_REASONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from fastgen.events.buffers import EventBuffers

__all__ = ["DIGEST_VERSION", "DayDigest", "digest_dataset", "digest_day", "digest_version"]

ROUTES_AT_ONCE = 512  # about 600 KB: they are hashed while they are in the processor's cache


def digest_day(location_id: int, day: int, expansion: EventBuffers, first: int, last: int) -> DayDigest:
    """Digest the rows of orders first..last-1 of an expansion, which are all orders of a location's day."""
    digest, n_bytes = xxhash.xxh3_128(), 0
    # Column by column: XXH3 gives the same digest however its input is cut.
    for part in _in_order(expansion, location_id, first, last):
        digest.update(part.data)
        n_bytes += part.nbytes
    n_rows = expansion.count_rows(last) - expansion.count_rows(first)
    return DayDigest(location_id, day, last - first, n_rows, n_bytes, digest.hexdigest())


def _in_order(
    expansion: EventBuffers, location_id: int, first: int, last: int
) -> Iterator[NDArray[np.generic]]:
    """Give the columns in the order of the schema, validity before lengths before values."""
    events = expansion.events
    rows = slice(int(events.start[first, FIRST_ROW]), int(events.start[last, FIRST_ROW]))
    kinds = events.event_type_id[rows]
    ids, addr, items = (
        text[events.start[first, column] : events.start[last, column]]
        for column, text in (
            (FIRST_ID, events.id_text),
            (FIRST_ADDR, events.addr_text),
            (FIRST_ITEMS, events.items_text),
        )
    )
    id_lengths, addr_lengths, items_lengths, route_lengths = events.lengths[:, rows]
    lat, lon, ping_lat, ping_lon, progress = events.floats[:, rows]
    # The expansion has one location, so it stores no column of it.
    location = np.full(len(kinds), location_id, np.int8)
    is_created = kinds == CREATED
    # Validity is a bit for each row; columns that are set on the same event types share it.
    every, customer = _bits(kinds > 0), _bits(is_created | (kinds == DELIVERED))
    created, picked_up, ping = _bits(is_created), _bits(kinds == PICKED_UP), _bits(kinds == PING)
    yield from (every, id_lengths, ids, every, location, every, kinds)
    yield from (every, events.ts_seconds[rows], every, events.sequence[rows])
    yield from (customer, lat, customer, lon)
    yield from (created, addr_lengths, addr, created, items_lengths, items, picked_up, route_lengths)
    yield from _routes(expansion, first, last)
    yield from (ping, ping_lat, ping, ping_lon, ping, progress)
    if expansion.orders.endings is not None:
        yield from _reasons(expansion, kinds == CANCELLED, first, last)


def _routes(expansion: EventBuffers, first: int, last: int) -> Iterator[NDArray[np.uint8]]:
    """Copy the orders' routes from the table, some at a time, into the same memory."""
    routes, customer = expansion.routes, expansion.picked_up_customers(first, last).astype(np.int64)
    ends = np.concatenate([[0], (routes.text_start[customer + 1] - routes.text_start[customer]).cumsum()])
    room = np.empty(0, np.uint8)
    for start in range(0, len(customer), ROUTES_AT_ONCE):
        which = customer[start : start + ROUTES_AT_ONCE]
        n_bytes = int(ends[start + len(which)] - ends[start])
        # A quarter more, so that the next routes fit too.
        if len(room) < n_bytes:
            room = np.empty(n_bytes * 5 // 4, np.uint8)
        copy_texts(routes.text_start, routes.text, which, 0, room[:n_bytes])
        yield room[:n_bytes]


def _reasons(
    expansion: EventBuffers, is_cancelled: NDArray[np.bool_], first: int, last: int
) -> Iterator[NDArray[np.generic]]:
    """Give the column of the reasons, which follows those of all datasets (docs/model.md, 6.3)."""
    texts = [CANCEL_REASONS[reason].encode() for reason in expansion.reasons(first, last).tolist()]
    lengths = np.zeros(len(is_cancelled), np.uint32)
    lengths[is_cancelled] = list(map(len, texts))
    yield from (_bits(is_cancelled), lengths, np.frombuffer(b"".join(texts), np.uint8))


def _bits(valid: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.packbits(valid, bitorder="little")
