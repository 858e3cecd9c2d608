"""Check an order that was made elsewhere against the kitchens of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.errors import ScenarioError
from fastgen.live_kitchens.outside_order import AcceptedOrder
from fastgen.model.fields import did_you_mean, shown
from fastgen.model.great_circle import compute_distances_m
from fastgen.replaying.clock import utc_from_us
from fastgen.units import S_PER_DAY, US_PER_DAY, US_PER_S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastgen.generating.simulation import Simulation
    from fastgen.live_kitchens.order import Order, OrderItem, Position
    from fastgen.wire.form import Place

# Customers are nodes of the roads, which are everywhere within a delivery area: what is farther away is
# outside of it.
_NEAR_M = 1000.0


class OrderChecker:
    """Checks orders against kitchens.

    Parameters
    ----------
    simulations, places
        The kitchens, by number.
    """

    def __init__(self, simulations: Mapping[int, Simulation], places: Mapping[int, Place]) -> None:
        self._simulations = simulations
        # A row in wire form names its kitchen by number or gk_id, as the stream's form has it.
        self._kitchens: dict[str, int] = {}
        for number, place in places.items():
            self._kitchens |= {str(number): number, place.gk_id: number}
        # Names last: they are what people mean, should one look like a number.
        self._kitchens |= {place.location: number for number, place in places.items()}
        self._names = [place.location for place in places.values()]
        dims = next(iter(simulations.values())).dims
        brands = dict(zip(dims.brands.brand_id.tolist(), dims.brands.name, strict=True))
        self._by_id = {item_id: row for row, item_id in enumerate(dims.items.id.tolist())}
        self._by_name: dict[str, dict[str, int]] = {name: {} for name in brands.values()}
        for row, (brand, name) in enumerate(zip(dims.items.brand_id.tolist(), dims.items.name, strict=True)):
            self._by_name[brands[brand]].setdefault(name, row)

    def check(self, order: Order, order_id: str, now_us: int) -> AcceptedOrder:
        """Check an order, and find its kitchen, customer and items.

        Parameters
        ----------
        order, order_id
            The order, and the id that it is to have.
        now_us
            The present, Unix microseconds by the kitchens' clock.

        Raises
        ------
        ScenarioError
            "KEY: expected ..., got VALUE."
        """
        number = self._find_kitchen(order.location)
        return AcceptedOrder(
            kitchen=number,
            order_id=order_id,
            created_us=self._check_time(order.time, now_us, number),
            customer=None if order.customer is None else self._find_customer(order.customer, number),
            address=order.address,
            items=None if order.items is None else self._find_items(order.items),
        )

    def _find_kitchen(self, name: str | None) -> int:
        if name is None and len(self._names) == 1:
            return next(iter(self._simulations))
        if name not in self._kitchens:
            got = "none" if name is None else shown(name)
            raise ScenarioError(f"location: expected one of {', '.join(self._names)}, got {got}.")
        return self._kitchens[name]

    def _check_time(self, time_us: int | None, now_us: int, number: int) -> int:
        simulation = self._simulations[number]
        first_us = now_us - US_PER_DAY
        end_us = (simulation.epoch_s + simulation.scenario.days * S_PER_DAY) * US_PER_S
        created_us = now_us if time_us is None else time_us
        if not first_us <= created_us < end_us:
            raise ScenarioError(
                f"time: expected a time from a day ago to the kitchen's last day, {_shown(first_us)} to "
                f"{_shown(end_us)}, got {_shown(created_us)}."
            )
        return created_us

    def _find_customer(self, position: Position, number: int) -> int:
        """Find the customer nearest to a position."""
        (table,) = self._simulations[number].tables.values()
        # Plane geometry finds the nearest one: over some miles the Earth is flat.
        north, east = table.lat - position.lat, (table.lon - position.lon) * np.cos(np.radians(position.lat))
        nearest = int((north * north + east * east).argmin())
        lat, lon = (np.array([column[nearest]], np.float64) for column in (table.lat, table.lon))
        (distance_m,) = compute_distances_m(lat, lon, position.lat, position.lon)
        if distance_m > _NEAR_M:
            raise ScenarioError(
                f"customer: expected a position within {_NEAR_M:g} m of a street that the kitchen delivers "
                f"to, got {position.lat:g}, {position.lon:g}, {distance_m:,.0f} m from the nearest one."
            )
        return nearest

    def _find_items(self, items: Sequence[OrderItem]) -> list[tuple[int, int]]:
        return [(self._find_item(item, f"items[{i}]"), item.qty) for i, item in enumerate(items)]

    def _find_item(self, item: OrderItem, key: str) -> int:
        """Find the row of an item by its id, else by brand and name."""
        if item.id is not None:
            if item.id not in self._by_id:
                raise ScenarioError(f"{key}.id: expected the id of an item of the menus, got {item.id}.")
            return self._by_id[item.id]
        brand, name = item.brand or "", item.name or ""
        if brand not in self._by_name:
            hint = did_you_mean(brand, list(self._by_name))
            raise ScenarioError(f"{key}.brand: expected a brand of the kitchen, got {shown(brand)}, {hint}")
        if name not in self._by_name[brand]:
            hint = did_you_mean(name, list(self._by_name[brand]))
            raise ScenarioError(f"{key}.name: expected an item of {brand}, got {shown(name)}, {hint}")
        return self._by_name[brand][name]


def _shown(time_us: int) -> str:
    return f"{utc_from_us(time_us):%Y-%m-%dT%H:%M:%SZ}"
