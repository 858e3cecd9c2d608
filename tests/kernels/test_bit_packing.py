"""One bit in the wrong place garbles all behind it: bits are held against arithmetic on whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.kernels.bit_packing import WIDTH_MAX, pack_bits

if TYPE_CHECKING:
    from collections.abc import Callable

UNTOUCHED = 0xA5


class Group(NamedTuple):
    """Bits of a value, the values, and bytes of others before them."""

    width: int
    values: list[int]
    gap: int = 0


def expected_bytes(group: Group) -> bytes:
    number = sum(value << (group.width * place) for place, value in enumerate(group.values))
    return number.to_bytes((group.width * len(group.values) + 7) // 8, "little")


def pack(groups: list[Group], size: int) -> bytes:
    """Pack groups into memory that is full of something else, one byte of it behind the last."""
    at, end = [], 0
    for group in groups:
        at.append(end + group.gap)
        end = at[-1] + len(expected_bytes(group))
    out = np.full(end + 1, UNTOUCHED, np.uint8)
    values = np.array([value for group in groups for value in group.values], np.int64)
    pack_bits(
        values, size, np.array([group.width for group in groups], np.int64), np.array(at, np.int64), out
    )
    return out.tobytes()


def expected(groups: list[Group]) -> bytes:
    gaps = [bytes([UNTOUCHED]) * group.gap for group in groups]
    pieces = [gap + expected_bytes(group) for gap, group in zip(gaps, groups, strict=True)]
    return b"".join(pieces) + bytes([UNTOUCHED])


@st.composite
def groups_of_a_size(draw: Callable[[st.SearchStrategy[int]], int]) -> tuple[list[Group], int]:
    size, n_groups, groups = draw(st.integers(1, 40)), draw(st.integers(1, 5)), []
    for g in range(n_groups):
        width = draw(st.integers(0, WIDTH_MAX))
        n = size if g < n_groups - 1 else draw(st.integers(0, size))
        seed = draw(st.integers(0, 2**32 - 1))
        values = np.random.default_rng(seed).integers(0, 2**width, n, np.int64)
        groups.append(Group(width, values.tolist(), draw(st.integers(0, 2))))
    return groups, size


@settings(deadline=None, max_examples=50)  # the first call compiles
@given(groups_of_a_size())
def test_groups_lie_where_they_should_and_touch_nothing_else(drawn: tuple[list[Group], int]) -> None:
    groups, size = drawn
    assert pack(groups, size) == expected(groups)


@pytest.mark.parametrize("width", range(1, WIDTH_MAX + 1))
def test_greatest_and_least_values_of_every_width(width: int) -> None:
    """Nine values: every offset of a value's first bit in its byte."""
    most = 2**width - 1
    for values in ([most] * 9, [most, 0] * 4 + [most], [0] * 8 + [most], [1 << (width - 1)] * 9):
        groups = [Group(width, values)]
        assert pack(groups, 9) == expected(groups)


def test_first_value_has_the_lowest_bits() -> None:
    """The example of the Parquet format: 0 to 7 in three bits each."""
    assert pack([Group(3, list(range(8)))], 8)[:3] == bytes([0b10001000, 0b11000110, 0b11111010])


def test_no_groups_write_nothing() -> None:
    assert pack([], 8) == bytes([UNTOUCHED])
