"""A second source of orders: every kitchen gets an order at the same minutes of every day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fastgen.model.day_orders import DayOrders
    from fastgen.model.dimensions import Dimensions
    from fastgen.model.order_source import OrderRange
    from fastgen.model.route_table import RouteTable
    from fastgen.model.scenario import Scenario

EVERY_MIN, MIN_PER_DAY, US_PER_MIN = 40, 1440, 60_000_000
# Minutes from an order's creation to each step; the food of the last one of a day waits for two hours.
STEPS_MIN = (0, 1, 9, 12, 13, 15)
WAIT_MIN = 120
PER_DAY = MIN_PER_DAY // EVERY_MIN


@dataclass(frozen=True)
class Timetable:
    """Orders of a fixed timetable."""

    item_row: Mapping[int, int]
    n_orders: Mapping[int, NDArray[np.int64]]
    first_index: Mapping[int, NDArray[np.int64]]
    lines_max: int = 1
    longest_preparation_s: int = 60 * (STEPS_MIN[-1] + WAIT_MIN)
    name: str | None = "timetable 1"
    steps_min: tuple[int, ...] = STEPS_MIN
    qty: int = 1
    may_end_early: bool = False

    @property
    def expected_orders(self) -> Mapping[int, NDArray[np.float64]]:
        return {key: counts.astype(np.float64) for key, counts in self.n_orders.items()}

    def fill(
        self, location_id: int, ranges: Sequence[OrderRange], routes: RouteTable, orders: DayOrders
    ) -> None:
        at = 0
        for day, first_rank, n, _ in ranges:
            rank, mine = first_rank + np.arange(n), slice(at, at + n)
            orders.draw[mine] = rank
            minutes = day * MIN_PER_DAY + rank[:, None] * EVERY_MIN + np.array(self.steps_min)
            minutes[:, 3:] += WAIT_MIN * (rank[:, None] == PER_DAY - 1)
            orders.times_us[mine] = minutes * US_PER_MIN
            orders.customer[mine] = (day + location_id + 7 * rank) % routes.n_customers
            orders.house_number[mine] = 1 + rank
            at += n
        start = int(orders.line_start[0])
        orders.line_start[:] = start + np.arange(at + 1)
        orders.line_item[start : start + at] = self.item_row[location_id]
        orders.line_qty[start : start + at] = self.qty


def make_timetable(scenario: Scenario, dims: Dimensions, _: Mapping[int, RouteTable]) -> Timetable:
    ids = [place.location_id for place in scenario.locations]
    n_orders = np.full((len(ids), scenario.days), PER_DAY, np.int64)
    ends = np.cumsum(n_orders.T.ravel()).reshape(scenario.days, len(ids)).T
    by_id = dict(zip(ids, n_orders, strict=True))
    return Timetable(
        item_row={key: find_first_item(dims, key) for key in ids},
        n_orders=by_id,
        first_index=dict(zip(ids, ends - n_orders, strict=True)),
    )


def find_first_item(dims: Dimensions, location_id: int) -> int:
    """Find a row of the items that a brand sells which is there from the first day on."""
    placed = dims.brand_locations
    there = (placed.location_id == location_id) & (placed.start_day <= 0) & np.isnan(placed.end_day)
    return int(np.flatnonzero(dims.items.brand_id == placed.brand_id[there][0])[0])
