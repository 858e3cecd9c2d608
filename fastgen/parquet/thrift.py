"""Encode Thrift structures in the compact protocol, as far as Parquet's headers and footers need it.

Source: the Thrift compact protocol specification, and parquet.thrift of the Parquet format.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

# Codes of the compact protocol's types.
_TRUE, _FALSE, _I8, _I16, _I32, _I64, _BINARY, _LIST, _STRUCT = 1, 2, 3, 4, 5, 6, 8, 9, 12
_SHORT_LIST = 15
_DIGIT, _MORE = 127, 128


class I8(int):
    """A number that the schema has as i8."""


class I16(int):
    """A number that the schema has as i16."""


class I64(int):
    """A number that the schema has as i64; plain ones are i32."""


class Encoded(bytes):
    """A structure that is encoded already."""


class Struct(NamedTuple):
    """A structure: its fields by number, rising; those whose value is None are left out."""

    fields: dict[int, Value | None]


Value: TypeAlias = bool | int | bytes | str | Struct | Sequence["Value"]


def varint(number: int) -> bytes:
    """Encode a number of at least 0, seven bits a byte, the lowest first."""
    out = bytearray()
    while number > _DIGIT:
        out.append(number & _DIGIT | _MORE)
        number >>= 7
    out.append(number)
    return bytes(out)


def zigzag(number: int) -> int:
    """Map whole numbers to those of at least 0: 0, -1, 1, -2 to 0, 1, 2, 3."""
    return number * 2 if number >= 0 else -2 * number - 1


def encode_struct(struct: Struct) -> bytes:
    """Encode a structure."""
    out, last = bytearray(), 0
    for number, value in struct.fields.items():
        if value is not None:
            out.append((number - last) << 4 | _type_code(value))
            if not isinstance(value, bool):  # a field's type says which of the two it is
                out += _encode_value(value)
            last = number
    out.append(0)
    return bytes(out)


def _type_code(value: Value) -> int:
    if isinstance(value, bool):
        return _TRUE if value else _FALSE
    kinds = ((I8, _I8), (I16, _I16), (I64, _I64), (int, _I32), (Struct, _STRUCT), (Encoded, _STRUCT))
    for kind, code in kinds:
        if isinstance(value, kind):
            return code
    return _BINARY if isinstance(value, (bytes, str)) else _LIST


def _encode_value(value: Value) -> bytes:
    if isinstance(value, bool):
        return bytes([_type_code(value)])
    if isinstance(value, I8):
        return bytes([value & 255])
    if isinstance(value, int):
        return varint(zigzag(value))
    if isinstance(value, (Struct, Encoded)):
        return encode_struct(value) if isinstance(value, Struct) else value
    if isinstance(value, (bytes, str)):
        data = value.encode() if isinstance(value, str) else value
        return varint(len(data)) + data
    code = _type_code(value[0]) if value else _STRUCT
    size = (
        bytes([len(value) << 4 | code])
        if len(value) < _SHORT_LIST
        else bytes([0xF0 | code]) + varint(len(value))
    )
    return size + b"".join(_encode_value(element) for element in value)
