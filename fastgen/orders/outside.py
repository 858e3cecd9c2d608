"""Draw what orders that were made elsewhere leave open: customer, basket, service times, driver's arrival."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.kernels.philox import below_each, draw_blocks
from fastgen.orders.kernels.baskets import draw_baskets
from fastgen.orders.kernels.delivery import draw_driver_arrivals
from fastgen.orders.kernels.kitchen import draw_service_times
from fastgen.rng import Purpose, stream

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fastgen.model.day_orders import DayOrders
    from fastgen.orders.parameters import LocationParameters


def draw_outside_orders(
    parameters: LocationParameters,
    seed: int,
    n_customers: int,
    day: NDArray[np.int64],
    index: NDArray[np.int64],
    orders: DayOrders,
) -> None:
    """Draw orders by the rules of a location, each from streams that no order of the scenario draws from.

    Parameters
    ----------
    parameters
        Parameters of the location.
    seed
        The scenario's seed.
    n_customers
        Number of customers in the location's route table.
    day, index, orders
        As `CompletesOrders.complete` has them.
    """
    creation, basket, kitchen, driver = (
        stream(seed, parameters.location_id, purpose)
        for purpose in (
            Purpose.OUTSIDE_CREATION,
            Purpose.OUTSIDE_BASKET,
            Purpose.OUTSIDE_KITCHEN,
            Purpose.OUTSIDE_DRIVER,
        )
    )
    rules = parameters.driver_rules
    # Two orders of a day whose ids have the same hash get the same draws, and are two orders all the same.
    orders.draw[:] = index
    words = draw_blocks(creation, day, index, range(1))
    orders.customer[:] = below_each(words[0], n_customers)
    orders.house_number[:] = below_each(words[1], parameters.house_number_max) + 1
    draw_baskets(
        # The stream that is there is the one of the scenario's own baskets.
        parameters.baskets._replace(stream=basket),
        day,
        index,
        orders.line_start,
        orders.line_item,
        orders.line_qty,
    )
    draw_service_times(kitchen, day, index, parameters.mean_sd_min, parameters.minimum_min, orders.times_us)
    draw_driver_arrivals(
        driver,
        day,
        index,
        float(rules.after_ready_probability),
        float(rules.arrival_alpha),
        float(rules.arrival_beta),
        orders.times_us,
    )
