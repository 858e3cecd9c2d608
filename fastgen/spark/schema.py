"""The columns of the data source, for Arrow and for Spark. All are nullable, as Spark reads Parquet files."""

from __future__ import annotations

import pyarrow as pa

from fastgen.dataset.reading.arrow_types import arrow_schema, with_nulls
from fastgen.wire.bulk import WIRE_SCHEMA

# Spark's name of each type that either schema has.
_DDL = {
    pa.string(): "STRING",
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INT",
    pa.int64(): "BIGINT",
    pa.float32(): "FLOAT",
}


def batch_schema(*, raw: bool, sequence_kind: str) -> pa.Schema:
    """Make the schema of the record batches that a task returns.

    Parameters
    ----------
    raw
        Whether to give the stored columns instead of the wire format.
    sequence_kind
        Type of the stored column sequence, "i8" or "i16".
    """
    return with_nulls(arrow_schema(sequence_kind) if raw else WIRE_SCHEMA)


def spark_schema(schema: pa.Schema) -> str:
    """Write a schema as DDL, the form in which Spark asks for it."""
    return ", ".join(f"{field.name} {_DDL[field.type]}" for field in schema)
