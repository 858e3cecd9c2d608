"""Define the types of columns in a Parquet file."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from fastgen.parquet.thrift import I8, Struct


class Physical(IntEnum):
    """Physical types, with their numbers in the format."""

    INT32 = 1
    INT64 = 2
    FLOAT = 4
    DOUBLE = 5
    BYTE_ARRAY = 6


# Repetition types.
_REQUIRED, _OPTIONAL = 0, 1
_UTF8, _INT_8, _INT_16 = 0, 15, 16  # converted types, for readers older than the logical ones


class ColumnType(NamedTuple):
    """Physical type, and the meaning of the values: converted and logical type."""

    physical: Physical
    converted: int | None = None
    logical: Struct | None = None


def _integer(bits: int) -> Struct:
    return Struct({10: Struct({1: I8(bits), 2: True})})


# By kind of column: of the event table (see `events.schema`) and of the dimension tables.
TYPES = {
    "str": ColumnType(Physical.BYTE_ARRAY, _UTF8, Struct({1: Struct({})})),
    "i8": ColumnType(Physical.INT32, _INT_8, _integer(8)),
    "i16": ColumnType(Physical.INT32, _INT_16, _integer(16)),
    "i64": ColumnType(Physical.INT64),
    "f32": ColumnType(Physical.FLOAT),
    "f64": ColumnType(Physical.DOUBLE),
}


class Field(NamedTuple):
    """A column: name, kind as in `TYPES`, and whether it may be null."""

    name: str
    kind: str
    nullable: bool

    def element(self) -> Struct:
        """Make the column's element of the schema in the footer."""
        physical, converted, logical = TYPES[self.kind]
        repetition = _OPTIONAL if self.nullable else _REQUIRED
        return Struct({1: int(physical), 3: repetition, 4: self.name, 6: converted, 10: logical})
