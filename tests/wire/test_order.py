"""The order of the wire is that of Python's own sorting by time, order id as text, and sequence."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.wire.kernels.order import loop_comes_first, order_rows
from fastgen.wire.rows import SLACK, WireRows
from tests.kernels.scalars import callable_step

comes_first = callable_step(loop_comes_first)
LOOPS = st.integers(0, 3) | st.integers(0, 300) | st.integers(0, 10**9)
IDS = st.text("AZ09", min_size=6, max_size=8)
ROWS = st.tuples(st.integers(0, 4), IDS, LOOPS, st.integers(0, 300), st.booleans())


def make_rows(rows: list[tuple[int, str, int, int, bool]]) -> WireRows:
    whole = np.zeros((len(rows), 5), np.int64)
    for i, (ts, _, loop, sequence, _) in enumerate(rows):
        whole[i, 2:] = sequence, loop, ts + 1000
    start = np.zeros((len(rows) + 1, 4), np.int64)
    start[1:, 0] = np.cumsum([len(order_id) for _, order_id, *_ in rows])
    text = np.frombuffer("".join(order_id for _, order_id, *_ in rows).encode() + b"!" * SLACK, np.uint8)
    return WireRows(whole, np.zeros((len(rows), 5), np.float32), start, text, text, text, text)


@settings(deadline=None)
@given(st.lists(ROWS, max_size=60), st.integers(0, 5), st.integers(0, 5))
def test_rows_are_sorted_as_text(rows: list[tuple[int, str, int, int, bool]], low: int, high: int) -> None:
    order = np.empty(len(rows), np.int64)
    keep = np.array([row[4] for row in rows], bool)
    low, high = min(low, high), max(low, high)
    n = order_rows(make_rows(rows), keep, 1000 + low, 1000 + high, order)

    def key(i: int) -> tuple[int, str, int]:
        ts, order_id, loop, sequence, _ = rows[i]
        return ts, f"{order_id}-L{loop}" if loop else order_id, sequence

    inside = [i for i in range(len(rows)) if rows[i][4] and low <= rows[i][0] < high]
    assert [key(int(i)) for i in order[:n]] == sorted(map(key, inside))
    assert sorted(order[:n].tolist()) == inside


@settings(deadline=None)
@given(LOOPS, LOOPS)
def test_loops_are_compared_as_text(a: int, b: int) -> None:
    if a != b:
        assert comes_first(a, b) == ((f"-L{a}" if a else "") < (f"-L{b}" if b else ""))


def test_many_rows_of_one_second() -> None:
    rng = np.random.default_rng(2)
    ids = ["".join(rng.choice(list("ABC0"), 6)) for _ in range(3000)]
    rows = [(0, order_id, 0, i, True) for i, order_id in enumerate(ids)]
    order = np.empty(3000, np.int64)
    assert order_rows(make_rows(rows), np.ones(3000, bool), 1000, 1001, order) == 3000
    assert order.tolist() == sorted(range(3000), key=lambda i: (ids[i], i))
