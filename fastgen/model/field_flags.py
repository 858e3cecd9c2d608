"""Define the kind of fields that are true or false."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.model.fields import Spec

if TYPE_CHECKING:
    from fastgen.model.field_kinds import Metadata


def boolean(doc: str) -> Metadata:
    """Describe a field that is true or false."""

    def check(value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueError  # noqa: TRY004
        return value

    return {"spec": Spec(doc, "true or false", check, schema={"type": "boolean"})}
