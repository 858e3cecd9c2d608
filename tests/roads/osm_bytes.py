"""Write OpenStreetMap's binary format PBF by hand, part by part."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def varint(value: int) -> bytes:
    data = b""
    while value > 127:
        data, value = data + bytes([value & 127 | 128]), value >> 7
    return data + bytes([value])


def field(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def blob(kind: bytes, raw: bytes, form: int = 3, compress: Callable[[bytes], bytes] = zlib.compress) -> bytes:
    content = varint(2 << 3) + varint(len(raw)) + field(form, compress(raw))
    header = field(1, kind) + varint(3 << 3) + varint(len(content))
    return len(header).to_bytes(4, "big") + header + content


HEADER = blob(b"OSMHeader", field(4, b"OsmSchema-V0.6") + field(4, b"DenseNodes"))


def fixed(key: int, data: bytes) -> bytes:
    """Write a field of four or of eight bytes."""
    return varint(key << 3 | {4: 5, 8: 1}[len(data)]) + data


def number(key: int, value: int) -> bytes:
    """Write a field of a number."""
    return varint(key << 3) + varint(value)


def zigzag(value: int) -> int:
    """Put a number's sign into its lowest bit."""
    return 2 * value if value >= 0 else -2 * value - 1


def deltas(values: Iterable[int]) -> bytes:
    """Write numbers as differences to the one before."""
    data, last = b"", 0
    for value in values:
        data, last = data + varint(zigzag(value - last)), value
    return data
