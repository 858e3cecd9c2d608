"""Make the scenario and the dimension tables of a universe: what a dataset says of its sites and menus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.inputs.location_tables import make_dimensions
from fastgen.inputs.menus import number_menus
from fastgen.inputs.scenario_file import canonical_tree
from fastgen.model.scenario import Scenario, scenario_from_dict
from fastgen.units import S_PER_MIN

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from fastgen.model.brand_template import Brand
    from fastgen.model.dimensions import Dimensions
    from fastgen.model.site_template import Site
    from fastgen.templates.universe import Universe
    from fastgen.universes.site_plan import SitePlan

_CENTS = 100


def make_scenario(
    universe: Universe, plans: Sequence[SitePlan], seed: int, start: dt.date, days: int
) -> Scenario:
    """Make the scenario of a run: a location for each site, numbered from 1 in the order of the folder.

    Demand, baskets and service times are those of the canonical scenario, and decide nothing: orders come
    from the run.
    """
    canonical = canonical_tree()
    tree = {
        "name": "universe",
        "seed": seed,
        "start": start.isoformat(),
        "days": days,
        "scale": 1.0,
        # Timestamps are true UTC: the time zone of a site decides when it is noon there.
        "clock": "utc",
        **{key: canonical[key] for key in ("demand", "baskets", "service_times", "driver", "delivery")},
        "locations": {
            plan.site.info.name: _make_location(universe, plan, number, canonical)
            for number, plan in enumerate(plans, 1)
        },
        "events": {},
    }
    return scenario_from_dict(tree)


def _make_location(universe: Universe, plan: SitePlan, number: int, canonical: dict[str, Any]) -> Any:
    site = plan.site
    return {
        "location_id": number,
        "name": site.info.name,
        "address": "",
        "lat": site.info.latitude,
        "lon": site.info.longitude,
        "narrative": "universe",
        # What a person who reads the table of locations expects; the orders come from the run.
        "base_orders_day": round(site.population.customers * site.population.orders_per_customer_day),
        "growth_rate_daily": 0.0,
        "timezone": site.timezone,
        "brands": [{"brand_id": brand_id} for brand_id in _find_brand_ids(universe, site)],
        # Readers check pings by the interval; drives are those of the route table, whatever the speed.
        "driver": {**canonical["driver"], "speed_mph": plan.rides.classes[0].speed_mph},
        "delivery": {**canonical["delivery"], "radius_mi": site.radius_mi},
    }


def _find_brand_ids(universe: Universe, site: Site) -> list[int]:
    """List the ids of a site's brands, which count from 1 in the order of the folder."""
    sold = {brand.name for brand in universe.brands_of(site)}
    return [brand_id for brand_id, brand in enumerate(universe.brands.values(), 1) if brand.name in sold]


def make_tables(universe: Universe, scenario: Scenario) -> Dimensions:
    """Make the dimension tables of a run, with all items in the order of `templates.arrays.make_recipes`."""
    return make_dimensions(scenario, number_menus([_make_menu(brand) for brand in universe.brands.values()]))


def _make_menu(brand: Brand) -> dict[str, Any]:
    seconds = [sum(step.expected_duration for step in item.instructions) for item in brand.items]
    return {
        "name": brand.name,
        "cuisine_type": brand.category or "",
        "avg_prep_time_min": min(round(float(np.mean(seconds)) / S_PER_MIN), 1440),
        "menu": brand.name,
        # One category for each run of items that share one, so that items keep their order.
        "categories": _group_items(brand),
    }


def _group_items(brand: Brand) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = []
    for item in brand.items:
        name = item.category or "Menu"
        if not groups or groups[-1]["name"] != name:
            groups.append({"name": name, "items": []})
        # Prices of a dataset are whole cents.
        groups[-1]["items"].append({"name": item.name, "price": round(item.price * _CENTS) / _CENTS})
    return groups
