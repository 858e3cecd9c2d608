"""Say which columns the data source gives, to Spark and to Arrow; all may be null, as in its own files."""

from __future__ import annotations

import pyarrow as pa

from fastgen.events.schema import COLUMNS
from fastgen.wire.bulk import WIRE_SCHEMA

_ARROW = {"str": pa.string(), "i8": pa.int8(), "i16": pa.int16(), "i64": pa.int64(), "f32": pa.float32()}
_DDL = {
    pa.string(): "STRING",
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INT",
    pa.int64(): "BIGINT",
    pa.float32(): "FLOAT",
}


def arrow_schema(*, raw: bool, sequence_kind: str) -> pa.Schema:
    """Columns of the record batches.

    Parameters
    ----------
    raw
        The stored columns, not the wire format.
    sequence_kind
        Type of the stored column sequence, "i8" or "i16".
    """
    if not raw:
        return pa.schema([pa.field(field.name, field.type) for field in WIRE_SCHEMA])
    kinds = {c.name: sequence_kind if c.name == "sequence" else c.kind for c in COLUMNS}
    return pa.schema([pa.field(name, _ARROW[kind]) for name, kind in kinds.items()])


def spark_schema(schema: pa.Schema) -> str:
    """Write the same as Spark's DDL."""
    return ", ".join(f"{field.name} {_DDL[field.type]}" for field in schema)
