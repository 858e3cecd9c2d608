"""Parameters of kernels for the tests, plain unless a test changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.model.day_orders import DayOrders
from fastgen.model.dimensions import END_OF_TIME
from fastgen.orders.kernels.baskets import BasketArrays
from fastgen.orders.kernels.demand import DemandArrays, draw_creations
from fastgen.rng import Purpose, stream
from fastgen.units import MIN_PER_DAY, S_PER_DAY, S_PER_MIN

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED, LOCATION = 42, 3

CREATION = stream(SEED, LOCATION, Purpose.CREATION)


def make_demand(expected: list[float], **changes: Any) -> DemandArrays:
    """Demand of so many orders a day, alike in every minute, without noise or events."""
    plain = DemandArrays(
        noise=stream(SEED, LOCATION, Purpose.DAY_NOISE),
        minute=stream(SEED, LOCATION, Purpose.MINUTE_COUNT),
        expected=np.array(expected, np.float64),
        noise_low=1.0,
        noise_high=1.0,
        weight=np.full(MIN_PER_DAY, 1 / MIN_PER_DAY),
        event_days=np.zeros((0, 4), np.int64),
        event_factor=np.zeros(0),
    )
    return plain._replace(**changes)


def make_baskets(n_items: list[int], **changes: Any) -> BasketArrays:
    """Brands with so many items each, all open and equally popular; the canonical rules of an order."""
    n = len(n_items)
    plain = BasketArrays(
        stream=stream(SEED, LOCATION, Purpose.BASKET),
        single_probability=0.7,
        brands_min=2,
        brands_max=3,
        items_min=1,
        items_max=3,
        qty_min=1,
        qty_max=2,
        floor=0.1,
        period_days=30.0,
        start_day=np.zeros(n, np.int64),
        end_day=np.full(n, END_OF_TIME, np.int64),
        growth=np.zeros(n),
        item_start=np.concatenate([[0], np.cumsum(n_items)]).astype(np.int64),
        item=np.arange(sum(n_items), dtype=np.int32),
    )
    return plain._replace(**changes)


def minute_starts_s(day: int) -> Any:
    """Seconds from the epoch to each minute of a day."""
    return day * S_PER_DAY + np.arange(MIN_PER_DAY, dtype=np.int64) * S_PER_MIN


def create_orders(
    day: int, counts: NDArray[np.int64], first_rank: int, n: int, choices: tuple[int, int], *outputs: Any
) -> None:
    """Draw creations of one stretch of a day."""
    stretch = (np.array([day]), counts[None].copy(), minute_starts_s(day)[None])
    draw_creations(CREATION, *stretch, np.array([first_rank]), np.array([n]), choices, *outputs)


def empty_orders(n: int, lines_max: int = 9) -> DayOrders:
    """Room for orders, numbered from 0 and created at the epoch."""
    orders = DayOrders.empty(n, lines_max)
    orders.draw[:] = np.arange(n)
    orders.times_us[:] = 0
    return orders
