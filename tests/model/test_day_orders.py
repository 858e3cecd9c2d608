"""Arrays of orders, with how each ends and without."""

from __future__ import annotations

import numpy as np

from fastgen.model.day_orders import DayOrders


def test_orders_have_endings_only_if_asked_for() -> None:
    assert DayOrders.empty(3, 2).endings is None
    assert DayOrders.empty(3, 2).section(1, 3).endings is None
    endings = DayOrders.empty(3, 2, with_endings=True).endings
    assert endings is not None
    assert [(len(array), array.dtype.str) for array in endings] == [(3, "<i8"), (3, "<i8"), (3, "|i1")]


def test_a_section_views_the_endings_of_its_orders() -> None:
    orders = DayOrders.empty(4, 1, with_endings=True)
    assert orders.endings is not None
    for array in orders.endings:
        array[:] = np.arange(4)
    section = orders.section(1, 3)
    assert section.endings is not None
    assert [array.tolist() for array in section.endings] == [[1, 2]] * 3
    section.endings.reason[:] = 7
    assert orders.endings.reason.tolist() == [0, 7, 7, 3]
