"""A run counts an order as open until it is delivered or cancelled."""

from __future__ import annotations

import numpy as np

from fastgen.live_kitchens.batches import _count_orders
from fastgen.wire.rows import WireChunk
from tests.wire.test_plain import make_rows


def test_an_order_ends_with_delivered_or_order_cancelled() -> None:
    kinds = [1, 2, 9, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2]
    rows = make_rows(
        [((kind, 3, n, 0, 0), [0.0] * 5, ("AB12CD", "", "", "")) for n, kind in enumerate(kinds)]
    )
    counts, some = np.zeros(3, np.int64), WireChunk(rows, np.arange(len(kinds)))
    passed = list(_count_orders(iter([some, some.cut(0, 3)]), counts))
    assert [chunk.n_rows for chunk in passed] == [len(kinds), 3]
    created, ended = counts[1:].tolist()
    assert (created, ended) == (4, 3)
