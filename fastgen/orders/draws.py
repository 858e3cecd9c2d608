"""Draw orders of one location: creation times, baskets, service times and driver arrivals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.model.wall_clock import minute_starts_s
from fastgen.orders.kernels.baskets import draw_baskets
from fastgen.orders.kernels.delivery import draw_driver_arrivals
from fastgen.orders.kernels.demand import draw_creations, draw_minute_counts
from fastgen.orders.kernels.kitchen import draw_service_times
from fastgen.orders.launches import replace_baskets
from fastgen.units import MIN_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastgen.model.day_orders import DayOrders
    from fastgen.model.order_source import OrderRange
    from fastgen.orders.kernels.demand import DemandArrays
    from fastgen.orders.parameters import LocationParameters


def draw_orders(
    parameters: LocationParameters, n_customers: int, ranges: Sequence[OrderRange], orders: DayOrders
) -> None:
    """Draw all orders of several ranges in one call of each kernel.

    Every draw is a function of (seed, location, day, draw number). So a range of a day comes out the same
    whether it is drawn alone or with the rest of the day.

    Parameters
    ----------
    parameters
        Parameters of the location.
    n_customers
        Number of customers in the location's route table.
    ranges
        The orders to draw.
    orders
        Output: one entry for each order of the ranges. `line_start[0]` must be set; `id_view` isn't written.
    """
    day = draw_baskets_only(parameters, n_customers, ranges, orders)
    draw, times_us, driver = orders.draw, orders.times_us, parameters.driver_rules
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


def draw_baskets_only(
    parameters: LocationParameters, n_customers: int, ranges: Sequence[OrderRange], orders: DayOrders
) -> NDArray[np.int64]:
    """Draw what customers decide: when they order, what, and where to; parameters as of `draw_orders`.

    Of `orders.times_us` only the first column is written.

    Returns
    -------
    int64 (n_orders,)
        Day of each order.
    """
    # All days together, since calling a kernel takes longer than drawing the orders of a small day.
    # Columns of the array: the fields of OrderRange. The first index isn't needed: no draw depends on it.
    days, first_ranks, n_orders, _ = np.array(ranges, np.int64).reshape(-1, 4).T
    zone, start = parameters.zone, parameters.start
    starts_s = np.stack([minute_starts_s(zone, start, day) for day in days.tolist()])
    draw = orders.draw
    draw_creations(
        parameters.creation,
        days,
        count_minutes(parameters, days),
        starts_s,
        first_ranks,
        n_orders,
        (n_customers, parameters.house_number_max),
        draw,
        orders.times_us,
        orders.customer,
        orders.house_number,
        count_added(parameters, days),
    )
    day: NDArray[np.int64] = np.repeat(days, n_orders)
    draw_baskets(parameters.baskets, day, draw, orders.line_start, orders.line_item, orders.line_qty)
    replace_baskets(parameters.launches, day, orders)
    return day


def count_minutes(parameters: LocationParameters, days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the orders in every minute of the given days, int64 (n_days, 1440)."""
    if parameters.minute_counts is not None:
        usual = parameters.minute_counts[days]
    else:
        usual = _draw_counts(parameters.demand, days)
    added = count_added(parameters, days)
    return usual if added is None else usual + added


def count_added(parameters: LocationParameters, days: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Count the orders that surges add in every minute of the given days; None without a surge."""
    return None if parameters.surge is None else _draw_counts(parameters.surge, days)


def _draw_counts(demand: DemandArrays, days: NDArray[np.int64]) -> NDArray[np.int64]:
    counts = np.empty((len(days), MIN_PER_DAY), np.int64)
    for row, day in enumerate(days.tolist()):
        draw_minute_counts(demand, day, counts[row])
    return counts
