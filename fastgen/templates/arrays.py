"""Make the arrays of the queueing engine from the templates of a universe."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from fastgen.inputs.scenario_file import load_scenario
from fastgen.model.disturbances import BRAND_LAUNCH, DEMAND_SURGE
from fastgen.model.recipes import Recipes
from fastgen.model.stations import STATION_TYPES
from fastgen.orders.demand_curve import demand_weights
from fastgen.queueing.kernels.records import NEVER
from fastgen.queueing.population import Population, Surge
from fastgen.queueing.site import Capacity
from fastgen.units import US_PER_MIN, US_PER_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.model.site_template import Site
    from fastgen.templates.universe import Universe

# Microseconds a millimetre: whole numbers, so that every ride ends on a whole microsecond.
PACES = {"foot": 720, "bicycle": 240, "car": 60}


def make_recipes(universe: Universe) -> Recipes:
    """Make the recipes of all items: brands in the order of the folder, items in that of their file."""
    items = [item for brand in universe.brands.values() for item in brand.items]
    steps = [step for item in items for step in item.instructions]
    # The engine's clock is in whole microseconds, and a step of none would end before it starts.
    durations_us = [max(round(step.expected_duration * US_PER_S), 1) for step in steps]
    return Recipes(
        step_start=np.cumsum([0, *(len(item.instructions) for item in items)]),
        step_type=np.array([STATION_TYPES.index(step.required_station) for step in steps], np.int64),
        expected_us=np.array(durations_us, np.int64),
    )


def make_prices(universe: Universe) -> NDArray[np.float64]:
    """List the prices of all items, float64 (n_items,), as rows of `make_recipes`."""
    return np.array([item.price for brand in universe.brands.values() for item in brand.items], np.float64)


def make_site_items(universe: Universe, site: Site) -> NDArray[np.int32]:
    """List the items that a site sells, int32, as rows of `make_recipes`."""
    # By name: to compare a brand is to compare its whole menu.
    sold = {brand.name for brand in universe.brands_of(site)}
    is_sold = [brand.name in sold for brand in universe.brands.values() for _ in brand.items]
    return np.flatnonzero(is_sold).astype(np.int32)


def make_capacity(site: Site) -> Capacity:
    """Make what a site has to work with; types of stations in the order of `STATION_TYPES`."""
    return Capacity(
        stations=np.array([kitchen.count_stations() for kitchen in site.kitchens], np.int64),
        paces=np.array([PACES[mode] for mode in site.couriers.deal_modes(site.n_couriers)], np.int64),
        lead_us=round(site.couriers.lead_min * US_PER_MIN),
        eating_us=round(site.population.eating_min * US_PER_MIN),
        n_customers=site.population.customers,
        nearest_first=site.couriers.dispatch == "nearest",
    )


def make_population(universe: Universe, site: Site, recipes: Recipes, seed: int) -> Population:
    """Make a site's customers.

    Parameters
    ----------
    universe, site
        The templates, and one of their sites.
    recipes
        Those of `make_recipes`.
    seed
        Seed of the customers' draws.
    """
    return Population(
        seed=seed,
        # Sites differ in their seeds.
        location_id=0,
        n_customers=site.population.customers,
        orders_per_day=site.population.orders_per_customer_day,
        minute_weight=minute_weights(),
        items=make_site_items(universe, site),
        lines_max=site.population.lines_max,
        recipes=recipes,
        packing_us=round(site.packing_s * US_PER_S),
        on_sale_min=_list_launches(universe, site),
        surges=tuple(
            Surge(one.from_min, NEVER if one.to_min is None else one.to_min, one.factor or 1.0)
            for one in site.disturbances_of(DEMAND_SURGE)
        ),
    )


def _list_launches(universe: Universe, site: Site) -> NDArray[np.int64] | None:
    """List from which minute on each item of `make_site_items` is sold, int64; None: all are always sold."""
    begins_min = {one.brand: one.from_min for one in site.disturbances_of(BRAND_LAUNCH)}
    if not begins_min:
        return None
    brands = universe.brands_of(site)
    return np.array([begins_min.get(brand.name, 0) for brand in brands for _ in brand.items], np.int64)


@cache
def minute_weights() -> NDArray[np.float64]:
    """Compute the share of each local minute in a day's orders, float64 (1440,): the canonical scenario's."""
    scenario = load_scenario(None)
    # Some of its locations have rush hours of their own.
    usual = replace(scenario.locations[0], windows=())
    weights = demand_weights(usual, scenario.demand)
    shares: NDArray[np.float64] = weights / weights.sum()
    shares.flags.writeable = False
    return shares
