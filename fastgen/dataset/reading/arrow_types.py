"""Define the Arrow types of the event table's columns."""

from __future__ import annotations

import pyarrow as pa

from fastgen.events.schema import TableForm, stored_columns

# By kind of column, as `events.schema` names them.
ARROW_TYPES: dict[str, pa.DataType] = {
    "str": pa.string(),
    "i8": pa.int8(),
    "i16": pa.int16(),
    "i64": pa.int64(),
    "f32": pa.float32(),
}

# The schema that a writer stored in a file may ask for another form of text.
_TEXT_TYPES = (pa.string(), pa.large_string(), pa.string_view())


def is_stored_as(kind: str, found: pa.DataType) -> bool:
    """Say whether a column of some kind may have the Arrow type `found` in a file."""
    return found in _TEXT_TYPES if kind == "str" else found == ARROW_TYPES[kind]


def arrow_schema(form: TableForm) -> pa.Schema:
    """Make the schema of a dataset's event table."""
    fields = (pa.field(c.name, ARROW_TYPES[c.kind], c.nullable) for c in stored_columns(form))
    return pa.schema(list(fields))


def with_nulls(schema: pa.Schema) -> pa.Schema:
    """Allow nulls in every column of a schema, as engines such as Spark do."""
    return pa.schema([pa.field(field.name, field.type) for field in schema])
