"""Template folders of tests, as JSON values by the path of their file."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

Files = dict[str, Any]


def _stations(*kinds: str) -> list[dict[str, str]]:
    return [
        {"name": f"{kind}-{n}", "station_type": f"KITCHEN_STATION_{kind.upper()}"}
        for kind in kinds
        for n in (1, 2)
    ]


def _step(name: str, kind: str, seconds: float) -> dict[str, Any]:
    return {
        "step": name,
        "required_station": f"KITCHEN_STATION_{kind}",
        "expected_duration": seconds,
        "description": f"{name}, carefully.",
    }


# With all keys that folders of the older engine have, and none of ours.
OLDER: Files = {
    "sites/london.json": {
        "info": {"name": "london", "latitude": 51.518898098201326, "longitude": -0.13381370382489707},
        "kitchens": [
            {"info": {"name": "kitchen-1"}, "stations": _stations("workstation", "oven", "stove")},
        ],
    },
    "brands/toasts.json": {
        "name": "toasts",
        "description": "Toasts of all kinds.",
        "category": "Snacks",
        "items": [
            {
                "name": "Egg Toast",
                "description": "An egg on toast.",
                "category": "Snacks",
                "price": 8.5,
                "image_url": "https://example.com/egg.png",
                "ingredients": [
                    {
                        "ingredient_ref": "ingredients/egg",
                        "display_name": "Egg",
                        "description": "Fried",
                        "quantity": "1",
                    },
                ],
                "instructions": [_step("fry", "STOVE", 180), _step("lay", "WORKSTATION", 60.5)],
            },
            {
                "name": "Plain Toast",
                "description": "",
                "price": 3,
                "ingredients": [],
                "instructions": [_step("toast", "OVEN", 240)],
            },
        ],
    },
    "brands/soups.json": {
        "name": "soups",
        "description": "Soups.",
        "category": "Soups",
        "items": [
            {
                "name": "Soup",
                "description": "Warm.",
                "price": 5,
                "ingredients": [],
                "instructions": [_step("heat", "STOVE", 300)],
            }
        ],
    },
    "ingredients.json": [
        {
            "name": "ingredients/egg",
            "display_name": "Egg",
            "description": "An egg.",
            "nutritional_value": {
                "calories": "68 kcal/egg",
                "protein": "6g/egg",
                "fat": 5,
                "carbohydrates": "1g/egg",
            },
            "potential_allergens": ["egg"],
        }
    ],
}


def changed(file: str, path: str, value: object) -> Files:
    """Give the older folder with one value changed; `path` has keys and numbers with dots between them."""
    files = copy.deepcopy(OLDER)
    *way, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    at = files[file]
    for key in way:
        at = at[key]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return files


def write(files: Files, folder: Path) -> Path:
    """Write a template folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")
    return folder
