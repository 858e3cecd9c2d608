"""Compress pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

Compression = Literal["zstd", "snappy", "none"]
COMPRESSIONS: tuple[Compression, ...] = ("zstd", "snappy", "none")

# The pages are laid out so that higher levels find little more: 2 % of the bytes for a third of the time.
ZSTD_LEVEL = 1


class Codec(NamedTuple):
    """A compression: its number in the format, and how it is done."""

    number: int
    compress: Callable[[bytes | memoryview], bytes]


def make_codec(compression: Compression) -> Codec:
    """Make a codec for one thread."""
    if compression == "zstd":
        import zstandard  # noqa: PLC0415  # only what is used is loaded

        return Codec(6, zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True).compress)
    if compression == "snappy":
        import pyarrow as pa  # noqa: PLC0415  # slow to import

        snappy = pa.Codec("snappy")
        return Codec(1, lambda body: snappy.compress(body, asbytes=True))
    return Codec(0, bytes)
