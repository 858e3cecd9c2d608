"""Replace baskets by those of brands that are launched during a scenario (docs/model.md, 4.13)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.model.dimensions import END_OF_TIME
from fastgen.model.disturbances import BRAND_LAUNCH
from fastgen.model.wall_clock import instant_us
from fastgen.orders.kernels.baskets import BasketArrays, draw_baskets
from fastgen.rng import Purpose, stream
from fastgen.units import MIN_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from numpy.typing import NDArray

    from fastgen.model.day_orders import DayOrders
    from fastgen.model.dimensions import Dimensions
    from fastgen.model.location import Location
    from fastgen.model.scenario import Scenario

# Days are below this, so a day and the position of a brand fit into one word of a counter.
_DAYS_END = 1 << 16


class Launch(NamedTuple):
    """A brand that is sold from some moment on.

    Attributes
    ----------
    from_us
        The moment, microseconds since the epoch.
    position
        Position of the brand's first placement among those of the location, which are sorted by brand.
    items
        int32 (n,), rows of the brand's items.
    baskets
        Baskets with this brand and those launched before it on sale, from a stream of their own.
    """

    from_us: int
    position: int
    items: NDArray[np.int32]
    baskets: BasketArrays


def split_launches(
    scenario: Scenario,
    dims: Dimensions,
    location: Location,
    brand_id: NDArray[np.int64],
    baskets: BasketArrays,
    zone: ZoneInfo | None,
) -> tuple[BasketArrays, tuple[Launch, ...]]:
    """Split the launches of a location off its baskets.

    Parameters
    ----------
    scenario, dims, location
        The scenario, its tables, and one of its locations.
    brand_id
        int64 (n_placed,), brand of each placement in `baskets`.
    baskets
        The location's baskets by its placements alone.
    zone
        Time zone of the location if timestamps are UTC; None if they are its wall clock.

    Returns
    -------
    tuple of (BasketArrays, tuple of Launch)
        Baskets without the brands that are launched, and the launches in the order of time.
    """
    kitchens = scenario.kitchens_of(location)
    stated = () if kitchens is None else kitchens.disturbances
    launches = [one for one in stated if one.kind == BRAND_LAUNCH]
    if not launches:
        return baskets, ()
    names = dict(zip(dims.brands.brand_id.tolist(), dims.brands.name, strict=True))
    placed = np.array([names[brand] for brand in brand_id.tolist()], object)
    base = baskets._replace(
        start_day=np.where(
            np.isin(placed, [str(one.brand) for one in launches]), END_OF_TIME, baskets.start_day
        )
    )
    own = stream(scenario.seed, location.location_id, Purpose.LAUNCHED_BASKET)
    found, opened = list[Launch](), base.start_day
    for one in sorted(launches, key=lambda launch: (launch.from_min, launch.brand)):
        rows, day = np.flatnonzero(placed == one.brand), one.from_min // MIN_PER_DAY
        # Its popularity grows from the launch on.
        opened = opened.copy()
        opened[rows] = np.maximum(baskets.start_day[rows], day)
        first = int(rows[0])
        items = baskets.item[baskets.item_start[first] : baskets.item_start[first + 1]]
        moment = instant_us(zone, scenario.start, one.from_min)
        found.append(Launch(moment, first, items, baskets._replace(stream=own, start_day=opened)))
    return base, tuple(found)


def replace_baskets(launches: Sequence[Launch], day: NDArray[np.int64], orders: DayOrders) -> None:
    """Give orders the baskets with a launched brand that they get once it is on sale.

    For each launch in turn, an order that is created from then on gets a second basket, drawn with the brand
    on sale. It replaces the first one if the brand is in it. So no other basket changes.

    Parameters
    ----------
    launches
        As of `split_launches`.
    day
        int64 (n_orders,), day of each order.
    orders
        Orders with their creation and their first baskets; input and output.
    """
    for launch in launches:
        some = np.flatnonzero(orders.times_us[:, 0] >= launch.from_us)
        if len(some):
            _replace_some(launch, some, day[some], orders)


def _replace_some(launch: Launch, some: NDArray[np.int64], day: NDArray[np.int64], orders: DayOrders) -> None:
    baskets, n = launch.baskets, len(some)
    lines_max = max(1, baskets.brands_max) * baskets.items_max
    start = np.zeros(n + 1, np.int64)
    item, qty = np.empty(n * lines_max, np.int32), np.empty(n * lines_max, np.int8)
    address = day + launch.position % _DAYS_END * _DAYS_END
    draw_baskets(baskets, day, orders.draw[some], start, item, qty, address)
    item, qty = item[: start[-1]], qty[: start[-1]]
    order = np.repeat(np.arange(n), np.diff(start))
    has_it = np.bincount(order, np.isin(item, launch.items), n) > 0
    first, last = int(orders.line_start[0]), int(orders.line_start[-1])
    items = np.concatenate((orders.line_item[first:last], item))
    quantities = np.concatenate((orders.line_qty[first:last], qty))
    # Where the lines of each order are in these, and how many it has.
    begin, n_lines = orders.line_start[:-1] - first, np.diff(orders.line_start)
    begin[some[has_it]] = last - first + start[:-1][has_it]
    n_lines[some[has_it]] = np.diff(start)[has_it]
    orders.line_start[1:] = first + np.cumsum(n_lines)
    from_row = np.repeat(begin - (orders.line_start[:-1] - first), n_lines)
    rows = from_row + np.arange(len(from_row))
    orders.line_item[first : first + len(rows)] = items[rows]
    orders.line_qty[first : first + len(rows)] = quantities[rows]
