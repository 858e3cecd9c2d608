"""The digest is what two builds are compared by: its bytes are made here once more, with struct."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from fastgen.events.digest import DayDigest, digest_dataset, digest_day
from fastgen.events.kernels.expand import FIRST_ROW
from tests.events.rows import canonical_bytes, digest_rows, expand_all, some_orders, to_rows


def test_digest_is_that_of_the_model() -> None:
    expansion = expand_all(*some_orders())
    n_orders, rows = len(expansion.orders.draw), to_rows(expansion)
    made = digest_day(1, 2, expansion, 0, n_orders)
    assert made == DayDigest(1, 2, n_orders, len(rows), len(canonical_bytes(rows)), digest_rows(rows))


def test_any_days_of_an_expansion_can_be_digested() -> None:
    """Days begin at any row and any place of the texts."""
    expansion = expand_all(*some_orders())
    rows, n, start = to_rows(expansion), len(expansion.orders.draw), expansion.events.start[:, FIRST_ROW]
    for first, last in [(0, 1), (3, 4), (1, n), (5, 5), (n // 2, n), *((i, i + 3) for i in range(8))]:
        part = rows[int(start[first]) : int(start[last])]
        made = digest_day(1, 2, expansion, first, last)
        assert (made.rows, made.digest) == (len(part), digest_rows(part))


def test_ids_of_different_widths_are_digested_alike() -> None:
    """Six, seven and eight characters in one day."""
    orders, routes = some_orders()
    text = b"ABCDEFGH"
    for i in range(len(orders.draw)):
        width = 6 + i % 3
        view = width.to_bytes(4, "little") + text[:width] + bytes(12 - width)
        orders.id_view[i] = np.frombuffer(view, np.int64)
    expansion = expand_all(orders, routes)
    assert digest_day(1, 2, expansion, 0, len(orders.draw)).digest == digest_rows(to_rows(expansion))


@pytest.mark.parametrize("change", ["customer", "house_number", "line_qty", "times_us", "id_view"])
def test_digest_sees_every_change(change: str) -> None:
    orders, routes = some_orders()
    before = digest_day(1, 2, expand_all(orders, routes), 0, len(orders.draw))
    column = getattr(orders, change)
    column.reshape(-1)[0] += 1_000_000 if change == "times_us" else 1
    if change == "id_view":
        column.reshape(-1)[0] += (1 << 32) - 1  # another first letter, not another length
    after = digest_day(1, 2, expand_all(orders, routes), 0, len(orders.draw))
    assert before.digest != after.digest


def test_location_is_part_of_the_digest_and_day_is_not() -> None:
    expansion = expand_all(*some_orders())
    made = [digest_day(*key, expansion, 0, 5).digest for key in ((1, 2), (1, 3), (2, 2))]
    assert made[0] == made[1] != made[2]


def test_dataset_is_hashed_over_lines_by_day_then_location() -> None:
    days = [DayDigest(2, 0, 1, 9, 5, "bb"), DayDigest(1, 1, 0, 0, 0, "cc"), DayDigest(10, 0, 1, 8, 5, "aa")]
    lines = b"2 0 9 bb\n10 0 8 aa\n1 1 0 cc\n"
    assert digest_dataset(days) == hashlib.sha256(lines).hexdigest()
