"""Gather once what the rows of a dataset are compared with."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.dataset.reading.lines import index_items
from fastgen.dataset.verify.basket_checks import gather_basket_rules
from fastgen.inputs.timezones import load_zone
from fastgen.orders.expected import expected_orders
from fastgen.orders.kernels.order_ids import IDS_6, MAX_ORDERS
from fastgen.roads.area import Area
from fastgen.units import S_PER_DAY, US_PER_MIN, US_PER_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.dataset.kernels.basket_check import BasketRules
    from fastgen.dataset.manifest import Manifest
    from fastgen.dataset.reading.lines import ItemIndex
    from fastgen.model.dimensions import Dimensions
    from fastgen.model.location import Location
    from fastgen.model.order_rules import Baskets
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
    shortest_step_s
        Least whole seconds between two steps in the kitchen.
    items
        The items table and the rules of baskets; None if the tables can't be read.
    """

    scenario: Scenario
    sequence_kind: str
    day_start_s: dict[int, NDArray[np.int64]]
    areas: dict[int, Area]
    id_end: int
    shortest_step_s: int
    items: tuple[ItemIndex, BasketRules] | None


def gather_expectations(manifest: Manifest, scenario: Scenario, dims: Dimensions | None) -> Expectations:
    """Put the scenario and the tables into the form that the checks use."""
    locations = [location for location in scenario.locations if location.location_id in manifest.selected_ids]
    radius_mi, minimum_min = scenario.delivery.radius_mi, scenario.service_times.minimum_min
    # Only the statistical source is bound by the scenario's service times. Cutting times to whole seconds
    # brings two of them nearer by less than a second.
    shortest_us = math.floor(minimum_min * US_PER_MIN + 0.5) if manifest.source is None else 0
    return Expectations(
        scenario=scenario,
        sequence_kind=manifest.sequence_kind,
        day_start_s={location.location_id: day_starts_s(scenario, location) for location in locations},
        areas={location.location_id: Area(location.lat, location.lon, radius_mi) for location in locations},
        id_end=_id_end(manifest, scenario),
        shortest_step_s=shortest_us // US_PER_S,
        items=None
        if dims is None
        else (index_items(dims.items), gather_basket_rules(dims, _bound_baskets(manifest, scenario))),
    )


def _bound_baskets(manifest: Manifest, scenario: Scenario) -> Baskets:
    """Return the scenario's bounds of baskets, or for another source the widest that a scenario may state."""
    rules = scenario.baskets
    if manifest.source is None:
        return rules
    widest = {"brands_min": 1, "brands_max": 16, "items_min": 1, "items_max": 16, "qty_min": 1, "qty_max": 9}
    # Some orders of one brand, and some of several.
    return replace(rules, single_brand_probability=0.5, **widest)


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
        if manifest.source is not None:  # the scenario doesn't say how many orders another source makes
            return MAX_ORDERS
        orders += ORDERS_MARGIN * (1.0 + float(expected_orders(scenario).sum()))
    return IDS_6 if orders <= IDS_6 else MAX_ORDERS
