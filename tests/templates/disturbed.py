"""Disturbances of tests: one of each kind, and sites that have them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from fastgen.model.disturbances import Disturbance
from fastgen.model.fields import from_dict
from fastgen.templates.reading import read_universe
from tests.templates.folders import changed, write

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.model.site_template import Site

SITE = "sites/london.json"
OVEN, STOVE = "KITCHEN_STATION_OVEN", "KITCHEN_STATION_STOVE"
WHEN = {"name": "it", "from": "1 12:00", "to": "1 13:30"}
ONE_OF_EACH: list[dict[str, Any]] = [
    {"kind": "station_outage", "station_type": OVEN, "kitchen": "kitchen-1", "number": 1},
    {"kind": "fewer_couriers", "share": 0.25},
    {"kind": "demand_surge", "factor": 2.5},
    {"kind": "brand_launch", "brand": "toasts", "from": "4 00:00"},
    {"kind": "rain", "slowdown_percent": 35},
    {"kind": "kitchen_closed", "kitchen": "kitchen-1", "from": "2 20:15"},
]
START = dt.date(2024, 1, 1)


def labelled(keys: dict[str, Any], number: int = 1) -> dict[str, Any]:
    """Give a disturbance a name of its own, and times where it states none."""
    ends = {} if "from" in keys else {"to": WHEN["to"]}
    return {"name": f"it {number}", "from": WHEN["from"], **ends, **keys}


def make(*listed: dict[str, Any]) -> list[Disturbance]:
    return [from_dict(Disturbance, labelled(keys, n)) for n, keys in enumerate(listed)]


def read_site(folder: Path, *listed: dict[str, Any]) -> Site:
    rows = [labelled(keys, n) for n, keys in enumerate(listed)]
    return read_universe(write(changed(SITE, "disturbances", rows), folder)).sites["london.json"]
