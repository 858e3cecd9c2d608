"""Take a PBF file of OpenStreetMap apart into its blocks, and inflate them one by one."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.roads.osm_elements import check_inflation
from fastgen.roads.protobuf import iterate_fields

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from numpy.typing import NDArray

# The format's own limits.
MAX_HEADER_BYTES, MAX_BLOB_BYTES = 1 << 16, 1 << 25
_FEATURES = frozenset({b"OsmSchema-V0.6", b"DenseNodes"})
_RAW, _RAW_SIZE, _ZLIB = 1, 2, 3
_BY_ARROW = {6: "lz4_raw", 7: "zstd"}
_UNREAD = {4: "lzma", 5: "bzip2"}
# Numbers of the fields of a file's parts, of its header and of its blocks, as fileformat.proto and
# osmformat.proto have them.
_KIND, _BLOB_BYTES, _FEATURE, _STRINGS, _GROUP = 1, 3, 4, 1, 2
_GRANULARITY, _TIME_GRANULARITY, _LAT_OFFSET, _LON_OFFSET = 17, 18, 19, 20


class Block(NamedTuple):
    """A block of elements: its bytes, where the strings and the groups stand in them, and its units."""

    raw: bytes
    strings: tuple[int, int]
    groups: list[tuple[int, int]]
    granularity: int
    lat_offset: int
    lon_offset: int
    time_granularity: int

    def degrees(
        self, lat: NDArray[np.int64], lon: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Turn stored latitudes and longitudes into degrees."""
        return self._degrees(lat, self.lat_offset), self._degrees(lon, self.lon_offset)

    def _degrees(self, value: NDArray[np.int64], offset: int) -> NDArray[np.float64]:
        # Of nanodegrees seven decimals are kept; the rest is cut off, as osmium does.
        return np.trunc((offset + self.granularity * value) / 100.0) / 1e7


def iterate_blocks(path: Path) -> Iterator[Block]:
    """Go through the blocks of a file that hold elements.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    ValueError
        If it is of another format, damaged, or made for readers that know more.
    """
    with path.open("rb") as file:
        kind, n_bytes, file_bytes = b"", 0, path.stat().st_size
        for kind, raw in _iterate_blobs(file):
            n_bytes += len(raw)
            check_inflation(n_bytes, file_bytes)
            if kind == b"OSMHeader":
                _check_header(raw)
            elif kind == b"OSMData":
                yield _open_block(raw)
        if not kind:
            raise ValueError("an empty one")


def _iterate_blobs(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Go through the parts of a file: kind and bytes of each."""

    def read(size: int) -> bytes:
        data = file.read(size)
        if len(data) < size:
            raise ValueError("one that is cut off")
        return data

    known = False
    while (prefix := file.read(4)) != b"":
        size = int.from_bytes(prefix + read(4 - len(prefix)), "big")
        if size > MAX_HEADER_BYTES:
            raise ValueError("another format, or a damaged one")
        kind, n_bytes = b"", 0
        header = read(size)
        for number, first, last in iterate_fields(header, 0, size):
            if number == _KIND:
                kind = header[first:last]
            elif number == _BLOB_BYTES:
                n_bytes = first
        known |= kind == b"OSMHeader"
        if not known or n_bytes > MAX_BLOB_BYTES:
            raise ValueError("another format, or a damaged one")
        yield kind, _inflate(read(n_bytes))


def _inflate(blob: bytes) -> bytes:
    raw_size, form, data = 0, _RAW, b""
    for number, first, last in iterate_fields(blob, 0, len(blob)):
        if number == _RAW_SIZE:
            raw_size = first
        elif number in _UNREAD:
            raise ValueError(f"one compressed by {_UNREAD[number]}, where zlib, lz4 or zstd are expected")
        else:
            form, data = number, blob[first:last]
    if form == _RAW:
        return data
    if not 0 < raw_size <= MAX_BLOB_BYTES:
        raise ValueError(f"a block of {raw_size} bytes, at most {MAX_BLOB_BYTES} expected")
    if form == _ZLIB:
        raw = zlib.decompressobj().decompress(data, raw_size + 1)
    elif form in _BY_ARROW:
        import pyarrow as pa  # noqa: PLC0415  # heavy

        raw = pa.Codec(_BY_ARROW[form]).decompress(data, raw_size, asbytes=True)
    else:
        raise ValueError("a compression that is not known")
    if len(raw) != raw_size:
        raise ValueError("a damaged block")
    return raw


def _check_header(raw: bytes) -> None:
    for number, first, last in iterate_fields(raw, 0, len(raw)):
        feature = raw[first:last]
        if number != _FEATURE or feature in _FEATURES:
            continue
        if feature == b"HistoricalInformation":
            raise ValueError("a history file: cut the present out of it with 'osmium time-filter'")
        raise ValueError(f"one that needs the feature {feature[:40].decode(errors='replace')!r}")


def _open_block(raw: bytes) -> Block:
    strings, groups = (0, 0), []
    units = {_GRANULARITY: 100, _LAT_OFFSET: 0, _LON_OFFSET: 0, _TIME_GRANULARITY: 1000}
    for number, first, last in iterate_fields(raw, 0, len(raw)):
        if number == _STRINGS:
            strings = (first, last)
        elif number == _GROUP:
            groups.append((first, last))
        elif number in units:
            units[number] = first - (first >> 63 << 64)  # of 64 bits, with a sign
    return Block(raw, strings, groups, *units.values())
