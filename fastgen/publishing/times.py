"""Compute a timestamp, a date and an hour from ts_seconds."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from fastgen.units import S_PER_DAY, S_PER_H

# Microseconds are the unit of timestamps in Delta and Spark.
TIMESTAMP = pa.timestamp("us", tz="UTC")


def time_fields() -> list[pa.Field]:
    """Make the fields of the columns that `add_times` appends."""
    return [pa.field("ts", TIMESTAMP, nullable=False), pa.field("date", pa.date32(), nullable=False)]


def add_times(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Append `ts` and `date` of ts_seconds, read as UTC."""
    seconds = batch.column("ts_seconds")
    stamps = seconds.cast(pa.timestamp("s", tz="UTC")).cast(TIMESTAMP)
    days = _floor_div(seconds, S_PER_DAY).cast(pa.int32()).cast(pa.date32())
    return batch.append_column("ts", stamps).append_column("date", days)


def hours_of_day(seconds: pa.Array) -> pa.Array:
    """Compute the hour of the day, 0 to 23, int8 (n,), of Unix seconds, int64 (n,)."""
    second_of_day = pc.subtract(seconds, pc.multiply(_floor_div(seconds, S_PER_DAY), S_PER_DAY))
    return pc.divide(second_of_day, S_PER_H).cast(pa.int8())


def _floor_div(values: pa.Array, by: int) -> pa.Array:
    """Divide and round down; Arrow's own division rounds towards zero."""
    quotient = pc.divide(values, by)
    too_high = pc.greater(pc.multiply(quotient, by), values)
    return pc.subtract(quotient, too_high.cast(pa.int64()))
