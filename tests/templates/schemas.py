"""Read the JSON Schema of a file of a template folder."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

SCHEMAS = {"sites": "site", "brands": "brand", "ingredients.json": "ingredients"}


def read_schema(file: str) -> dict[str, Any]:
    """Read the shipped schema of a file by its path in the folder."""
    name = f"{SCHEMAS[file.split('/', maxsplit=1)[0]]}.schema.json"
    schemas = resources.files("fastgen.templates") / "schemas"
    schema: dict[str, Any] = json.loads((schemas / name).read_text(encoding="utf-8"))
    return schema
