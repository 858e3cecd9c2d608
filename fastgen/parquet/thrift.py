"""Encode Thrift structures in the compact protocol: the part that Parquet's headers and footers need.

Source: the Thrift compact protocol specification, and parquet.thrift of the Parquet format.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

# Codes of the compact protocol's types.
_TRUE, _FALSE, _I8, _I16, _I32, _I64, _BINARY, _LIST, _STRUCT = 1, 2, 3, 4, 5, 6, 8, 9, 12
_SHORT_LIST = 15  # a longer list has its length as a varint
_DIGIT, _MORE = 127, 128  # of a byte of a varint: its seven bits, and whether another byte follows


class I8(int):
    """A number of type i8 in the schema."""


class I16(int):
    """A number of type i16 in the schema."""


class I64(int):
    """A number of type i64 in the schema; a plain int is an i32."""


class Encoded(bytes):
    """A structure that has been encoded already."""


class Struct(NamedTuple):
    """A structure: its fields by number, in ascending order; a field of value None is left out."""

    fields: dict[int, Value | None]


_CODES: dict[type, int] = {
    I8: _I8,
    I16: _I16,
    I64: _I64,
    int: _I32,
    bytes: _BINARY,
    str: _BINARY,
    Struct: _STRUCT,
    Encoded: _STRUCT,
}

Value: TypeAlias = bool | int | bytes | str | Struct | Sequence["Value"]


def varint(number: int) -> bytes:
    """Encode a number >= 0, seven bits to a byte, the lowest first."""
    if number <= _DIGIT:
        return bytes((number,))
    out = bytearray()
    while number > _DIGIT:
        out.append(number & _DIGIT | _MORE)
        number >>= 7
    out.append(number)
    return bytes(out)


def zigzag(number: int) -> int:
    """Map integers to numbers >= 0, small ones to small ones: 0, -1, 1, -2 to 0, 1, 2, 3."""
    return number * 2 if number >= 0 else -2 * number - 1


def encode_struct(struct: Struct) -> bytes:
    """Encode a structure."""
    out = bytearray()
    _write_struct(out, struct)
    return bytes(out)


def _write_struct(out: bytearray, struct: Struct) -> None:
    last = 0  # a field number is written as its difference from the one before
    for number, value in struct.fields.items():
        if value is not None:
            if isinstance(value, bool):  # a field of type bool has its value as its type code
                out.append((number - last) << 4 | (_TRUE if value else _FALSE))
            else:
                out.append((number - last) << 4 | _code(value))
                _write_value(out, value)
            last = number
    # The stop field.
    out.append(0)


def _code(value: Value) -> int:
    code = _CODES.get(type(value), _LIST)
    if code == _LIST and not isinstance(value, (list, tuple)):
        raise TypeError(f"expected a type of the protocol, got {type(value).__name__}.")
    return code


def _write_value(out: bytearray, value: Value) -> None:
    if isinstance(value, Struct):
        _write_struct(out, value)
    elif isinstance(value, Encoded):
        out += value
    elif isinstance(value, bool):
        out.append(_TRUE if value else _FALSE)
    elif isinstance(value, I8):
        out.append(value & 255)
    elif isinstance(value, int):
        # i16, i32 and i64 have one form.
        out += varint(zigzag(value))
    elif isinstance(value, (bytes, str)):
        data = value.encode() if isinstance(value, str) else value
        out += varint(len(data)) + data
    else:
        _write_list(out, value)


def _write_list(out: bytearray, values: Sequence[Value]) -> None:
    code = _STRUCT
    if values:
        code = (_TRUE if values[0] else _FALSE) if isinstance(values[0], bool) else _code(values[0])
    if len(values) < _SHORT_LIST:
        out.append(len(values) << 4 | code)
    else:
        out.append(0xF0 | code)
        out += varint(len(values))
    for value in values:
        _write_value(out, value)
