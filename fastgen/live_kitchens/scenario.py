"""Make the scenario of a live kitchen from its config."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import uuid
from typing import TYPE_CHECKING, Any

from fastgen.errors import ScenarioError
from fastgen.inputs.scenario_file import canonical_tree
from fastgen.inputs.timezones import load_zone
from fastgen.model.dimensions import MAX_LOCATION_ID
from fastgen.model.fields import to_dict
from fastgen.model.location import MAX_POPULARITY
from fastgen.model.scenario import FIRST_START, LAST_START, Scenario, scenario_from_dict

if TYPE_CHECKING:
    from fastgen.live_kitchens.config import LiveConfig
    from fastgen.live_kitchens.places import Place

# Namespace of the identifiers, UUIDs of version 5 (RFC 9562). It never changes: all of them would.
_NAMESPACE = uuid.UUID("b6a3c1de-8d6f-5f1a-9a63-6f0f5f4b7c21")
# Configs don't state baskets: these are the same for all live kitchens (docs/live.md).
_BASKETS = {
    "single_brand_probability": 0.7,
    "brands_min": 2,
    "brands_max": 4,
    "items_min": 1,
    "items_max": 4,
    "qty_min": 1,
    "qty_max": 3,
    # A declining brand fades out: configs have no floor of its weight, and a scenario's must be above 0.
    "popularity_floor": 1e-9,
    # The rates of a config are those of 30 days.
    "popularity_period_days": 30.0,
}


def first_day(config: LiveConfig, place: Place, now: dt.datetime) -> dt.date:
    """Compute the date of day 0, in the place's time zone, of a kitchen whose first start is now.

    Raises
    ------
    ScenarioError
        If no dataset may begin on that date.
    """
    try:
        start = now.astimezone(load_zone(place.timezone)).date() - dt.timedelta(days=config.start_days_ago)
    except OverflowError:
        # Local time and the history can begin before the year 1, or end after 9999.
        start = None
    if start is None or not FIRST_START <= start <= LAST_START:
        raise ScenarioError(
            f"start_days_ago: expected history that begins between {FIRST_START} and {LAST_START}, got "
            f"{config.start_days_ago} days before {now.date()}. Set the clock, or name another time with "
            "--now."
        )
    return start


def derive_gk_id(name: str, place: Place) -> str:
    """Derive the identifier of a kitchen, a UUID: the same for the same name and position."""
    return str(uuid.uuid5(_NAMESPACE, f"{name} {place.lat:.6f} {place.lon:.6f}"))


def derive_seed(random_seed: int, gk_id: str) -> int:
    """Derive the seed of a kitchen's orders: kitchens whose configs have the same seed draw different ones.

    Parameters
    ----------
    random_seed
        Seed of the config, 0 <= random_seed < 2**64.
    gk_id
        Identifier of the kitchen.

    Returns
    -------
    int
        Seed of the scenario, 0 <= seed < 2**64 (docs/model.md, 7.6).
    """
    # SHA-256 gives unrelated seeds for near ones, the same everywhere; `hash` differs by process.
    return int.from_bytes(hashlib.sha256(f"{random_seed} {gk_id}".encode()).digest()[:8], "big")


def as_scenario(config: LiveConfig, place: Place, start: dt.date, seed: int | None = None) -> Scenario:
    """Make the scenario of a config: one location, which sells all brands of the shipped menus.

    What a config doesn't state, such as weekdays, meal times and house numbers, is taken from the canonical
    scenario.

    Parameters
    ----------
    config, place
        The kitchen, and where it is.
    start
        Date of day 0.
    seed
        Seed of the scenario; None: the one that is derived from the config's seed and the place.

    Raises
    ------
    ScenarioError
        If values of the config, each allowed by itself, break a rule of scenarios together.
    """
    _check_weights(config)
    canonical = canonical_tree()
    noise = config.noise_pct / 100
    if seed is None:
        seed = derive_seed(config.random_seed, derive_gk_id(config.location_name, place))
    tree = {
        "name": config.location_name,
        "seed": seed,
        "start": start.isoformat(),
        "days": config.days,
        "scale": 1.0,
        # Timestamps are true UTC: the time zone decides when it is noon in the kitchen.
        "clock": "utc",
        "demand": {**canonical["demand"], "noise_low": 1 - noise, "noise_high": 1 + noise},
        "baskets": _BASKETS,
        "service_times": {**canonical["service_times"], **_service_times(config)},
        "driver": {
            **canonical["driver"],
            "after_ready_probability": config.driver_arrival.after_ready_pct,
            "arrival_alpha": config.driver_arrival.alpha,
            "arrival_beta": config.driver_arrival.beta,
            "speed_mph": config.driver_mph,
            "ping_interval_s": config.ping_sec,
        },
        "delivery": {**canonical["delivery"], "radius_mi": config.radius_mi},
        "locations": {place.code: _location(config, place)},
        "events": {},
    }
    return scenario_from_dict(tree)


def _check_weights(config: LiveConfig) -> None:
    """Refuse brands that grow out of bounds; a scenario would name keys that a config doesn't have."""
    periods = config.days / _BASKETS["popularity_period_days"]
    digits = periods * math.log10(1 + config.momentum_rates.growth)
    if digits > math.log10(MAX_POPULARITY):
        raise ScenarioError(
            f"momentum_rates.growth: expected a weight below {MAX_POPULARITY:g} on the last day, "
            f"{config.days}, got 10^{digits:.0f} by growth {config.momentum_rates.growth:g}. State a smaller "
            "growth, or fewer days."
        )


def _service_times(config: LiveConfig) -> dict[str, Any]:
    svc = config.svc
    steps = {
        "created_to_started": svc.cs,
        "started_to_finished": svc.sf,
        "finished_to_ready": svc.fr,
        "ready_to_picked_up": svc.rp,
    }
    return {name: to_dict(step) for name, step in steps.items()}


def _location(config: LiveConfig, place: Place) -> dict[str, Any]:
    # Growth reaches `orders_last` on the last day; a single day has no growth.
    steps = max(1, config.days - 1)
    return {
        "location_id": place_number(config.location_name),
        "name": config.location_name,
        "address": config.gk_location,
        "lat": place.lat,
        "lon": place.lon,
        "narrative": "live",
        "base_orders_day": config.orders_day_1,
        # Of a scenario's two forms of growth, a config has the linear one.
        "growth_rate_daily": 0.0,
        "growth_orders_daily": (config.orders_last - config.orders_day_1) / steps,
        "timezone": place.timezone,
        "momentum": {**to_dict(config.brand_momentum), **to_dict(config.momentum_rates)},
    }


def place_number(name: str) -> int:
    """Derive a location_id from a kitchen's name; two names can give the same one."""
    # Not 1 for all: datasets that are built from several configs are then told apart by it, as a rule.
    return 1 + int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % MAX_LOCATION_ID
