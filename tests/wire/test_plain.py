"""Rows encoded one by one in plain Python are, byte for byte and in the same order, what the kernels make."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastgen.errors import DataError
from fastgen.wire.bulk import WireEncoder, sort_rows
from fastgen.wire.form import WireForm
from fastgen.wire.plain import encode_few_lines, sort_few
from fastgen.wire.rows import SLACK, WireRows

DIGEST = "0123456789abcdef" * 4
CANONICAL = WireForm.canonical(DIGEST)
START_S = 1_700_000_000

NUMBERS = st.floats(width=32) | st.floats(-180, 180, width=32) | st.sampled_from([0.0078125, -0.0, 50.0, 1e9])
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
WHOLE = st.tuples(
    st.integers(1, 9), st.integers(0, 120), st.integers(0, 32_767), st.integers(0, 12), st.integers(0, 3)
)
TEXTS = st.tuples(st.text("AZ09", min_size=6, max_size=8), ANY_TEXT, ANY_TEXT, ANY_TEXT)
ROWS = st.lists(st.tuples(WHOLE, st.lists(NUMBERS, min_size=5, max_size=5), TEXTS), max_size=12)


def make_rows(rows: list[Any]) -> WireRows:
    whole = np.array([row[0] for row in rows], np.int64).reshape(-1, 5)
    whole[:, 4] += START_S
    number = np.array([row[1] for row in rows], np.float32).reshape(-1, 5)
    texts = [[row[2][k].encode() for row in rows] for k in range(4)]
    start = np.zeros((len(rows) + 1, 4), np.int64)
    for k, column in enumerate(texts):
        start[1:, k] = np.cumsum([len(text) for text in column])
    joined = [np.frombuffer(b"".join(column) + bytes(SLACK), np.uint8) for column in texts]
    return WireRows(whole, number, start, *joined)


@settings(deadline=None)
@given(rows=ROWS, length_s=st.integers(0, 4), shift_s=st.sampled_from([0, 86_400, -START_S]))
@example(
    rows=[((1, 3, 0, 0, 0), [math.nan] * 5, ("AAAAAA", 'Caf\u00e8 "x"\\', '[{"name":"a\\"b"}]', "\x00\n"))],
    length_s=4,
    shift_s=0,
)
def test_order_and_lines_are_the_kernels(rows: list[Any], length_s: int, shift_s: int) -> None:
    made = make_rows(rows)
    keep = np.arange(len(rows)) % 5 != 4
    # Rows that are equal in all that they are sorted by may come either way.
    keys = {(row[0][4], row[2][0], row[0][3], row[0][2], row[0][1]) for row in rows}
    order = sort_rows(made, keep, START_S, START_S + length_s)
    if len(keys) == len(rows):
        assert sort_few(made, keep, START_S, START_S + length_s).tolist() == order.tolist()
    expected = WireEncoder(CANONICAL).encode_lines(made, order, shift_s).tobytes()
    assert encode_few_lines(made, order, shift_s, CANONICAL) == expected


def test_rows_without_a_form_are_refused() -> None:
    row = ((1, 3, 0, 0, 0), [0.0] * 5, ("AAAAAA", "", "", ""))
    unknown = ((10, 3, 0, 0, 0), [0.0] * 5, ("AAAAAA", "", "", ""))
    long = ((1, 3, 0, 0, 0), [0.0] * 5, ("AAAAAAAAA", "", "", ""))
    empty = ((1, 3, 0, 0, 0), [0.0] * 5, ("", "", "", ""))
    beyond = ((1, 128, 0, 0, 0), [0.0] * 5, ("AAAAAA", "", "", ""))
    for wrong in (unknown, long, empty, beyond):
        for sort in (sort_few, sort_rows):
            with pytest.raises(DataError, match=r"order_id|event_type_id|location_id: expected 0 to 127"):
                sort(make_rows([wrong]), np.ones(1, bool), START_S, START_S + 1)
    with pytest.raises(DataError, match="ts: expected times"):
        encode_few_lines(make_rows([row]), np.zeros(1, np.int64), 253_402_300_800, CANONICAL)
