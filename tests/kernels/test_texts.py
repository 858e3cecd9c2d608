"""Readers trust the lengths in a dictionary of routes: every byte is held against plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.kernels.texts import copy_texts

UNTOUCHED = 0xA5
TEXTS = st.lists(st.binary(max_size=20), min_size=1, max_size=10)


def copy(texts: list[bytes], which: list[int], before: bytes = b"") -> bytes:
    """Copy out of a table that begins behind other bytes; what stands behind the output has to stay."""
    start = np.cumsum([len(before), *map(len, texts)], dtype=np.int64)
    out = np.full(sum(len(texts[i]) + 4 for i in which) + 1, UNTOUCHED, np.uint8)
    table = np.frombuffer(before + b"".join(texts), np.uint8)
    copy_texts(start, table, np.array(which, np.int64), 4, out[:-1])
    assert out[-1] == UNTOUCHED
    return out[:-1].tobytes()


def expected(texts: list[bytes], which: list[int]) -> bytes:
    return b"".join(len(texts[i]).to_bytes(4, "little") + texts[i] for i in which)


@settings(deadline=None, max_examples=50)  # the first call compiles
@given(st.data(), TEXTS, st.binary(max_size=3))
def test_texts_follow_their_lengths_in_any_order(
    data: st.DataObject, texts: list[bytes], before: bytes
) -> None:
    which = data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=20))
    assert copy(texts, which, before) == expected(texts, which)


@pytest.mark.parametrize("length", [0, 1, 127, 255, 256, 65_535, 65_536, 2**24 + 258])
def test_lengths_take_four_bytes(length: int) -> None:
    texts = [b"before", b"\xff" * length, b"after"]
    assert copy(texts, [2, 1, 0]) == expected(texts, [2, 1, 0])


def test_texts_alone() -> None:
    text, out = np.frombuffer(b"onetwothree", np.uint8), np.full(12, UNTOUCHED, np.uint8)
    copy_texts(np.array([0, 3, 6, 11]), text, np.array([2, 0, 0]), 0, out)
    assert out.tobytes() == b"threeoneone" + bytes([UNTOUCHED])


def test_table_may_be_read_only_memory_of_a_file() -> None:
    """Route tables are mapped; the kernel takes them as well as arrays of its own."""
    table = np.frombuffer(b"abcdef", np.uint8)
    for text in (table, table.copy()):
        out = np.zeros(7, np.uint8)
        copy_texts(np.array([0, 2, 5], np.int64), text, np.array([1], np.int64), 4, out)
        assert out.tobytes() == b"\x03\0\0\0cde"
