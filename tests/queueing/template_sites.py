"""Sites of templates for tests: customers, couriers of all modes, packing, and disturbances of all kinds."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fastgen.model.brand_template import Brand
from fastgen.model.disturbances import KINDS, time_text
from fastgen.model.fields import from_dict
from fastgen.model.site_template import Site
from fastgen.queueing.population import draw_wishes
from fastgen.templates.arrays import make_capacity, make_population, make_recipes
from fastgen.templates.disturbances import make_changes, make_weather, place_of
from fastgen.templates.universe import Universe
from tests.queueing.sites import Case
from tests.templates.folders import OLDER

TYPES = [f"KITCHEN_STATION_{kind}" for kind in ("WORKSTATION", "STOVE", "OVEN")]


def draw_template_case(seed: int) -> Case:
    """Draw a site of templates with disturbances, and what it is asked for on day 0."""
    site, start = _draw_site(seed), dt.date(2024, 1, 1)
    # One brand is always sold, the others are launched.
    soups, toasts = (from_dict(Brand, OLDER[f"brands/{name}.json"]) for name in ("soups", "toasts"))
    brands = {"soups": soups, "stews": replace(soups, name="stews"), "toasts": toasts}
    universe = Universe(Path(), {"town": site}, brands, ())
    population = make_population(universe, site, make_recipes(universe), seed)
    rides = np.random.default_rng([seed, 3]).integers(0, 4_000_000, (2, population.n_customers))
    rides[0, ::100] = -1
    place = place_of(site, None, start)
    return Case(
        make_capacity(site),
        draw_wishes(population, 0, rides[0], rides[1]),
        list(make_changes(site.disturbances, place)),
        list(make_weather(site.disturbances, place)),
    )


def _draw_site(seed: int) -> Site:
    """Draw a site that is often too busy, with two disturbances of each kind on day 0."""
    draws = np.random.default_rng([seed, 2])
    kitchens = [f"kitchen-{k}" for k in range(int(draws.integers(1, 4)))]
    couriers = int(draws.integers(1, 40))
    tree = {
        "info": {"name": "town", "latitude": 0, "longitude": 0},
        "kitchens": [
            {
                "info": {"name": name},
                "stations": [
                    {"name": f"{kind} {n}", "station_type": kind}
                    for kind in TYPES
                    for n in range(int(draws.integers(2, 9)))
                ],
            }
            for name in kitchens
        ],
        "population": {"customers": 2000, "orders_per_customer_day": 0.5},
        "couriers": {
            "number": couriers,
            "modes": dict(
                zip(("foot", "bicycle", "car"), (1 + draws.integers(0, 4, 3)).tolist(), strict=True)
            ),
            "lead_min": int(draws.integers(0, 15)),
            "dispatch": str(draws.choice(["nearest", "oldest"])),
        },
        "packing_s": float(draws.choice([0, 30.5, 120])),
        "disturbances": [_draw_disturbance(draws, n, kitchens, couriers) for n in range(2 * len(KINDS))],
    }
    return from_dict(Site, tree)


def _draw_disturbance(
    draws: np.random.Generator, number: int, kitchens: list[str], couriers: int
) -> dict[str, Any]:
    kind, (begins, ends) = (
        [*KINDS][number % len(KINDS)],
        sorted(draws.choice(1440, 2, replace=False).tolist()),
    )
    tree: dict[str, Any] = {"kind": kind, "name": f"{kind} {number}", "from": time_text(begins)}
    if kind != "brand_launch" and draws.random() < 0.8:
        tree["to"] = time_text(ends)
    if kind in {"station_outage", "kitchen_closed"} and draws.random() < 0.7:
        tree["kitchen"] = str(draws.choice(kitchens))
    if kind == "station_outage":
        tree |= {"station_type": str(draws.choice(TYPES)), "share": float(draws.integers(1, 11)) / 10}
    if kind == "fewer_couriers":
        tree["number"] = int(draws.integers(1, couriers + 1))
    if kind == "demand_surge":
        tree["factor"] = 1 + float(draws.integers(1, 6))
    if kind == "brand_launch":
        tree["brand"] = "toasts" if number < len(KINDS) else "soups"
    if kind == "rain":
        tree["slowdown_percent"] = 5 * int(draws.integers(1, 81))
    return tree
