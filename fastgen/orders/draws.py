"""Simulate days of one location, or stretches of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.orders.kernels.baskets import draw_baskets
from fastgen.orders.kernels.delivery import draw_driver_arrivals
from fastgen.orders.kernels.demand import draw_creations, draw_minute_counts
from fastgen.orders.kernels.kitchen import draw_service_times
from fastgen.orders.kernels.order_ids import write_order_ids
from fastgen.units import MIN_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastgen.model.day_orders import DayOrders
    from fastgen.orders.parameters import LocationParameters


class OrderRange(NamedTuple):
    """Some orders of one day.

    Attributes
    ----------
    day
        Day number.
    first_rank
        Rank in the day of the first order.
    n_orders
        How many.
    first_index
        Index of the first order in the whole dataset, which its id is made from.
    """

    day: int
    first_rank: int
    n_orders: int
    first_index: int


def simulate(
    model: LocationParameters, n_customers: int, stretches: Sequence[OrderRange], orders: DayOrders
) -> None:
    """Draw the orders of some stretches of days, all at once.

    Every draw is a function of (seed, location, day, draw number), so a stretch is the same alone or in the
    whole.

    Parameters
    ----------
    model
        Parameters of the location.
    n_customers
        Customers of its route table.
    stretches
        What is wanted.
    orders
        Output: an entry for each order of the stretches, `line_start[0]` given.
    """
    days, first_ranks, n_orders, first_indices = np.array(stretches, np.int64).reshape(-1, 4).T
    starts_s = np.stack([model.minute_starts_s(day) for day in days.tolist()])
    draw, times_us, driver = orders.draw, orders.times_us, model.driver_rules
    draw_creations(
        *(model.creation, days, _count_minutes(model, days), starts_s, first_ranks, n_orders),
        *((n_customers, model.house_number_max), draw, times_us, orders.customer, orders.house_number),
    )
    day = np.repeat(days, n_orders)
    draw_baskets(model.baskets, day, draw, orders.line_start, orders.line_item, orders.line_qty)
    draw_service_times(model.kitchen, day, draw, model.mean_sd_min, model.minimum_min, times_us)
    draw_driver_arrivals(
        *(model.driver, day, draw, float(driver.after_ready_probability)),
        *(float(driver.arrival_alpha), float(driver.arrival_beta), times_us),
    )
    index_shift = first_indices - (n_orders.cumsum() - n_orders)
    write_order_ids(model.order_id, np.arange(len(draw)) + np.repeat(index_shift, n_orders), orders.id_view)


def _count_minutes(model: LocationParameters, days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the orders of every minute of some days, (n_days, 1440)."""
    if model.minute_counts is not None:
        return model.minute_counts[days]
    counts = np.empty((len(days), MIN_PER_DAY), np.int64)
    for row, day in enumerate(days.tolist()):
        draw_minute_counts(model.demand, day, counts[row])
    return counts
