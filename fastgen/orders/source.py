"""Make orders from scenario, tables and seed alone: how many there are, and each of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from fastgen.errors import ScenarioError
from fastgen.kernels.order_ids import MAX_ORDERS
from fastgen.model.bounds import bound_preparation_s
from fastgen.orders.draws import draw_baskets_only, draw_orders
from fastgen.orders.expected import check_expected_orders, expected_orders, target_orders
from fastgen.orders.kernels.demand import count_orders
from fastgen.orders.outside import draw_outside_orders
from fastgen.orders.parameters import build_location_parameters
from fastgen.units import MIN_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from numpy.typing import NDArray

    from fastgen.model.day_orders import DayOrders
    from fastgen.model.dimensions import Dimensions
    from fastgen.model.order_source import OrderRange
    from fastgen.model.route_table import RouteTable
    from fastgen.model.scenario import Scenario
    from fastgen.orders.parameters import LocationParameters

# Up to this many location-days, the source keeps the number of orders of every minute (12 MB for 1,000), so
# that drawing the orders needn't count them again.
_LOCATION_DAYS_KEPT = 1000
# Most days that are drawn together: the counts and start times of their minutes alone take 23 KB a day.
_DAYS_AT_ONCE = 128


@dataclass(frozen=True, eq=False)
class StatisticalSource:
    """An `OrderSource` whose location-days are drawn independently of each other; it completes orders too.

    Attributes
    ----------
    seed
        The scenario's seed.
    parameters
        Parameters of each location, by location_id.
    n_orders, first_index, expected_orders, lines_max, longest_preparation_s
        See `OrderSource`.
    """

    seed: int
    parameters: Mapping[int, LocationParameters]
    n_orders: Mapping[int, NDArray[np.int64]]
    first_index: Mapping[int, NDArray[np.int64]]
    expected_orders: Mapping[int, NDArray[np.float64]]
    lines_max: int
    longest_preparation_s: int

    @property
    def name(self) -> str | None:
        """Return None: scenario and tables alone decide the orders, so a manifest needs no source name."""
        return None

    @property
    def may_end_early(self) -> bool:
        """Return False: every order is delivered."""
        return False

    @classmethod
    def of(
        cls, scenario: Scenario, dims: Dimensions, zones: Mapping[int, ZoneInfo], days_after: int = 0
    ) -> Self:
        """Count the orders of all locations of a scenario.

        Locations that aren't built are counted too: an order's index, and so its id, counts the orders of all
        earlier location-days.

        Parameters
        ----------
        scenario, dims
            The scenario and its tables.
        zones
            Time zones by location_id if timestamps are UTC; else empty.
        days_after
            Number of days after the scenario's last one whose orders can be drawn too, though they aren't
            counted: those of a longer scenario.

        Raises
        ------
        ScenarioError
            If the scenario expects more orders than a dataset can hold.
        """
        expected, targets = expected_orders(scenario), target_orders(scenario, days_after)
        check_expected_orders(scenario, expected)
        locations = scenario.locations
        parameters, n_orders, first_index = _index_orders(
            [
                build_location_parameters(
                    scenario, dims, location, targets[row], zones.get(location.location_id)
                )
                for row, location in enumerate(locations)
            ],
            scenario.days,
        )
        ids = [location.location_id for location in locations]
        return cls(
            seed=scenario.seed,
            parameters=dict(zip(ids, parameters, strict=True)),
            n_orders=dict(zip(ids, n_orders, strict=True)),
            first_index=dict(zip(ids, first_index, strict=True)),
            expected_orders=dict(zip(ids, expected, strict=True)),
            lines_max=max(one.lines_max for one in parameters),
            longest_preparation_s=bound_preparation_s(scenario),
        )

    def fill(
        self, location_id: int, ranges: Sequence[OrderRange], routes: RouteTable, orders: DayOrders
    ) -> None:
        """Draw the orders of the given ranges; see `OrderSource.fill`."""
        for some, section in _in_steps(ranges, orders):
            draw_orders(self.parameters[location_id], routes.n_customers, some, section)

    def fill_baskets(
        self,
        location_id: int,
        ranges: Sequence[OrderRange],
        n_customers: int,
        orders: DayOrders,
        *,
        undisturbed: bool = False,
    ) -> None:
        """Draw the orders of the given ranges without the times after their creation.

        If undisturbed, they are those without surges and launches.
        """
        parameters = self.parameters[location_id]
        parameters = parameters.undisturbed if undisturbed else parameters
        for some, section in _in_steps(ranges, orders):
            draw_baskets_only(parameters, n_customers, some, section)

    def complete(
        self,
        location_id: int,
        routes: RouteTable,
        day: NDArray[np.int64],
        index: NDArray[np.int64],
        orders: DayOrders,
    ) -> None:
        """Draw what orders made elsewhere leave open; see `CompletesOrders.complete`."""
        draw_outside_orders(self.parameters[location_id], self.seed, routes.n_customers, day, index, orders)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the minute counts: drawing them anew is faster than reading them from a pickle."""
        parameters = {key: one._replace(minute_counts=None) for key, one in self.parameters.items()}
        return {**vars(self), "parameters": parameters}


def _in_steps(
    ranges: Sequence[OrderRange], orders: DayOrders
) -> Iterator[tuple[Sequence[OrderRange], DayOrders]]:
    """Cut ranges and their orders into steps, so that memory stays bounded for scenarios of many days."""
    at = 0
    for first in range(0, len(ranges), _DAYS_AT_ONCE):
        some = ranges[first : first + _DAYS_AT_ONCE]
        n = sum(one.n_orders for one in some)
        yield some, orders.section(at, at + n)
        at += n


def _index_orders(
    parameters: list[LocationParameters], n_days: int
) -> tuple[list[LocationParameters], NDArray[np.int64], NDArray[np.int64]]:
    """Count the orders of every location-day, and number them by (day, location_id).

    Returns
    -------
    list of LocationParameters
        The parameters, with the minute counts of all their days if they are kept.
    int64 (n_locations, n_days)
        Number of orders of each location-day.
    int64 (n_locations, n_days)
        Index of its first order in the dataset.

    Raises
    ------
    ScenarioError
        If there are more orders than ids.
    """
    n_days_drawn = len(parameters[0].demand.expected)
    n_drawn = np.zeros((len(parameters), n_days_drawn), np.int64)
    if len(parameters) * n_days <= _LOCATION_DAYS_KEPT:
        kept = np.empty((len(parameters), n_days_drawn, MIN_PER_DAY), np.int64)
        parameters = [
            one._replace(minute_counts=counts) for one, counts in zip(parameters, kept, strict=True)
        ]
    # Threads run in parallel here, since compiled code releases the GIL.
    with ThreadPoolExecutor() as pool:
        demands, counts = [one.demand for one in parameters], [one.minute_counts for one in parameters]
        list(pool.map(count_orders, demands, n_drawn, counts))
    for row, one in enumerate(parameters):
        if one.surge is not None:
            added = np.empty(n_days_drawn, np.int64)
            count_orders(one.surge, added)
            n_drawn[row] += added
    n_orders = np.ascontiguousarray(n_drawn[:, :n_days])
    # Counted day by day, so that a longer scenario keeps the ids of a shorter one.
    ends = np.cumsum(n_orders.T.ravel()).reshape(n_days, len(parameters)).T
    if ends[-1, -1] > MAX_ORDERS:
        raise ScenarioError(f"scale, days: expected at most {MAX_ORDERS} orders, got {ends[-1, -1]}.")
    return parameters, n_orders, np.ascontiguousarray(ends - n_orders)
