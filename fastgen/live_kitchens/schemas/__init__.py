"""JSON Schemas of what comes from outside, so that editors complete and check it.

`.ci/write_schemas.py` makes them from the classes that describe the files; tests compare the two.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any


def config_schema() -> dict[str, Any]:
    """Read the schema of a config of a live kitchen."""
    return _read("config.schema.json")


def order_schema() -> dict[str, Any]:
    """Read the schema of an order from outside."""
    return _read("order.schema.json")


def _read(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((resources.files(__name__) / name).read_text(encoding="utf-8"))
    return schema
