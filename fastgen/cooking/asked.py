"""Draw what the orders of kitchen days ask of stations and couriers (docs/model.md, 4.13)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.kernels.philox import TWO_M32, draw_blocks
from fastgen.model.day_orders import DayOrders
from fastgen.model.order_source import OrderRange
from fastgen.model.wall_clock import minute_starts_s
from fastgen.orders.draws import count_minutes
from fastgen.queueing.kernels.population import LOWEST_ROOT, MEAN_FACTOR, draw_durations
from fastgen.queueing.recipe_steps import list_steps
from fastgen.queueing.site import Demand
from fastgen.rng import Purpose, stream
from fastgen.units import US_PER_MIN, US_PER_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastgen.model.recipes import Recipes
    from fastgen.model.route_table import RouteTable
    from fastgen.model.station_kitchens import StationKitchens
    from fastgen.orders.source import StatisticalSource

# A kitchen day begins at 04:00, when hardly anybody waits for food.
FIRST_MINUTE = 240


class Place(NamedTuple):
    """A location whose kitchens are run.

    Attributes
    ----------
    location_id, code
        The location.
    kitchens
        Its kitchens, stations and couriers.
    recipes
        How the items of the tables are made.
    """

    location_id: int
    code: str
    kitchens: StationKitchens
    recipes: Recipes


class Share(NamedTuple):
    """Orders of one location-day that are made in one kitchen day, `shift_us` after their own creation."""

    orders: OrderRange
    shift_us: int


class Asked:
    """Draws what the orders of a location ask of its kitchens.

    Parameters
    ----------
    source
        Draws customers and baskets, also those of the day after the last one.
    place
        The location.
    routes
        Its customers, and how long the drive to each takes.
    """

    def __init__(self, source: StatisticalSource, place: Place, routes: RouteTable) -> None:
        self._source, self._place, self._routes = source, place, routes
        # The first part of the table has the usual drives, the others those of slower ones.
        self.n_customers = routes.n_customers // len(place.kitchens.slowdowns)
        self._parameters = source.parameters[place.location_id]
        self._durations = stream(source.seed, place.location_id, Purpose.COOKING)
        self._packing = stream(source.seed, place.location_id, Purpose.PACKING)
        self._counts: dict[tuple[int, bool], tuple[int, int]] = {}

    def count_early(self, day: int) -> int:
        """Count the orders of a day before 04:00, which are made in the kitchen day of the day before."""
        return self._count(day)[0]

    def find_shares(self, kitchen_day: int) -> tuple[Share, Share]:
        """Find the orders of a kitchen day: the late ones of its own day, the early ones of the next day.

        Day -1 has no draws: before day 0, the late orders are those of day 0, moved back by its length, as
        they would be without surges and launches, which have not begun yet.
        """
        day = max(kitchen_day, 0)
        n_early, n_orders = self._count(day, undisturbed=kitchen_day < 0)
        late = OrderRange(day, n_early, n_orders - n_early, 0)
        early = OrderRange(kitchen_day + 1, 0, self.count_early(kitchen_day + 1), 0)
        return Share(late, -self._length_us(0) if kitchen_day < 0 else 0), Share(early, 0)

    def draw(self, shares: Sequence[Share]) -> Demand:
        """Draw the orders of some shares, one share after the other."""
        shares = _join(shares)
        ranges = [share.orders for share in shares]
        sizes = [one.n_orders for one in ranges]
        orders = DayOrders.empty(sum(sizes), self._source.lines_max)
        # Orders that are moved back come first.
        moved = [one.orders for one in shares if one.shift_us]
        n_moved = sum(one.n_orders for one in moved)
        for some, section, undisturbed in (
            (moved, orders.section(0, n_moved), True),
            (ranges[len(moved) :], orders.section(n_moved, sum(sizes)), False),
        ):
            self._source.fill_baskets(
                self._place.location_id, some, self.n_customers, section, undisturbed=undisturbed
            )
        line_item = orders.line_item[: orders.line_start[-1]]
        step_start, step_type, expected_us = list_steps(self._place.recipes, line_item)
        ride = self._routes.drive_us[orders.customer]
        day = np.repeat(np.array([one.day for one in ranges], np.int64), sizes)
        return Demand(
            created_us=orders.times_us[:, 0] + np.repeat([share.shift_us for share in shares], sizes),
            number=orders.draw,
            customer=orders.customer.astype(np.int64),
            packing_us=self._draw_packing(day, orders.draw),
            ride_out=ride,
            # Routes are known from the kitchen on alone.
            ride_back=ride,
            line_start=orders.line_start,
            step_start=step_start,
            step_type=step_type,
            duration_us=self._draw_durations(ranges, orders, step_start, expected_us),
            expected_us=expected_us,
            draw=orders.draw,
            line_item=line_item,
        )

    def _draw_durations(
        self,
        ranges: Sequence[OrderRange],
        orders: DayOrders,
        step_start: NDArray[np.int64],
        expected_us: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        duration_us, at = np.empty_like(expected_us), 0
        for day, _, n, _ in ranges:
            some = orders.section(at, at + n)
            draw_durations(
                self._durations, day, some.draw, some.line_start, step_start, expected_us, duration_us
            )
            at += n
        return duration_us

    def _draw_packing(self, day: NDArray[np.int64], draw: NDArray[np.int64]) -> NDArray[np.int64]:
        word, *_ = draw_blocks(self._packing, day, draw, range(1))
        # By the law of the steps, `kernels.population.draw_durations`.
        root = LOWEST_ROOT + (word + 0.5) * TWO_M32
        mean_us = self._place.kitchens.packing_min * US_PER_MIN
        packing: NDArray[np.int64] = np.floor(mean_us * (root * root / MEAN_FACTOR) + 0.5).astype(np.int64)
        return packing

    def _count(self, day: int, *, undisturbed: bool = False) -> tuple[int, int]:
        """Count the orders of a day before 04:00, and all of them."""
        # Several shares need a day's counts, and drawing them takes as long as some orders.
        if (day, undisturbed) not in self._counts:
            parameters = self._parameters.undisturbed if undisturbed else self._parameters
            counts = count_minutes(parameters, np.array([day]))[0]
            self._counts[day, undisturbed] = int(counts[:FIRST_MINUTE].sum()), int(counts.sum())
        return self._counts[day, undisturbed]

    def _length_us(self, day: int) -> int:
        zone, start = self._parameters.zone, self._parameters.start
        begins, ends = (int(minute_starts_s(zone, start, one)[0]) for one in (day, day + 1))
        return (ends - begins) * US_PER_S


def _join(shares: Sequence[Share]) -> list[Share]:
    """Join shares that follow each other within a day: each takes the counts of all minutes of its day."""
    joined = list[Share]()
    for share in shares:
        (day, first, n, _), shift_us = share
        if joined:
            before = joined[-1].orders
            follows = (before.day, before.first_rank + before.n_orders) == (day, first)
            if follows and joined[-1].shift_us == shift_us:
                joined[-1] = Share(before._replace(n_orders=before.n_orders + n), shift_us)
                continue
        joined.append(share)
    return joined


def cut_shares(shares: Sequence[Share], n_orders: int) -> list[list[Share]]:
    """Cut shares into parts of at most `n_orders` orders, without empty ones."""
    return [
        [
            Share(
                one._replace(first_rank=one.first_rank + at, n_orders=min(n_orders, one.n_orders - at)), shift
            )
        ]
        for one, shift in shares
        for at in range(0, one.n_orders, n_orders)
    ]
