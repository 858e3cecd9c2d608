"""Draw the orders of some days of one location."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.orders.kernels.baskets import draw_baskets
from fastgen.orders.kernels.delivery import draw_driver_arrivals
from fastgen.orders.kernels.demand import draw_creations, draw_minute_counts
from fastgen.orders.kernels.kitchen import draw_service_times
from fastgen.units import MIN_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastgen.model.day_orders import DayOrders
    from fastgen.model.order_source import OrderRange
    from fastgen.orders.parameters import LocationParameters


def draw_orders(
    parameters: LocationParameters, n_customers: int, ranges: Sequence[OrderRange], orders: DayOrders
) -> None:
    """Draw the orders of some ranges, all at once.

    Every draw is a function of (seed, location, day, draw number), so a range is the same alone or as a part
    of its day.

    Parameters
    ----------
    parameters
        Parameters of the location.
    n_customers
        Customers of its route table.
    ranges
        The orders that are wanted.
    orders
        Output: an entry for each order, `line_start[0]` given. `id_view` is left alone.
    """
    days, first_ranks, n_orders, _ = np.array(ranges, np.int64).reshape(-1, 4).T
    starts_s = np.stack([parameters.minute_starts_s(day) for day in days.tolist()])
    draw, times_us, driver = orders.draw, orders.times_us, parameters.driver_rules
    draw_creations(
        parameters.creation,
        days,
        _count_minutes(parameters, days),
        starts_s,
        first_ranks,
        n_orders,
        (n_customers, parameters.house_number_max),
        draw,
        times_us,
        orders.customer,
        orders.house_number,
    )
    day = np.repeat(days, n_orders)
    draw_baskets(parameters.baskets, day, draw, orders.line_start, orders.line_item, orders.line_qty)
    draw_service_times(
        parameters.kitchen, day, draw, parameters.mean_sd_min, parameters.minimum_min, times_us
    )
    draw_driver_arrivals(
        parameters.driver,
        day,
        draw,
        float(driver.after_ready_probability),
        float(driver.arrival_alpha),
        float(driver.arrival_beta),
        times_us,
    )


def _count_minutes(parameters: LocationParameters, days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the orders of every minute of some days, (n_days, 1440)."""
    if parameters.minute_counts is not None:
        return parameters.minute_counts[days]
    counts = np.empty((len(days), MIN_PER_DAY), np.int64)
    for row, day in enumerate(days.tolist()):
        draw_minute_counts(parameters.demand, day, counts[row])
    return counts
