"""A busy site of two kitchens, and a disturbance of each kind that leaves its brands as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastgen.units import US_PER_DAY, US_PER_MIN
from fastgen.universes.site_plan import SitePlan

DAYS = 3
OVEN = "KITCHEN_STATION_OVEN"
NOON = {"name": "it", "from": "1 12:00", "to": "1 14:00"}
NOON_US, TWO_US = (US_PER_DAY + hour * 60 * US_PER_MIN for hour in (12, 14))
ALL_KINDS: dict[str, dict[str, Any]] = {
    "outage": {"kind": "station_outage", "kitchen": "k-1", "station_type": OVEN, **NOON},
    "couriers": {"kind": "fewer_couriers", "share": 0.6, **NOON},
    "surge": {"kind": "demand_surge", "factor": 2, **NOON},
    "rain": {"kind": "rain", "slowdown_percent": 100, **NOON},
    "closed": {"kind": "kitchen_closed", **NOON},
}

PlanSite = Callable[..., SitePlan]
