"""Compress pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

Compression = Literal["zstd", "snappy", "none"]
COMPRESSIONS: tuple[Compression, ...] = ("zstd", "snappy", "none")

# The encodings leave little to compress: higher levels save 2 % of the bytes and cost a third of the time.
ZSTD_LEVEL = 1


class Codec(NamedTuple):
    """A compression: its number in the Parquet format, and its function."""

    number: int
    compress: Callable[[bytes | memoryview], bytes]


def make_codec(compression: Compression) -> Codec:
    """Make a codec; it is for one thread alone."""
    if compression == "zstd":
        import zstandard  # noqa: PLC0415  # load only the codec that is used

        return Codec(6, zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True).compress)
    if compression == "snappy":
        import pyarrow as pa  # noqa: PLC0415  # slow to import

        # PyArrow is needed anyway; a package for Snappy would be one more.
        snappy = pa.Codec("snappy")
        return Codec(1, lambda body: snappy.compress(body, asbytes=True))
    return Codec(0, bytes)
