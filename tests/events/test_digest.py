"""The digest is what two builds are compared by: its bytes are made here once more, with struct."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from fastgen.events.buffer import EventBuffer
from fastgen.events.digest import DayDigest, DayDigester, digest_dataset
from tests.events.rows import EPOCH_S, PING_S, canonical_bytes, digest_rows, item_texts, some_orders, to_rows

ITEMS = item_texts()


@pytest.mark.parametrize("kind", ["i8", "i16"])
def test_digest_is_that_of_the_contract(kind: str) -> None:
    orders, routes = some_orders()
    buffer = EventBuffer(kind)
    events = buffer.expand(orders, routes, ITEMS, EPOCH_S, PING_S)
    made = DayDigester().digest(1, 2, orders, routes, events, 0, len(orders.draw))
    rows = to_rows(buffer)
    assert made == DayDigest(1, 2, len(orders.draw), len(rows), len(canonical_bytes(rows)), digest_rows(rows))


def test_any_days_of_an_expansion_can_be_digested() -> None:
    """Days begin at any bit of the validity bytes and any place of the texts; one digester serves all."""
    orders, routes = some_orders()
    buffer, digester = EventBuffer("i8"), DayDigester()
    events = buffer.expand(orders, routes, ITEMS, EPOCH_S, PING_S)
    rows, n = to_rows(buffer), len(orders.draw)
    for first, last in [(0, 1), (3, 4), (1, n), (5, 5), (n // 2, n), *((i, i + 3) for i in range(8))]:
        part = rows[int(events.row_start[first]) : int(events.row_start[last])]
        made = digester.digest(1, 2, orders, routes, events, first, last)
        assert (made.rows, made.digest) == (len(part), digest_rows(part))


def test_ids_of_different_widths_are_digested_alike() -> None:
    """Six, seven and eight characters in one day."""
    orders, routes = some_orders()
    text = b"ABCDEFGH"
    for i in range(len(orders.draw)):
        width = 6 + i % 3
        view = width.to_bytes(4, "little") + text[:width] + bytes(12 - width)
        orders.id_view[i] = np.frombuffer(view, np.int64)
    buffer = EventBuffer("i8")
    events = buffer.expand(orders, routes, ITEMS, EPOCH_S, PING_S)
    made = DayDigester().digest(1, 2, orders, routes, events, 0, len(orders.draw))
    assert made.digest == digest_rows(to_rows(buffer))


@pytest.mark.parametrize("change", ["customer", "house_number", "line_qty", "times_us", "id_view"])
def test_digest_sees_every_change(change: str) -> None:
    orders, routes = some_orders()
    buffer, digester = EventBuffer("i8"), DayDigester()
    events = buffer.expand(orders, routes, ITEMS, EPOCH_S, PING_S)
    before = digester.digest(1, 2, orders, routes, events, 0, len(orders.draw))
    column = getattr(orders, change)
    column.reshape(-1)[0] += 1_000_000 if change == "times_us" else 1
    events = buffer.expand(orders, routes, ITEMS, EPOCH_S, PING_S)
    after = digester.digest(1, 2, orders, routes, events, 0, len(orders.draw))
    assert before.digest != after.digest


def test_location_is_part_of_the_digest_and_day_is_not() -> None:
    orders, routes = some_orders()
    events = EventBuffer("i8").expand(orders, routes, ITEMS, EPOCH_S, PING_S)
    made = [
        DayDigester().digest(*key, orders, routes, events, 0, 5).digest for key in ((1, 2), (1, 3), (2, 2))
    ]
    assert made[0] == made[1] != made[2]


def test_dataset_is_hashed_over_lines_by_day_then_location() -> None:
    days = [DayDigest(2, 0, 1, 9, 5, "bb"), DayDigest(1, 1, 0, 0, 0, "cc"), DayDigest(10, 0, 1, 8, 5, "aa")]
    lines = b"2 0 9 bb\n10 0 8 aa\n1 1 0 cc\n"
    assert digest_dataset(days) == hashlib.sha256(lines).hexdigest()
