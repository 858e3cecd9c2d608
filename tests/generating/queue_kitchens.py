"""A third source of orders: kitchens with one cook, who turn orders away while the queue is long.

How many orders a day has is known only when the kitchen has been run, from day 0 to the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tests.generating.timetable import MIN_PER_DAY, US_PER_MIN, find_first_item

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastgen.model.day_orders import DayOrders
    from fastgen.model.dimensions import Dimensions
    from fastgen.model.order_source import OrderRange
    from fastgen.model.route_table import RouteTable
    from fastgen.model.scenario import Scenario

CALLS_PER_DAY = 60
COOKING_MIN = 30
MAX_WAIT_MIN = 120
# Minutes from the end of cooking to ready, the driver's arrival and the pick-up.
PACKING_MIN = (1, 1, 2)


class Run(NamedTuple):
    """What running a kitchen gave."""

    n_orders: NDArray[np.int64]
    steps_min: NDArray[np.int64]


class Computed(Mapping[int, Any]):
    """Values by location_id that are computed when they are asked for."""

    def __init__(self, ids: Sequence[int], compute: Callable[[int], Any]) -> None:
        self._ids, self._compute = ids, compute

    def __getitem__(self, location_id: int) -> Any:
        return self._compute(location_id)

    def __iter__(self) -> Iterator[int]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


class QueueKitchens:
    """An `OrderSource` that runs a location when its counts are first asked for, and keeps the orders."""

    name: str | None = "queue kitchens 1"
    lines_max = 1
    may_end_early = False
    longest_preparation_s = 60 * (MAX_WAIT_MIN + COOKING_MIN + PACKING_MIN[-1])

    def __init__(self, seed: int, days: int, item_row: Mapping[int, int]) -> None:
        self.seed, self.days, self.item_row = seed, days, item_row
        self.runs: dict[int, Run] = {}
        self._lock = Lock()

    @property
    def n_orders(self) -> Mapping[int, NDArray[np.int64]]:
        return Computed(list(self.item_row), lambda key: self._run(key).n_orders)

    @property
    def first_index(self) -> Mapping[int, NDArray[np.int64]]:
        return Computed(list(self.item_row), self._first_index)

    @property
    def expected_orders(self) -> Mapping[int, NDArray[np.float64]]:
        return {key: np.full(self.days, MIN_PER_DAY / COOKING_MIN) for key in self.item_row}

    def fill(
        self, location_id: int, ranges: Sequence[OrderRange], routes: RouteTable, orders: DayOrders
    ) -> None:
        run, at = self._run(location_id), 0
        for day, first_rank, n, _ in ranges:
            first, mine = int(run.n_orders[:day].sum()) + first_rank, slice(at, at + n)
            orders.draw[mine] = first_rank + np.arange(n)
            orders.times_us[mine] = run.steps_min[first : first + n] * US_PER_MIN
            orders.customer[mine] = (first + np.arange(n)) % routes.n_customers
            orders.house_number[mine] = 1 + first_rank + np.arange(n)
            at += n
        start = int(orders.line_start[0])
        orders.line_start[:] = start + np.arange(at + 1)
        orders.line_item[start : start + at] = self.item_row[location_id]
        orders.line_qty[start : start + at] = 1

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what another process has to run for itself."""
        return {**vars(self), "runs": {}, "_lock": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=Lock())

    def _first_index(self, location_id: int) -> NDArray[np.int64]:
        counts = np.stack([self._run(key).n_orders for key in self.item_row], axis=1)
        ends = np.cumsum(counts.ravel()).reshape(counts.shape)
        found: NDArray[np.int64] = (ends - counts)[:, list(self.item_row).index(location_id)]
        return found

    def _run(self, location_id: int) -> Run:
        with self._lock:
            if location_id not in self.runs:
                self.runs[location_id] = run_kitchen(self.seed, location_id, self.days)
            return self.runs[location_id]


def run_kitchen(seed: int, location_id: int, days: int) -> Run:
    """Run a kitchen: orders wait for those before them, over midnight too."""
    draws, n_orders, steps = np.random.default_rng([seed, location_id]), np.zeros(days, np.int64), []
    free_min = 0
    for day in range(days):
        for called_min in day * MIN_PER_DAY + np.sort(draws.integers(0, MIN_PER_DAY, CALLS_PER_DAY)):
            started_min = max(int(called_min), free_min)
            if started_min - called_min <= MAX_WAIT_MIN:
                free_min = started_min + COOKING_MIN
                steps.append([called_min, started_min, free_min, *(free_min + m for m in PACKING_MIN)])
                n_orders[day] += 1
    return Run(n_orders, np.array(steps, np.int64))


def make_queue_kitchens(scenario: Scenario, dims: Dimensions, _: Mapping[int, RouteTable]) -> QueueKitchens:
    ids = [place.location_id for place in scenario.locations]
    return QueueKitchens(scenario.seed, scenario.days, {key: find_first_item(dims, key) for key in ids})
