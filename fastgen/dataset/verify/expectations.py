"""Gather once what the rows of a dataset are compared with."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.dataset.reading.lines import index_items
from fastgen.dataset.verify.basket_checks import gather_basket_rules
from fastgen.inputs.timezones import load_zone
from fastgen.kernels.order_ids import IDS_6, MAX_ORDERS
from fastgen.model.bounds import bound_expected_orders, bound_preparation_s
from fastgen.model.dimensions import MAX_LOCATION_ID
from fastgen.roads.area import Area
from fastgen.units import S_PER_DAY, US_PER_MIN, US_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from fastgen.dataset.kernels.basket_check import BasketRules
    from fastgen.dataset.manifest import Manifest
    from fastgen.dataset.reading.lines import ItemIndex
    from fastgen.events.schema import TableForm
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
    form
        What the event table has of its own.
    longest_preparation_s
        Most seconds from the creation of an order to its pick-up or cancellation.
    day_start_s
        By location_id, int64 (n_days + 1,): Unix seconds at which its days begin, and the last one ends.
    areas
        Delivery square by location_id.
    ping_interval_s, shortest_step_s, house_number_max
        int64 (MAX_LOCATION_ID + 1,), with a location_id as index: seconds between two pings, fewest whole
        seconds of a step in the kitchen, largest house number.
    picked_up_at_once
        Whether an order is picked up as soon as it is ready and its driver is there.
    id_end
        Bound of the order ids as numbers (see `parse_order_ids`), excluded.
    items
        The items table, and the rules of baskets by location_id; None if the tables can't be read.
    """

    scenario: Scenario
    form: TableForm
    longest_preparation_s: int
    day_start_s: dict[int, NDArray[np.int64]]
    areas: dict[int, Area]
    ping_interval_s: NDArray[np.int64]
    shortest_step_s: NDArray[np.int64]
    house_number_max: NDArray[np.int64]
    picked_up_at_once: bool
    id_end: int
    items: tuple[ItemIndex, dict[int, BasketRules]] | None


def gather_expectations(manifest: Manifest, scenario: Scenario, dims: Dimensions | None) -> Expectations:
    """Put the scenario and the tables into the form that the checks use."""
    locations = [location for location in scenario.locations if location.location_id in manifest.selected_ids]
    return Expectations(
        scenario=scenario,
        form=manifest.table_form,
        longest_preparation_s=_longest_preparation_s(manifest, scenario),
        day_start_s={location.location_id: day_starts_s(scenario, location) for location in locations},
        areas={one.location_id: _delivery_area(scenario, one) for one in locations},
        ping_interval_s=_by_location(locations, lambda one: scenario.driver_of(one).ping_interval_s),
        shortest_step_s=_by_location(locations, partial(_shortest_step_s, manifest, scenario)),
        house_number_max=_by_location(locations, lambda one: scenario.delivery_of(one).address_number_max),
        # With stations, drivers are couriers who wait for an order and for nothing else.
        picked_up_at_once=scenario.kitchen is not None,
        id_end=_id_end(manifest, scenario),
        items=None
        if dims is None
        else (
            index_items(dims.items),
            {
                # Only the statistical source puts an item on one line of an order.
                one.location_id: gather_basket_rules(
                    dims, _bound_baskets(manifest, scenario, one), repeats=manifest.source is not None
                )
                for one in locations
            },
        ),
    )


def _by_location(locations: Sequence[Location], value: Callable[[Location], int]) -> NDArray[np.int64]:
    """Put a value of each location where its location_id is the index, so that orders look it up at once."""
    values = np.zeros(MAX_LOCATION_ID + 1, np.int64)
    values[[one.location_id for one in locations]] = [value(one) for one in locations]
    return values


def _delivery_area(scenario: Scenario, location: Location) -> Area:
    return Area(location.lat, location.lon, scenario.delivery_of(location).radius_mi)


def _shortest_step_s(manifest: Manifest, scenario: Scenario, location: Location) -> int:
    # Only the statistical source is bound by the service times. Cutting times to whole seconds brings two of
    # them nearer by less than a second.
    minimum_min = scenario.service_times_of(location).minimum_min if manifest.source is None else 0.0
    return math.floor(minimum_min * US_PER_MIN + 0.5) // US_PER_S


def _longest_preparation_s(manifest: Manifest, scenario: Scenario) -> int:
    # Readers of a window look back as far, so they would miss events of an order that takes longer.
    source = manifest.source
    return bound_preparation_s(scenario) if source is None else source.longest_preparation_s


def _bound_baskets(manifest: Manifest, scenario: Scenario, location: Location) -> Baskets:
    """Return a location's bounds of baskets, or for another source the widest that a scenario may state."""
    rules = scenario.baskets_of(location)
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
        orders += ORDERS_MARGIN * (1.0 + bound_expected_orders(scenario))
    return IDS_6 if orders <= IDS_6 else MAX_ORDERS
