"""Gather once what the rows of a dataset are compared with."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.dataset.reading.lines import index_items
from fastgen.dataset.verify.basket_checks import gather_basket_rules
from fastgen.inputs.timezones import load_zone
from fastgen.orders.expected import expected_orders
from fastgen.orders.kernels.order_ids import IDS_6, MAX_ORDERS
from fastgen.roads.area import Area
from fastgen.units import S_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.dataset.kernels.basket_check import BasketRules
    from fastgen.dataset.manifest import Manifest
    from fastgen.dataset.reading.lines import ItemIndex
    from fastgen.model.dimensions import Dimensions
    from fastgen.model.location import Location
    from fastgen.model.scenario import Scenario

# A day's noise factor and Poisson count stay far below this multiple of its expected orders.
ORDERS_MARGIN = 100.0


class Expectations(NamedTuple):
    """What the rows of a dataset are compared with.

    Attributes
    ----------
    scenario
        The scenario.
    sequence_kind
        "i8" or "i16".
    day_start_s
        By location_id, int64 (n_days + 1,): Unix seconds at which its days begin, and the last one ends.
    areas
        Delivery square by location_id.
    id_end
        Bound of the order ids as numbers (see `parse_order_ids`), excluded.
    items
        The items table and the rules of baskets; None if the tables can't be read.
    """

    scenario: Scenario
    sequence_kind: str
    day_start_s: dict[int, NDArray[np.int64]]
    areas: dict[int, Area]
    id_end: int
    items: tuple[ItemIndex, BasketRules] | None


def gather_expectations(manifest: Manifest, scenario: Scenario, dims: Dimensions | None) -> Expectations:
    """Put the scenario and the tables into the form that the checks use."""
    locations = [location for location in scenario.locations if location.location_id in manifest.selected_ids]
    radius_mi = scenario.delivery.radius_mi
    return Expectations(
        scenario=scenario,
        sequence_kind=manifest.sequence_kind,
        day_start_s={location.location_id: day_starts_s(scenario, location) for location in locations},
        areas={location.location_id: Area(location.lat, location.lon, radius_mi) for location in locations},
        id_end=_id_end(manifest, scenario),
        items=None
        if dims is None
        else (index_items(dims.items), gather_basket_rules(dims, scenario.baskets)),
    )


def day_starts_s(scenario: Scenario, location: Location) -> NDArray[np.int64]:
    """Compute the Unix seconds at which a location's days begin and the last one ends, (n_days + 1,)."""
    midnight = dt.datetime.combine(scenario.start, dt.time(), dt.UTC)
    if scenario.clock == "kitchen":
        return int(midnight.timestamp()) + np.arange(scenario.days + 1, dtype=np.int64) * S_PER_DAY
    # By the UTC clock a location's day has 23 or 25 hours when its clock changes.
    local = midnight.replace(tzinfo=load_zone(location.timezone))
    starts = [(local + dt.timedelta(days=day)).timestamp() for day in range(scenario.days + 1)]
    return np.array(starts, np.int64)


def _id_end(manifest: Manifest, scenario: Scenario) -> int:
    """Bound the order ids: all ids of 6 characters are used before the first one of 7."""
    orders = float(manifest.orders)
    # Ids count the orders of all locations of the scenario, but the manifest only has those that were built.
    if len(manifest.networks) < len(scenario.locations):
        orders += ORDERS_MARGIN * (1.0 + float(expected_orders(scenario).sum()))
    return IDS_6 if orders <= IDS_6 else MAX_ORDERS
