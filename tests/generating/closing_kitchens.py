"""A source whose orders may end early: kitchens close, customers give up, and every day is cut off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.model.day_orders import NOT_YET_US
from tests.generating.timetable import MIN_PER_DAY, US_PER_MIN, find_first_item

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fastgen.model.day_orders import DayOrders
    from fastgen.model.dimensions import Dimensions
    from fastgen.model.order_source import OrderRange
    from fastgen.model.route_table import RouteTable
    from fastgen.model.scenario import Scenario

CALLS_PER_DAY = 60
COOKING_MIN, DRIVER_AFTER_MIN, PACKING_MIN = 30, 10, (1, 2)
MAX_WAIT_MIN = 120
CLOSED_MIN = range(14 * 60, 15 * 60)
# No calls after it. The first meal that is picked up later is on the road at the cut, others are not ready.
LAST_CALL_MIN = 21 * 60 + 30
KITCHEN_CLOSED, NO_ROUTE = 1, 2
NOT_YET = -1


class Day(NamedTuple):
    """What a kitchen did on one day, minutes since the epoch; -1: never."""

    steps_min: NDArray[np.int64]
    cancelled_min: NDArray[np.int64]
    reason: NDArray[np.int8]
    cut_min: float


@dataclass(frozen=True)
class ClosingKitchens:
    """An `OrderSource` whose orders are cancelled for every reason and at every step, or open at the cut."""

    seed: int
    item_row: Mapping[int, int]
    n_orders: Mapping[int, NDArray[np.int64]]
    first_index: Mapping[int, NDArray[np.int64]]
    name: str | None = "closing kitchens 1"
    lines_max: int = 1
    may_end_early: bool = True
    longest_preparation_s: int = 60 * (MAX_WAIT_MIN + COOKING_MIN + sum(PACKING_MIN))
    calls_per_day: int = CALLS_PER_DAY

    @property
    def expected_orders(self) -> Mapping[int, NDArray[np.float64]]:
        return {key: counts.astype(np.float64) for key, counts in self.n_orders.items()}

    def fill(
        self, location_id: int, ranges: Sequence[OrderRange], routes: RouteTable, orders: DayOrders
    ) -> None:
        at = 0
        assert orders.endings is not None
        for day, first_rank, n, first_index in ranges:
            run = run_day(self.seed, location_id, day, self.calls_per_day)
            mine, some = slice(at, at + n), slice(first_rank, first_rank + n)
            # Microseconds of its own in each order, so that what is cut off within a second matters.
            index = first_index + np.arange(n)
            us = 7919 * index % 60_000_000
            steps = run.steps_min[some]
            orders.draw[mine] = first_rank + np.arange(n)
            orders.times_us[mine] = np.where(steps == NOT_YET, NOT_YET_US, steps * US_PER_MIN + us[:, None])
            orders.customer[mine] = 7 * index % routes.n_customers
            orders.house_number[mine] = 1 + first_rank + np.arange(n)
            cancelled = run.cancelled_min[some]
            orders.endings.cut_us[mine] = int(run.cut_min * US_PER_MIN)
            orders.endings.cancelled_us[mine] = np.where(
                cancelled == NOT_YET, NOT_YET_US, cancelled * US_PER_MIN + us
            )
            orders.endings.reason[mine] = run.reason[some]
            at += n
        start = int(orders.line_start[0])
        orders.line_start[:] = start + np.arange(at + 1)
        orders.line_item[start : start + at] = self.item_row[location_id]
        orders.line_qty[start : start + at] = 1


def run_day(seed: int, location_id: int, day: int, n_calls: int) -> Day:
    """Run a kitchen for a day: one order at a time, in the order of their calls."""
    draws, midnight, free_min = np.random.default_rng([seed, location_id, day]), day * MIN_PER_DAY, 0
    steps, cancelled, reasons = [], [], []
    for rank, called in enumerate(np.sort(draws.integers(0, LAST_CALL_MIN, n_calls)).tolist()):
        begins = max(called, free_min)
        row, ends, reason = [called, *[NOT_YET - midnight] * 5], NOT_YET - midnight, 0
        if rank % 13 == 5:
            ends, reason = called + 1, NO_ROUTE
        elif called in CLOSED_MIN or begins in CLOSED_MIN:
            ends, reason = max(called, CLOSED_MIN[0]), KITCHEN_CLOSED
        elif begins - called > MAX_WAIT_MIN:
            ends, reason = called + MAX_WAIT_MIN, KITCHEN_CLOSED
        else:
            free_min = begins + COOKING_MIN
            ready = free_min + PACKING_MIN[0]
            row = [called, begins, free_min, ready, begins + DRIVER_AFTER_MIN, ready + PACKING_MIN[1]]
            if rank % 9 == 4:  # the oven breaks while the driver waits
                ends, reason = begins + 20, KITCHEN_CLOSED
                row = [called, begins, *[NOT_YET - midnight] * 2, row[4], NOT_YET - midnight]
        steps.append(row)
        cancelled.append(ends)
        reasons.append(reason)
    late = [row[-1] for row in steps if row[-1] >= LAST_CALL_MIN]
    return Day(
        midnight + np.array(steps, np.int64),
        midnight + np.array(cancelled, np.int64),
        np.array(reasons, np.int8),
        midnight + min(late, default=LAST_CALL_MIN) + 1.5,
    )


def make_closing_kitchens(
    scenario: Scenario, dims: Dimensions, _: Mapping[int, RouteTable], calls_per_day: int = CALLS_PER_DAY
) -> ClosingKitchens:
    ids = [place.location_id for place in scenario.locations]
    n_orders = np.full((len(ids), scenario.days), calls_per_day, np.int64)
    ends = np.cumsum(n_orders.T.ravel()).reshape(scenario.days, len(ids)).T
    return ClosingKitchens(
        seed=scenario.seed,
        item_row={key: find_first_item(dims, key) for key in ids},
        n_orders=dict(zip(ids, n_orders, strict=True)),
        first_index=dict(zip(ids, ends - n_orders, strict=True)),
        calls_per_day=calls_per_day,
    )
