"""Make a JSON Schema from the description of a parameter class, so that editors complete and check files."""

from __future__ import annotations

import dataclasses
from typing import Any

from fastgen.model.fields import Spec, field_specs

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def make_json_schema(cls: type, title: str) -> dict[str, Any]:
    """Make the schema of the files that a parameter class describes.

    A schema can't say all: rules between fields are left to the class.

    Parameters
    ----------
    cls
        The class; its fields are numbers, texts, and tables or lists of tables of such fields.
    title
        Title of the schema.
    """
    return {"$schema": DIALECT, "title": title, **object_schema(cls)}


def make_list_schema(cls: type, title: str) -> dict[str, Any]:
    """Make the schema of files that are lists of what a class describes; see `make_json_schema`."""
    return {"$schema": DIALECT, "title": title, "type": "array", "items": object_schema(cls)}


def object_schema(cls: type) -> dict[str, Any]:
    """Make the schema of an object that a parameter class describes, to be part of a larger one."""
    required = {f.name for f in dataclasses.fields(cls) if f.default is dataclasses.MISSING}
    specs = field_specs(cls)
    return {
        "type": "object",
        "properties": {spec.key or name: _field_schema(spec) for name, spec in specs.items()},
        "required": [spec.key or name for name, spec in specs.items() if name in required],
        "additionalProperties": False,
    }


def _field_schema(spec: Spec) -> dict[str, Any]:
    below = {**spec.schema, **_part_schema(spec)}
    return {"description": f"{spec.doc[:1].upper()}{spec.doc[1:]}.", **below}


def _part_schema(spec: Spec) -> dict[str, Any]:
    if spec.part is None:
        return {}
    part = object_schema(spec.part)
    # A list of tables, a table of tables, or one table.
    key = {"array": "items", "object": "additionalProperties"}.get(spec.schema.get("type", ""))
    return part if key is None else {key: part}
