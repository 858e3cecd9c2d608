"""Read the files of a template folder, one of them mutated; see `Target.read`."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema

from fastgen.errors import ScenarioError
from fastgen.model.fields import to_dict
from fastgen.templates.preset_files import make_preset
from fastgen.templates.reading import read_universe
from fastgen.templates.site_load import check_load, refuse_overload
from tests.templates.folders import OLDER, write
from tests.templates.schemas import read_schema

if TYPE_CHECKING:
    from pathlib import Path

SITE, BRAND, INGREDIENTS = "sites/london.json", "brands/toasts.json", "ingredients.json"
# All keys that the older engine hasn't.
_OWN_KEYS = {
    "population": {"customers": 77, "orders_per_customer_day": 1.5, "eating_min": 5, "lines_max": 2},
    "couriers": {"number": 3, "modes": {"foot": 1, "car": 0.5}, "lead_min": 0, "dispatch": "oldest"},
    "packing_s": 60,
    "radius_mi": 1,
    "timezone": "Europe/London",
    "brands": ["toasts", "soups"],
    "disturbances": [
        {"kind": "fewer_couriers", "name": "a", "from": "1 12:00", "to": "1 13:30", "share": 0.5},
        {"kind": "demand_surge", "name": "b", "from": "1 12:00", "to": "2 00:00", "factor": 2.5},
        {"kind": "brand_launch", "name": "c", "from": "1 12:00", "brand": "toasts"},
        {"kind": "rain", "name": "d", "from": "1 12:00", "slowdown_percent": 30},
        {"kind": "kitchen_closed", "name": "e", "from": "1 12:00", "kitchen": "kitchen-1"},
        {
            "kind": "station_outage",
            "name": "f",
            "from": "1 12:00",
            "station_type": "KITCHEN_STATION_OVEN",
            "number": 1,
        },
    ],
}


def read_templates(file: str, data: bytes, folder: Path) -> tuple[object, ...]:
    """Read a folder and compute its load; what is taken is valid by the schema, and reads the same again.

    Parameters
    ----------
    file
        Path of the file in the folder that has the mutated content.
    data, folder
        See `Target.read`.
    """
    write(OLDER, folder)
    (folder / file).write_bytes(data)
    universe = read_universe(folder)
    schema = read_schema(file)
    jsonschema.Draft202012Validator(schema).validate(json.loads(data.decode("utf-8-sig")))
    again: dict[str, Any] = {
        **{f"sites/{name}": to_dict(site) for name, site in universe.sites.items()},
        **{f"brands/{name}": to_dict(brand) for name, brand in universe.brands.items()},
        INGREDIENTS: [to_dict(one) for one in universe.ingredients],
    }
    copy = read_universe(write(again, folder / "again"))
    assert (copy.sites, copy.brands, copy.ingredients) == (
        universe.sites,
        universe.brands,
        universe.ingredients,
    )
    checked = check_load(universe, None, lambda _: None)
    try:
        refuse_overload(folder, checked)
    except ScenarioError as error:
        return again, str(error)
    return again, str([one.load for one in checked])


@cache
def some_sites() -> list[bytes]:
    """Give a site of the older engine, one with all keys of ours, and one of a preset."""
    preset = make_preset("european")["sites/london.json"]
    return [json.dumps(site).encode() for site in (OLDER[SITE], OLDER[SITE] | _OWN_KEYS, preset)]


@cache
def some_brands() -> list[bytes]:
    """Give a brand of the older engine, and another one that needs no ingredient."""
    return [json.dumps(OLDER[file]).encode() for file in (BRAND, "brands/soups.json")]


@cache
def some_ingredients() -> list[bytes]:
    """Give a list of one ingredient, and that of the presets with it."""
    preset = make_preset("european")[INGREDIENTS]
    others = [one for one in preset if one["name"] != "ingredients/egg"]
    lists = (OLDER[INGREDIENTS], OLDER[INGREDIENTS] + others)
    return [json.dumps(one).encode() for one in lists]
