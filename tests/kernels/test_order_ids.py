"""An order id that occurs twice merges two orders: uniqueness is proved here, not hoped for."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.kernels.order_ids import IDS_6, IDS_7, IDS_8, MAX_ORDERS, write_order_ids
from fastgen.rng import Purpose, Stream, stream
from tests.kernels import plain
from tests.kernels.sizes import sample_size
from tests.significance import check_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEY = stream(42, 0, Purpose.ORDER_ID)
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BORDERS = (0, IDS_6 - 1, IDS_6, IDS_6 + IDS_7 - 1, IDS_6 + IDS_7, MAX_ORDERS - 1)
PINNED = ["C2UFIV", "ZC5C4O", "YV0EONR", "KLW5CZY", "UYXS2WNL", "9ZEYB7NT"]


def make_ids(first: int, n: int, key: Stream = KEY) -> list[str]:
    """Write ids as Arrow string views, and read them as Arrow would."""
    view = np.full((n, 2), -1, np.int64)
    write_order_ids(key, np.arange(first, first + n), view)
    return [read_view(row) for row in view]


def read_view(row: NDArray[np.int64]) -> str:
    raw = row.astype("<i8").tobytes()
    length = int.from_bytes(raw[:4], "little")
    assert raw[4 + length :] == bytes(12 - length)
    return raw[4 : 4 + length].decode("ascii")


def recover(text: str) -> int:
    """Recover the index of an id."""
    width = len(text)
    n_left, n_right = 36 ** (width // 2), 36 ** (width - width // 2)
    before = {6: 0, 7: IDS_6, 8: IDS_6 + IDS_7}[width]
    return plain.decipher(KEY, int(text, 36), n_left, n_right, width) + before


def test_ids_are_pinned() -> None:
    assert [make_ids(index, 1)[0] for index in BORDERS] == PINNED


@pytest.mark.parametrize(
    ("index", "width"),
    [(0, 6), (IDS_6 - 1, 6), (IDS_6, 7), (IDS_6 + IDS_7 - 1, 7), (IDS_6 + IDS_7, 8), (MAX_ORDERS - 1, 8)],
)
def test_width_grows_at_its_borders(index: int, width: int) -> None:
    text = make_ids(index, 1)[0]
    assert len(text) == width
    assert set(text) <= set(DIGITS)


@pytest.mark.parametrize(("n_left", "n_right"), [(1, 1), (2, 3), (36, 36), (7, 150)])
def test_such_a_cipher_is_a_bijection(n_left: int, n_right: int) -> None:
    total = n_left * n_right
    codes = [plain.encipher(KEY, i, n_left, n_right, 6) for i in range(total)]
    assert sorted(codes) == list(range(total))
    assert [plain.decipher(KEY, code, n_left, n_right, 6) for code in codes] == list(range(total))


@pytest.mark.parametrize("middle", BORDERS)
def test_every_index_can_be_recovered_around_borders(middle: int) -> None:
    first = max(0, min(middle - 100, MAX_ORDERS - 200))
    ids = make_ids(first, 200)
    assert [recover(text) for text in ids] == list(range(first, first + 200))


def test_sampled_indices_can_be_recovered() -> None:
    rng = np.random.default_rng(3)
    for index in rng.integers(0, MAX_ORDERS, 300).tolist():
        assert recover(make_ids(index, 1)[0]) == index


def test_a_dataset_of_many_orders_has_as_many_ids() -> None:
    n = sample_size(200_000, 5_000)
    assert len(set(make_ids(10**6, n))) == n


def test_a_stretch_is_that_part_of_the_whole() -> None:
    assert make_ids(IDS_6 - 40, 80)[30:50] == make_ids(IDS_6 - 10, 20)


def test_ids_are_unordered_to_the_eye() -> None:
    """Neighbours share neither first letters nor last ones more often than chance has it."""
    ids = make_ids(0, sample_size(40_000, 5_000))
    for place in range(6):
        check_counts([sum(t[place] == c for t in ids) for c in DIGITS], np.ones(36))
        same = sum(a[place] == b[place] for a, b in itertools.pairwise(ids))
        check_counts([same, len(ids) - 1 - same], [1, 35])
    rising = sum(a < b for a, b in zip(ids[::2], ids[1::2], strict=True))
    check_counts([rising, len(ids) // 2 - rising], [1, 1])


def test_another_seed_gives_other_ids() -> None:
    other = stream(43, 0, Purpose.ORDER_ID)
    assert not set(make_ids(0, 1000)) & set(make_ids(0, 1000, other))


def test_capacity() -> None:
    assert MAX_ORDERS == IDS_6 + IDS_7 + IDS_8 == 36**6 + 36**7 + 36**8
