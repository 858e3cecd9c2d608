"""Write the JSON Schemas that are shipped, from the classes that describe the files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fastgen
from fastgen.live_kitchens.config import LiveConfig
from fastgen.live_kitchens.order import Order
from fastgen.model.brand_template import Brand, Ingredient
from fastgen.model.json_schema import make_json_schema, make_list_schema
from fastgen.model.site_template import Site

LIVE, TEMPLATES = "live_kitchens/schemas", "templates/schemas"


def make_schemas() -> dict[str, dict[str, Any]]:
    """Make every schema, by its path in the package."""
    return {
        f"{LIVE}/config.schema.json": make_json_schema(LiveConfig, "Config of a live kitchen of fastgen"),
        f"{LIVE}/order.schema.json": make_json_schema(
            Order, "Order from outside for a live kitchen of fastgen"
        ),
        f"{TEMPLATES}/site.schema.json": make_json_schema(Site, "Site of a universe of fastgen"),
        f"{TEMPLATES}/brand.schema.json": make_json_schema(Brand, "Brand of a universe of fastgen"),
        f"{TEMPLATES}/ingredients.schema.json": make_list_schema(
            Ingredient, "Ingredients of a universe of fastgen"
        ),
    }


if __name__ == "__main__":
    for name, schema in make_schemas().items():
        path = Path(fastgen.__file__).parent / name
        path.write_text(json.dumps(schema, indent=1) + "\n", encoding="utf-8")
