"""Write large extracts in the binary format of OpenStreetMap (PBF) quickly: cities far apart, with streets.

Source of the format: https://wiki.openstreetmap.org/wiki/PBF_Format.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

from fastgen.parquet.thrift import varint

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

BLOCK_SIZE = 8000  # nodes or ways in a block, as osmosis and osmium write them
WAY_NODES = 21
STREETS = tuple(b"Street %d" % i for i in range(500))
STRINGS = (b"", b"highway", b"residential", b"name", *STREETS)


def write_extract(path: Path, n_cities: int, side: int, n_other: int) -> int:
    """Write cities of `side` by `side` crossings; return the number of road nodes.

    Streets are 100 m apart, and have three bends between two crossings. Cities are 40 km apart, eight in a
    row. The south-western corner of the first one is at 41.9, -87.7.

    Parameters
    ----------
    path
        Path of the file.
    n_cities
        Number of cities.
    side
        Crossings along a side of a city.
    n_other
        Other nodes, such as those of buildings, for each road node.
    """
    rng = np.random.default_rng(1)
    n_along = 4 * side
    n_roads = side * n_along
    features = b"".join(_bytes(4, name) for name in (b"OsmSchema-V0.6", b"DenseNodes"))
    first_nodes = 1 + np.arange(n_cities) * n_roads * (1 + n_other)
    with path.open("wb") as file:
        file.write(_blob(b"OSMHeader", features))
        for city, first in enumerate(first_nodes.tolist()):
            # Coordinates are in units of 1e-7 degrees.
            south, west = 419_000_000 + city // 8 * 4_000_000, -877_000_000 + city % 8 * 5_000_000
            row, column = np.divmod(np.arange(n_roads), n_along)
            lat = (
                south
                + np.r_[
                    row * 9000 + rng.normal(0, 400, n_roads), rng.uniform(0, side * 9000, n_roads * n_other)
                ]
            )
            others = np.sort(rng.uniform(0, n_along * 3000, n_roads * n_other))
            lon = west + np.r_[column * 3000 + rng.normal(0, 400, n_roads), others]
            for at in range(0, len(lat), BLOCK_SIZE):
                here = slice(at, at + BLOCK_SIZE)
                file.write(_node_block(first + at, lat[here].astype(np.int64), lon[here].astype(np.int64)))
        ways: list[bytes] = []
        for first in first_nodes.tolist():
            rows = [(first + row * n_along, 1, n_along) for row in range(side)]
            columns = [(first + column, n_along, side) for column in range(0, n_along, 4)]
            for begin, step, length in rows + columns:
                for at in range(0, length - 1, WAY_NODES - 1):
                    n_nodes = min(WAY_NODES, length - at)
                    ways.append(_way(len(ways) + 1, begin + at * step, step, n_nodes))
        strings = _bytes(1, b"".join(_bytes(1, text) for text in STRINGS))
        for at in range(0, len(ways), BLOCK_SIZE):
            file.write(_blob(b"OSMData", strings + _bytes(2, b"".join(ways[at : at + BLOCK_SIZE]))))
    return n_cities * n_roads


def _node_block(first: int, lat: NDArray[np.int64], lon: NDArray[np.int64]) -> bytes:
    n = len(lat)
    ids = first + np.arange(n)
    info = _bytes(1, _varints(np.ones(n, np.int64)))
    info += _bytes(2, _deltas(1_500_000_000 + ids % 99_991)) + _bytes(3, _deltas(80_000_000 + ids % 77_773))
    dense = _bytes(1, _deltas(ids)) + _bytes(5, info) + _bytes(8, _deltas(lat)) + _bytes(9, _deltas(lon))
    return _blob(b"OSMData", _bytes(1, _bytes(1, b"")) + _bytes(2, _bytes(2, dense)))


def _way(number: int, first: int, step: int, n_nodes: int) -> bytes:
    tags = _bytes(2, b"\x01\x03") + _bytes(3, varint(2) + varint(4 + number % len(STREETS)))
    nodes = varint(2 * first) + varint(2 * step) * (n_nodes - 1)
    return _bytes(3, _number(1, number) + tags + _bytes(8, nodes))


def _varints(values: NDArray[np.int64]) -> bytes:
    rest = values.view(np.uint64)
    n_bytes = np.sum([rest >> np.uint64(7 * k) > 0 for k in range(1, 10)], axis=0) + 1
    first, data = np.cumsum(n_bytes) - n_bytes, np.zeros(int(n_bytes.sum()), np.uint8)
    for k in range(int(n_bytes.max())):
        more = n_bytes > k
        digit = (rest[more] >> np.uint64(7 * k)) & np.uint64(127)
        data[first[more] + k] = digit | np.where(n_bytes[more] > k + 1, 128, 0).astype(np.uint64)
    return data.tobytes()


def _deltas(values: NDArray[np.int64]) -> bytes:
    delta = np.diff(values, prepend=0)
    return _varints((delta << 1) ^ (delta >> 63))


def _number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def _bytes(field: int, data: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(data)) + data


def _blob(kind: bytes, raw: bytes) -> bytes:
    content = _number(2, len(raw)) + _bytes(3, zlib.compress(raw))
    header = _bytes(1, kind) + _number(3, len(content))
    return len(header).to_bytes(4, "big") + header + content
