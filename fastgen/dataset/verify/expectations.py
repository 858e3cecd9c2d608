"""Gather once what the rows of a dataset are held against."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.dataset.kernels.basket_check import BasketRules
from fastgen.errors import DamageError, ScenarioError
from fastgen.events.body import encode_items
from fastgen.inputs.timezones import load_zone
from fastgen.model.scenario import scenario_from_dict
from fastgen.orders.expected import expected_orders
from fastgen.orders.kernels.order_ids import IDS_6, MAX_ORDERS
from fastgen.roads.area import Area
from fastgen.units import S_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.dataset.manifest import Manifest
    from fastgen.events.kernels.expand import ItemTexts
    from fastgen.model.dimensions import Dimensions
    from fastgen.model.scenario import Location, Scenario

END_OF_TIME = 2**62  # end_day of a brand that stays
# A day's noise and its Poisson counts stay far below this multiple of what is expected.
ORDERS_MARGIN = 100.0


class ItemFacts(NamedTuple):
    """What items_json is held against; see `parse_items` and `check_baskets`."""

    ids: NDArray[np.int64]
    row: NDArray[np.int64]
    texts: ItemTexts
    rules: BasketRules
    cents: NDArray[np.int64]


class Expectations(NamedTuple):
    """What the rows of a dataset are held against.

    Attributes
    ----------
    scenario
        The scenario.
    sequence_kind
        "i8" or "i16".
    day_start_s
        int64 (n_days + 1,) by location_id: Unix seconds at which its days begin.
    areas
        Delivery square by location_id.
    id_end
        Order ids as numbers are below this.
    items
        The tables; None if they can't be read.
    """

    scenario: Scenario
    sequence_kind: str
    day_start_s: dict[int, NDArray[np.int64]]
    areas: dict[int, Area]
    id_end: int
    items: ItemFacts | None


def load_scenario_of(manifest: Manifest, name: str) -> Scenario:
    """Make the scenario that a manifest holds.

    Raises
    ------
    DamageError
        If it is none, or doesn't have the manifest's locations.
    """
    try:
        scenario = scenario_from_dict(manifest.scenario)
    except ScenarioError as error:
        raise DamageError(
            f"{name}: expected a whole manifest, got a damaged one (scenario.{error})"
        ) from None
    codes = {place.location_id: place.code for place in scenario.locations}
    for network in manifest.networks:
        if codes.get(network.location_id) != network.code:
            raise DamageError(
                f"{name}: expected networks of the scenario's locations, got location_id "
                f"{network.location_id!r}, code {network.code!r}."
            )
    return scenario


def gather_expectations(manifest: Manifest, scenario: Scenario, dims: Dimensions | None) -> Expectations:
    """Put scenario and tables into the form that the checks use."""
    places = [place for place in scenario.locations if place.location_id in manifest.selected_ids]
    radius_mi = scenario.delivery.radius_mi
    return Expectations(
        scenario=scenario,
        sequence_kind=manifest.sequence_kind,
        day_start_s={place.location_id: day_starts_s(scenario, place) for place in places},
        areas={place.location_id: Area(place.lat, place.lon, radius_mi) for place in places},
        id_end=_id_end(manifest, scenario),
        items=None if dims is None else gather_items(dims, scenario),
    )


def day_starts_s(scenario: Scenario, place: Location) -> NDArray[np.int64]:
    """Unix seconds at which a location's days begin, and at which the last one ends, int64 (n_days + 1,)."""
    midnight = dt.datetime.combine(scenario.start, dt.time(), dt.UTC)
    if scenario.clock == "kitchen":
        return int(midnight.timestamp()) + np.arange(scenario.days + 1, dtype=np.int64) * S_PER_DAY
    local = midnight.replace(tzinfo=load_zone(place.timezone))
    starts = [(local + dt.timedelta(days=day)).timestamp() for day in range(scenario.days + 1)]
    return np.array(starts, np.int64)


def _id_end(manifest: Manifest, scenario: Scenario) -> int:
    """Bound the ids: those of 6 characters come first."""
    orders = float(manifest.orders)
    if len(manifest.networks) < len(scenario.locations):
        orders += ORDERS_MARGIN * (1.0 + float(expected_orders(scenario).sum()))
    return IDS_6 if orders <= IDS_6 else MAX_ORDERS


def gather_items(dims: Dimensions, scenario: Scenario) -> ItemFacts:
    """Put the tables into the form that baskets are held against."""
    items, placed, rules = dims.items, dims.brand_locations, scenario.baskets
    row = np.argsort(items.id, kind="stable").astype(np.int64)
    by_id = np.argsort(dims.brands.brand_id, kind="stable")
    brand_ids = dims.brands.brand_id[by_id]
    item_brand = by_id[np.searchsorted(brand_ids, items.brand_id)].astype(np.int64)
    return ItemFacts(
        ids=items.id[row],
        row=row,
        texts=encode_items(items),
        rules=BasketRules(
            single=rules.single_brand_probability > 0,
            several=rules.single_brand_probability < 1,
            brands_min=rules.brands_min,
            brands_max=rules.brands_max,
            items_min=rules.items_min,
            items_max=rules.items_max,
            qty_min=rules.qty_min,
            qty_max=rules.qty_max,
            item_brand=item_brand,
            menu_size=np.bincount(item_brand, minlength=len(brand_ids)).astype(np.int64),
            placed_location=placed.location_id,
            placed_brand=by_id[np.searchsorted(brand_ids, placed.brand_id)].astype(np.int64),
            start_day=placed.start_day,
            end_day=np.where(np.isnan(placed.end_day), END_OF_TIME, placed.end_day).astype(np.int64),
        ),
        cents=np.rint(items.price * 100).astype(np.int64),
    )
