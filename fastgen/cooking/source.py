"""Make the orders of the statistical source, with times from kitchens with stations and couriers."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.cooking.asked import Place
from fastgen.cooking.kitchen_days import KitchenDays
from fastgen.cooking.recipes import make_recipes
from fastgen.model.day_orders import CANCEL_REASONS, NEVER_US, NOT_YET_US
from fastgen.orders.source import StatisticalSource
from fastgen.units import S_PER_MIN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from numpy.typing import NDArray

    from fastgen.model.day_orders import DayOrders
    from fastgen.model.dimensions import Dimensions
    from fastgen.model.order_source import OrderRange
    from fastgen.model.route_table import RouteTable
    from fastgen.model.scenario import Scenario

# Raised with every change of what kitchens make of the same orders: recipes, draws, rules of the engine.
VERSION = 1
_CLOSED = 1 + CANCEL_REASONS.index("kitchen_closed")
# Kitchen days that are kept: the two of a location-day whose orders are asked for in parts.
_DAYS_KEPT = 2


class StationsSource:
    """An `OrderSource` whose location-days run through kitchens; orders are those of a statistical source.

    Parameters
    ----------
    orders
        Draws customers and baskets of the scenario's days and of the day after.
    places
        The locations with their kitchens, by location_id.
    """

    def __init__(self, orders: StatisticalSource, places: Mapping[int, Place]) -> None:
        self.orders, self.places = orders, places
        self._kept: OrderedDict[tuple[int, int], NDArray[np.int64]] = OrderedDict()
        self._lock = Lock()

    @classmethod
    def of(cls, scenario: Scenario, dims: Dimensions, zones: Mapping[int, ZoneInfo]) -> StationsSource:
        """Count the orders of a scenario with a table `kitchen`; otherwise as `StatisticalSource.of`."""
        recipes = make_recipes(dims)
        kitchens = {one.location_id: scenario.kitchens_of(one) for one in scenario.locations}
        places = {
            one.location_id: Place(one.location_id, one.code, own, recipes)
            for one in scenario.locations
            if (own := kitchens[one.location_id]) is not None
        }
        return cls(StatisticalSource.of(scenario, dims, zones, days_after=1), places)

    @property
    def name(self) -> str:
        """Name and version."""
        return f"stations {VERSION}"

    @property
    def n_orders(self) -> Mapping[int, NDArray[np.int64]]:
        """Orders of each day, by location_id."""
        return self.orders.n_orders

    @property
    def first_index(self) -> Mapping[int, NDArray[np.int64]]:
        """Index of each day's first order, by location_id."""
        return self.orders.first_index

    @property
    def expected_orders(self) -> Mapping[int, NDArray[np.float64]]:
        """Orders expected of each day, by location_id."""
        return self.orders.expected_orders

    @property
    def lines_max(self) -> int:
        """Most lines of an order."""
        return self.orders.lines_max

    @property
    def longest_preparation_s(self) -> int:
        """Most seconds from creation to pick-up: a kitchen day in which an order takes longer is refused."""
        return max(place.kitchens.longest_min for place in self.places.values()) * S_PER_MIN

    @property
    def may_end_early(self) -> bool:
        """Whether all kitchens of a location are closed at some time: then orders are cancelled."""
        # By the scenario alone, so that fewer days or locations are rows of the same form.
        return any(place.kitchens.may_close for place in self.places.values())

    def fill(
        self, location_id: int, ranges: Sequence[OrderRange], routes: RouteTable, orders: DayOrders
    ) -> None:
        """Draw the orders of the given ranges and run their kitchen days; see `OrderSource.fill`.

        Raises
        ------
        ScenarioError
            If an order takes longer than `longest_min` of its kitchens.
        """
        days, at = KitchenDays(self.orders, self.places[location_id], routes), 0
        self.orders.fill_baskets(location_id, ranges, days.asked.n_customers, orders)
        n_early = {day: days.asked.count_early(day) for day, *_ in ranges}
        if len(orders.draw) == 0:
            days.run_nothing()
        made = self._run(days, location_id, _kitchen_days(ranges, n_early))
        for day, first, n, _ in ranges:
            early = min(max(n_early[day] - first, 0), n)
            times = orders.times_us[at : at + n, 1:]
            if early > 0:
                before = made[day - 1]
                begin = len(before) - n_early[day] + first
                times[:early] = before[begin : begin + early]
            if early < n:
                begin = first + early - n_early[day]
                times[early:] = made[day][begin : begin + n - early]
            at += n
        orders.customer[:] = days.find_rows(orders.customer, orders.times_us[:, -1])
        if orders.endings is not None:
            is_cancelled = orders.times_us[:, 1] == NOT_YET_US
            orders.endings.cut_us[:] = NEVER_US
            orders.endings.cancelled_us[:] = np.where(is_cancelled, orders.times_us[:, 0], NOT_YET_US)
            orders.endings.reason[:] = np.where(is_cancelled, _CLOSED, 0)

    def _run(
        self, days: KitchenDays, location_id: int, wanted: Sequence[int]
    ) -> dict[int, NDArray[np.int64]]:
        """Run the kitchen days that aren't kept; return the times of all that are wanted."""
        with self._lock:
            found = {day: self._kept[location_id, day] for day in wanted if (location_id, day) in self._kept}
        found |= days.run([day for day in wanted if day not in found])
        with self._lock:
            for day in sorted(found)[-_DAYS_KEPT:]:
                self._kept[location_id, day] = found[day]
                self._kept.move_to_end((location_id, day))
            while len(self._kept) > _DAYS_KEPT:
                self._kept.popitem(last=False)
        return found

    def __getstate__(self) -> dict[str, Any]:
        """Leave out kitchen days, which another process can run as fast as read."""
        return {"orders": self.orders, "places": self.places}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Begin without kitchen days."""
        self.__init__(**state)  # type: ignore[misc]


def _kitchen_days(ranges: Sequence[OrderRange], n_early: Mapping[int, int]) -> list[int]:
    """List the kitchen days in which orders of some ranges are made, in order."""
    early = {day - 1 for day, first, n, _ in ranges if n > 0 and first < n_early[day]}
    late = {day for day, first, n, _ in ranges if first + n > n_early[day]}
    return sorted(early | late)
