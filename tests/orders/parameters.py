"""Kitchens of the canonical scenario, changed as a test wants, and whole days of their orders."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.inputs.loading import load_inputs
from fastgen.inputs.timezones import load_zone
from fastgen.kernels.order_ids import write_order_ids
from fastgen.model.day_orders import DayOrders
from fastgen.model.order_source import OrderRange
from fastgen.orders.draws import draw_orders
from fastgen.orders.expected import target_orders
from fastgen.orders.kernels.demand import count_orders
from fastgen.orders.parameters import LocationParameters, build_location_parameters
from fastgen.rng import Purpose, stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.model.scenario import Scenario


def make_model(code: str = "sf", **changes: Any) -> LocationParameters:
    """Model of a canonical location in the canonical scenario with other values for some fields."""
    scenario, dims = load_inputs(None, None)
    scenario = dataclasses.replace(scenario, **changes)
    return model_of(scenario, code, dims)


def model_of(scenario: Scenario, code: str, dims: Any = None) -> LocationParameters:
    """Model of one location of a scenario."""
    row, place = next((i, p) for i, p in enumerate(scenario.locations) if p.code == code)
    tables = load_inputs(None, None)[1] if dims is None else dims
    zone = load_zone(place.timezone) if scenario.clock == "utc" else None
    return build_location_parameters(scenario, tables, place, target_orders(scenario)[row], zone)


def count_days(model: LocationParameters) -> NDArray[np.int64]:
    """Orders of every day."""
    n_orders = np.zeros(len(model.demand.expected), np.int64)
    count_orders(model.demand, n_orders)
    return n_orders


def count_day(model: LocationParameters, day: int) -> int:
    """Orders of one day; the others, without demand, cost nothing."""
    demand = model.demand
    expected = np.where(np.arange(len(demand.expected)) == day, demand.expected, 0.0)
    return int(count_days(model._replace(demand=demand._replace(expected=expected)))[day])


def simulate(
    model: LocationParameters, n_customers: int, ranges: list[OrderRange], orders: DayOrders
) -> None:
    """Draw orders, and give them their ids."""
    draw_orders(model, n_customers, ranges, orders)
    index = np.concatenate([one.first_index + np.arange(one.n_orders) for one in ranges])
    write_order_ids(stream(42, 0, Purpose.ORDER_ID), index, orders.id_view)


def simulate_stretch(
    model: LocationParameters, day: int, first: int, n: int, n_customers: int = 500, first_index: int = 0
) -> DayOrders:
    """Draw some orders of a day, by rank."""
    orders = DayOrders.empty(n, model.lines_max)
    simulate(model, n_customers, [OrderRange(day, first, n, first_index + first)], orders)
    return orders


def simulate_all(
    model: LocationParameters, day: int, n_customers: int = 500, first_index: int = 0
) -> DayOrders:
    """Draw a whole day."""
    return simulate_stretch(model, day, 0, count_day(model, day), n_customers, first_index)


def same_orders(one: DayOrders, other: DayOrders) -> bool:
    """Whether two stretches hold the same orders; their lines may start elsewhere."""
    columns = ("draw", "times_us", "customer", "house_number", "id_view")
    same = all(np.array_equal(getattr(one, c), getattr(other, c)) for c in columns)
    lines = [(o.line_start - o.line_start[0]).tolist() for o in (one, other)]
    texts = [
        (
            o.line_item[o.line_start[0] : o.line_start[-1]].tolist(),
            o.line_qty[o.line_start[0] : o.line_start[-1]].tolist(),
        )
        for o in (one, other)
    ]
    return same and lines[0] == lines[1] and texts[0] == texts[1]
