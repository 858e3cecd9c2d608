"""The columns of the data source, for Arrow and for Spark. All are nullable, as Spark reads Parquet files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from fastgen.dataset.reading.arrow_types import arrow_schema, with_nulls
from fastgen.wire.bulk import WIRE_SCHEMA

if TYPE_CHECKING:
    from fastgen.events.schema import TableForm

# Spark's name of each type that either schema has.
_DDL = {
    pa.string(): "STRING",
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INT",
    pa.int64(): "BIGINT",
    pa.float32(): "FLOAT",
}


def batch_schema(*, raw: bool, form: TableForm) -> pa.Schema:
    """Make the schema of the record batches that a task returns.

    Parameters
    ----------
    raw
        Whether to give the stored columns instead of the wire format.
    form
        What the dataset's event table has of its own.
    """
    return with_nulls(arrow_schema(form) if raw else WIRE_SCHEMA)


def spark_schema(schema: pa.Schema) -> str:
    """Write a schema as DDL, the form in which Spark asks for it."""
    return ", ".join(f"{field.name} {_DDL[field.type]}" for field in schema)
