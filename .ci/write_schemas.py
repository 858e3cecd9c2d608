"""Write the JSON Schemas that are shipped, from the classes that describe the files."""

from __future__ import annotations

import json
from pathlib import Path

import fastgen.live_kitchens.schemas
from fastgen.live_kitchens.config import LiveConfig
from fastgen.live_kitchens.order import Order
from fastgen.model.json_schema import make_json_schema

SCHEMAS = {
    "config.schema.json": (LiveConfig, "Config of a live kitchen of fastgen"),
    "order.schema.json": (Order, "Order from outside for a live kitchen of fastgen"),
}

if __name__ == "__main__":
    for name, (cls, title) in SCHEMAS.items():
        path = Path(fastgen.live_kitchens.schemas.__file__).with_name(name)
        path.write_text(json.dumps(make_json_schema(cls, title), indent=1) + "\n", encoding="utf-8")
