"""Plans go by these figures of a route table: the longest drive and the mean number of events."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from fastgen.model.road_graph import Provenance
from fastgen.model.route_table import RouteTable


def make(pings: list[int]) -> RouteTable:
    """Table of customers with so many pings each."""
    n, total = len(pings), sum(pings)
    zeros: dict[str, Any] = {
        f.name: np.zeros(total if f.name.startswith("ping_") else n)
        for f in dataclasses.fields(RouteTable)
        if str(f.type).startswith("NDArray")
    }
    zeros["ping_start"] = np.concatenate([[0], np.cumsum(pings)])
    return RouteTable("hash", Provenance("a test", "none", synthetic=True), 0.0, **zeros)


@pytest.mark.parametrize(
    ("pings", "most", "mean"),
    [([0], 0, 7.0), ([3, 0, 9], 9, 11.0), ([0, 0, 1], 1, 7 + 1 / 3), ([121, 122], 122, 128.5)],
)
def test_figures_of_a_table(pings: list[int], most: int, mean: float) -> None:
    table = make(pings)
    assert table.n_customers == len(pings)
    assert table.max_pings == most
    assert table.events_per_order == pytest.approx(mean)
