"""Split a PBF file of OpenStreetMap into its blocks, and inflate them one by one."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.roads.osm_elements import check_inflation
from fastgen.roads.protobuf import BYTES, VARINT, Field, iterate_fields

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from numpy.typing import NDArray

# The limits of the format's specification.
MAX_HEADER_BYTES, MAX_BLOB_BYTES = 1 << 16, 1 << 25
# Programs write 8,000 elements a block, most in one group. In a real file each group, element, text and field
# takes at least one compressed byte, so the file's size bounds their number; small files get FREE_PARTS more.
MAX_GROUPS, MAX_TEXTS, FREE_PARTS = 1 << 18, 1 << 20, 1 << 20
_FEATURES = frozenset({b"OsmSchema-V0.6", b"DenseNodes"})
_RAW, _RAW_SIZE, _ZLIB = 1, 2, 3
# Numbers of the blob's fields that hold its data: compressions that pyarrow reads, and those not read.
_BY_ARROW = {6: "lz4_raw", 7: "zstd"}
_UNREAD = {4: "lzma", 5: "bzip2"}
_FORMS = (_RAW, _ZLIB, *_UNREAD, *_BY_ARROW)
# Fields of blob headers, of blobs, of the file's header and of its blocks, from fileformat.proto and
# osmformat.proto.
_KIND, _BLOB_BYTES, _FEATURE, _STRINGS, _GROUP, _TEXT = 1, 3, 4, 1, 2, 1
_GRANULARITY, _TIME_GRANULARITY, _LAT_OFFSET, _LON_OFFSET = 17, 18, 19, 20
_HEADER_FIELDS = {_KIND: Field("type", BYTES), _BLOB_BYTES: Field("datasize", VARINT)}
_BLOB_FIELDS = {form: Field("the data of a blob", BYTES) for form in _FORMS} | {
    _RAW_SIZE: Field("raw_size", VARINT)
}
_FEATURE_FIELDS = {_FEATURE: Field("required_features", BYTES, is_repeated=True)}
_BLOCK_FIELDS = {
    _STRINGS: Field("stringtable", BYTES),
    _GROUP: Field("primitivegroup", BYTES, is_repeated=True),
    _GRANULARITY: Field("granularity", VARINT),
    _TIME_GRANULARITY: Field("date_granularity", VARINT),
    _LAT_OFFSET: Field("lat_offset", VARINT),
    _LON_OFFSET: Field("lon_offset", VARINT),
}
_TEXT_FIELDS = {_TEXT: Field("a text of the stringtable", BYTES, is_repeated=True)}
_KINDS = ("node", "dense", "way", "relation", "changeset")
_GROUP_FIELDS = {
    i: Field(f"a {kind} of a group", BYTES, is_repeated=True) for i, kind in enumerate(_KINDS, 1)
}


class Budget:
    """Counts the parts of a file, so that the time to read it is bounded by its size.

    Parameters
    ----------
    file_bytes
        Size of the file.
    """

    def __init__(self, file_bytes: int) -> None:
        self._left = FREE_PARTS + file_bytes

    def spend(self, n_parts: int = 1) -> None:
        """Count some parts.

        Raises
        ------
        ValueError
            If the file has more of them than any real one.
        """
        self._left -= n_parts
        if self._left < 0:
            raise ValueError("one of more groups, elements, texts and fields than its size can hold")


class Block(NamedTuple):
    """A block of elements: its bytes, the spans of its strings and groups in them, and its units."""

    budget: Budget
    raw: bytes
    strings: tuple[int, int]
    groups: list[tuple[int, int]]
    granularity: int
    lat_offset: int
    lon_offset: int
    time_granularity: int

    def elements(self) -> Iterator[tuple[int, int, int]]:
        """Yield each element's kind, and where it begins and ends."""
        for group in self.groups:
            yield from iterate_fields(self.raw, *group, _GROUP_FIELDS, self.budget.spend)

    def texts(self) -> list[bytes]:
        """List the texts, to which elements refer by index."""
        found: list[bytes] = []
        for _, first, last in iterate_fields(self.raw, *self.strings, _TEXT_FIELDS, self.budget.spend):
            if len(found) == MAX_TEXTS:
                raise ValueError(f"a block of more than {MAX_TEXTS} texts")
            found.append(self.raw[first:last])
        return found

    def degrees(
        self, lat: NDArray[np.int64], lon: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Turn stored latitudes and longitudes into degrees."""
        return self._degrees(lat, self.lat_offset), self._degrees(lon, self.lon_offset)

    def _degrees(self, value: NDArray[np.int64], offset: int) -> NDArray[np.float64]:
        # From nanodegrees, truncated to seven decimals as osmium does.
        return np.trunc((offset + self.granularity * value) / 100.0) / 1e7


def iterate_blocks(path: Path) -> Iterator[Block]:
    """Yield the blocks of a file that hold elements.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    ValueError
        If it is of another format, damaged, or needs features that this reader lacks.
    """
    with path.open("rb") as file:
        n_bytes, file_bytes = 0, path.stat().st_size
        if not file_bytes:
            raise ValueError("an empty one")
        budget = Budget(file_bytes)
        for kind, raw in _iterate_blobs(file, budget):
            n_bytes += len(raw)
            check_inflation(n_bytes, file_bytes)
            if kind == b"OSMHeader":
                _check_header(raw, budget)
            elif kind == b"OSMData":
                yield _open_block(raw, budget)


def _iterate_blobs(file: BinaryIO, budget: Budget) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind and the inflated bytes of each blob."""

    def read(size: int) -> bytes:
        data = file.read(size)
        if len(data) < size:
            raise ValueError("one that is cut off")
        return data

    has_header = False
    while (prefix := file.read(4)) != b"":
        size = int.from_bytes(prefix + read(4 - len(prefix)), "big")
        if size > MAX_HEADER_BYTES:
            raise ValueError("another format, or a damaged one")
        if not size and has_header and not file.read(1):
            return  # zeros at the end, as some programs write them
        kind, n_bytes = b"", 0
        header = read(size)
        for number, first, last in iterate_fields(header, 0, size, _HEADER_FIELDS, budget.spend):
            if number == _KIND:
                kind = header[first:last]
            else:
                n_bytes = first
        has_header |= kind == b"OSMHeader"
        if not has_header or not kind or n_bytes > MAX_BLOB_BYTES:
            raise ValueError("another format, or a damaged one")
        yield kind, _inflate(read(n_bytes), budget)


def _inflate(blob: bytes, budget: Budget) -> bytes:
    raw_size, form, data = 0, _RAW if not blob else 0, b""
    for number, first, last in iterate_fields(blob, 0, len(blob), _BLOB_FIELDS, budget.spend):
        if number == _RAW_SIZE:
            raw_size = first
        elif number in _UNREAD:
            raise ValueError(f"one compressed by {_UNREAD[number]}, where zlib, lz4 or zstd are expected")
        elif form:
            raise ValueError("a blob that holds its data twice")
        else:
            form, data = number, blob[first:last]
    if not form:
        raise ValueError("a compression that is not known")
    if form == _RAW:
        return data
    if not 0 < raw_size <= MAX_BLOB_BYTES:
        raise ValueError(f"a block of {raw_size} bytes, at most {MAX_BLOB_BYTES} expected")
    if form == _ZLIB:
        raw = zlib.decompressobj().decompress(data, raw_size + 1)
    else:
        raw = _inflate_by_arrow(data, raw_size, _BY_ARROW[form])
    if len(raw) != raw_size:
        raise ValueError("a damaged block")
    return raw


def _inflate_by_arrow(data: bytes, raw_size: int, form: str) -> bytes:
    """Inflate a block, and refuse one that is smaller than it says: pyarrow would fill it up at random."""
    import pyarrow as pa  # noqa: PLC0415  # heavy

    codec = pa.Codec(form)
    raw: bytes = codec.decompress(data, raw_size, asbytes=True)
    try:
        codec.decompress(data, raw_size - 1)
    except OSError:
        return raw  # it needs all the room
    raise ValueError(f"a block of less than the {raw_size} bytes that it says")


def _check_header(raw: bytes, budget: Budget) -> None:
    for _, first, last in iterate_fields(raw, 0, len(raw), _FEATURE_FIELDS, budget.spend):
        feature = raw[first:last]
        if feature in _FEATURES:
            continue
        if feature == b"HistoricalInformation":
            raise ValueError("a history file: cut the present out of it with 'osmium time-filter'")
        raise ValueError(f"one that needs the feature {feature[:40].decode(errors='replace')!r}")


def _open_block(raw: bytes, budget: Budget) -> Block:
    strings = 0, 0
    groups: list[tuple[int, int]] = []
    units = {_GRANULARITY: 100, _LAT_OFFSET: 0, _LON_OFFSET: 0, _TIME_GRANULARITY: 1000}
    for number, first, last in iterate_fields(raw, 0, len(raw), _BLOCK_FIELDS, budget.spend):
        if number == _STRINGS:
            strings = (first, last)
        elif number == _GROUP:
            if len(groups) == MAX_GROUPS:
                raise ValueError(f"a block of more than {MAX_GROUPS} groups")
            groups.append((first, last))
        else:
            units[number] = first - (first >> 63 << 64)  # of 64 bits, with a sign
    return Block(budget, raw, strings, groups, *units.values())
