"""Simulate one location's day, or a stretch of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.kernels.baskets import draw_baskets
from fastgen.kernels.delivery import draw_driver_arrivals
from fastgen.kernels.demand import draw_creations, draw_minute_counts
from fastgen.kernels.kitchen import draw_service_times
from fastgen.kernels.order_ids import write_order_ids
from fastgen.units import MIN_PER_DAY

if TYPE_CHECKING:
    from fastgen.model.day_orders import DayOrders
    from fastgen.simulate.kitchen_model import KitchenModel


def simulate_day(
    model: KitchenModel, n_customers: int, day: int, first_rank: int, first_index: int, orders: DayOrders
) -> None:
    """Draw the orders of a location's day whose ranks are first_rank, first_rank + 1, ...

    Every draw is a function of (seed, location, day, draw number), so a stretch is the same alone or in the
    whole.

    Parameters
    ----------
    model
        Parameters of the location.
    n_customers
        Customers of its route table.
    day
        Day number.
    first_rank
        Rank in the day of the first order wanted.
    first_index
        Index of that order in the whole dataset, which its id is made from.
    orders
        Output: n_orders entries, `line_start[0]` given.
    """
    draw, times_us, driver = orders.draw, orders.times_us, model.driver_rules
    counts = np.empty(MIN_PER_DAY, np.int64)
    draw_minute_counts(model.demand, day, counts)
    draw_creations(
        model.creation,
        day,
        counts,
        model.minute_starts_s(day),
        first_rank,
        (n_customers, model.house_number_max),
        draw,
        times_us,
        orders.customer,
        orders.house_number,
    )
    draw_baskets(model.baskets, day, draw, orders.line_start, orders.line_item, orders.line_qty)
    draw_service_times(model.kitchen, day, draw, model.mean_sd_min, model.minimum_min, times_us)
    draw_driver_arrivals(
        model.driver,
        day,
        draw,
        float(driver.after_ready_probability),
        float(driver.arrival_alpha),
        float(driver.arrival_beta),
        times_us,
    )
    write_order_ids(model.order_id, first_index, orders.id_view)
