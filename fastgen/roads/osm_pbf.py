"""Read OpenStreetMap's binary format PBF, a block at a time, by NumPy.

The usual library, osmium, makes a Python object of every node, which takes several microseconds, and chooses
nodes by a bitmap as large as the largest id. Here a block of 8,000 nodes takes less than a millisecond.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.roads.extras import quote_value
from fastgen.roads.osm_elements import (
    TAGS,
    Nodes,
    Version,
    Way,
    check_text,
    check_way_length,
    find_in,
)
from fastgen.roads.osm_pbf_blocks import iterate_blocks
from fastgen.roads.protobuf import (
    BYTES,
    MORE,
    VARINT,
    Columns,
    Field,
    decode_packed,
    iterate_fields,
    unfold_signs,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.roads.osm_pbf_blocks import Block

MAX_ELEMENT_BYTES = 1 << 22  # four bytes for each node of the longest way that is read
# Elements decoded at once; programs write 8,000 a block.
BATCH_SIZE, BATCH_BYTES = 8000, 1 << 20
MAX_DENSE = 1 << 20  # nodes of a dense group
# A dense group counts as so many parts: decoding even an empty one takes as long as that many elements.
DENSE_PARTS = 128
# Numbers of the fields of nodes, ways, dense nodes and their information, as osmformat.proto has them.
_ID, _KEYS, _VALS, _INFO, _DENSE_INFO = 1, 2, 3, 4, 5
_REFS, _LAT, _LON, _WAY_LAT, _WAY_LON = 8, 8, 9, 9, 10
_VERSION, _TIMESTAMP, _VISIBLE = 1, 2, 6
_NODE, _DENSE, _WAY = 1, 2, 3
_NODE_FIELDS = {
    _ID: Field("the id of a node", VARINT),
    _INFO: Field("the info of a node", BYTES),
    _LAT: Field("the lat of a node", VARINT),
    _LON: Field("the lon of a node", VARINT),
}
_WAY_FIELDS = {
    _ID: Field("the id of a way", VARINT),
    _KEYS: Field("the keys of a way", BYTES),
    _VALS: Field("the vals of a way", BYTES),
    _INFO: Field("the info of a way", BYTES),
    _REFS: Field("the refs of a way", BYTES),
    _WAY_LAT: Field("the lat of a way", BYTES),
    _WAY_LON: Field("the lon of a way", BYTES),
}
_INFO_FIELDS = {
    _VERSION: Field("the version of an info", VARINT),
    _TIMESTAMP: Field("the timestamp of an info", VARINT),
    _VISIBLE: Field("the visible of an info", VARINT),
}
_DENSE_FIELDS = {
    _ID: Field("the id of dense nodes", BYTES),
    _DENSE_INFO: Field("the denseinfo of dense nodes", BYTES),
    _LAT: Field("the lat of dense nodes", BYTES),
    _LON: Field("the lon of dense nodes", BYTES),
}
_DENSE_INFO_FIELDS = {
    _VERSION: Field("the version of a denseinfo", BYTES),
    _TIMESTAMP: Field("the timestamp of a denseinfo", BYTES),
    _VISIBLE: Field("the visible of a denseinfo", BYTES),
}
_TAGS = frozenset(tag.encode() for tag in TAGS)


class PbfReader:
    """Reads a file, whatever the order of its elements.

    Parameters
    ----------
    path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.ways_ascend = True
        self.has_located_ways = False

    def nodes(self, *, versions: bool) -> Iterator[Nodes]:
        """Give all nodes, group by group."""
        for block in iterate_blocks(self._path):
            for kind, spans in _iterate_batches(block, _NODE, _DENSE):
                if kind == _DENSE:
                    yield _read_dense(block, *spans[0], versions=versions)
                else:
                    yield _read_nodes(block, _columns(block, spans, _NODE_FIELDS))

    def ways(self, nodes: NDArray[np.int64], ids: NDArray[np.int64]) -> Iterator[Way]:
        """Give ways tagged highway that have one of these nodes or store positions, and ways of these ids."""
        self.ways_ascend, self.has_located_ways = True, False
        before = None  # the last id of the batch before
        for block in iterate_blocks(self._path):
            strings = None
            for _, spans in _iterate_batches(block, _WAY):
                columns = _columns(block, spans, _WAY_FIELDS)
                # Only where a block has ways: most blocks of a sorted file have nodes alone.
                strings = strings or block.texts()
                numbers = columns.values(_ID)
                self.ways_ascend &= before is None or bool(before < numbers[0])
                self.ways_ascend &= bool((numbers[:-1] < numbers[1:]).all())
                self.has_located_ways |= bool(columns.spans(_WAY_LAT)[1].any())
                before = numbers[-1]
                rows = _choose_rows(columns, strings, nodes, ids)
                if len(rows):
                    yield from _read_ways(block, columns, strings, rows)

    def describe_place(self, number: int) -> str:  # noqa: ARG002  # positions are always numbers
        """Say nothing beside the numbers."""
        return ""


def _unpack(block: Block, first: int, last: int) -> NDArray[np.int64]:
    """Decode a packed field of a dense group."""
    data = np.frombuffer(block.raw, np.uint8, last - first, first)
    # Each number ends with a byte that has no bit MORE, so the count is known before any memory is taken.
    if np.count_nonzero(data < MORE) > MAX_DENSE:
        raise ValueError(f"a group of more than {MAX_DENSE} nodes")
    return decode_packed(data)


def _read_dense(block: Block, first: int, last: int, *, versions: bool) -> Nodes:
    """Read a dense group: nodes stored by column, each value as the difference from the one before."""
    spend = block.budget.spend
    spans = {number: (a, b) for number, a, b in iterate_fields(block.raw, first, last, _DENSE_FIELDS, spend)}
    ids, lat, lon = (
        np.cumsum(unfold_signs(_unpack(block, *spans.get(key, (0, 0))))) for key in (_ID, _LAT, _LON)
    )
    columns = {_VERSION: np.zeros_like(ids), _TIMESTAMP: np.zeros_like(ids), _VISIBLE: np.ones_like(ids)}
    info = spans.get(_DENSE_INFO, (0, 0))
    for number, *span in iterate_fields(block.raw, *info, _DENSE_INFO_FIELDS, spend):
        if number == _VISIBLE or versions:
            found = _unpack(block, *span)
            columns[number] = np.append(found, columns[number][len(found) :])  # defaults for the rest
    # The granularity is in milliseconds.
    time_s = np.cumsum(unfold_signs(columns[_TIMESTAMP])) * block.time_granularity // 1000
    if len({len(column) for column in (ids, lat, lon, *columns.values())}) > 1:
        raise ValueError("a damaged block")
    # The format's default, -1, says nothing.
    version, time_s = np.maximum(columns[_VERSION], 0), np.maximum(time_s, 0)
    return Nodes(ids, *block.degrees(lat, lon), columns[_VISIBLE].astype(bool), version, time_s)


def _read_nodes(block: Block, columns: Columns) -> Nodes:
    """Read nodes stored one by one."""
    ids, lat, lon = (unfold_signs(columns.values(key)) for key in (_ID, _LAT, _LON))
    version, time_s, visible = _read_info(block, *columns.spans(_INFO))
    return Nodes(ids, *block.degrees(lat, lon), visible, version, time_s)


def _read_info(
    block: Block, first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Read versions, times and visibility of nodes or ways."""
    info = Columns(np.frombuffer(block.raw, np.uint8), first, last, _INFO_FIELDS, {_VISIBLE: 1})
    time_s = info.values(_TIMESTAMP) * block.time_granularity // 1000
    return np.maximum(info.values(_VERSION), 0), np.maximum(time_s, 0), info.values(_VISIBLE) != 0


def _columns(block: Block, spans: list[tuple[int, int]], fields: Mapping[int, Field]) -> Columns:
    first, last = np.array(spans, np.int64).T
    return Columns(np.frombuffer(block.raw, np.uint8), first, last, fields)


def _iterate_batches(block: Block, *kinds: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Yield the elements of some kinds in order, in batches of one kind that bound the memory."""
    spans: list[tuple[int, int]] = []
    n_bytes, before = 0, 0
    for kind, first, last in block.elements():
        if kind not in kinds:
            continue
        if kind == _DENSE:
            block.budget.spend(DENSE_PARTS)
        elif not 0 <= last - first <= MAX_ELEMENT_BYTES:
            raise ValueError(f"an element of {last - first} bytes, at most {MAX_ELEMENT_BYTES} expected")
        is_full = kind == _DENSE or len(spans) == BATCH_SIZE or n_bytes > BATCH_BYTES
        if spans and (is_full or kind != before):
            yield before, spans
            spans, n_bytes = [], 0
        spans.append((first, last))
        n_bytes, before = n_bytes + last - first, kind
    if spans:
        yield before, spans


def _decode_deltas(
    columns: Columns, field: int, rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Decode numbers stored as differences from the one before in their row, and count each row's."""
    deltas, counts = columns.decode(field, rows)
    # One sum over all rows; each row takes off the sum up to its start.
    running = np.concatenate([[0], np.cumsum(unfold_signs(deltas))])
    return running[1:] - np.repeat(running[np.cumsum(counts) - counts], counts), counts


def _choose_rows(
    columns: Columns, strings: list[bytes], nodes: NDArray[np.int64], ids: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Choose the ways tagged highway with one of these nodes or with positions, and those of these ids."""
    numbers = columns.values(_ID)
    chosen = find_in(ids, numbers)
    # Keys first: most ways are buildings, whose nodes then needn't be decoded.
    if b"highway" in strings:
        keys, counts = columns.decode(_KEYS, np.arange(len(numbers)))
        is_highway = np.isin(keys, [i for i, text in enumerate(strings) if text == b"highway"])
        roads = np.unique(np.repeat(np.arange(len(numbers)), counts)[is_highway])
        refs, counts = _decode_deltas(columns, _REFS, roads)
        chosen[np.repeat(roads, counts)[find_in(nodes, refs)]] = True
        begin, end = columns.spans(_WAY_LAT)
        chosen[roads] |= (begin < end)[roads]
    return np.flatnonzero(chosen)


def _read_ways(
    block: Block, columns: Columns, strings: list[bytes], rows: NDArray[np.int64]
) -> Iterator[Way]:
    refs, counts = _decode_deltas(columns, _REFS, rows)
    (lat, n_lat), (lon, n_lon) = (_decode_deltas(columns, key, rows) for key in (_WAY_LAT, _WAY_LON))
    numbers = columns.values(_ID)[rows].tolist()
    wrong = (n_lat != n_lon) | ((n_lat > 0) & (n_lat != counts))
    for i in np.flatnonzero(wrong)[:1]:
        raise ValueError(f"way {numbers[i]} of {counts[i]} nodes with {n_lat[i]} lat and {n_lon[i]} lon")
    places = zip(_split(lat, n_lat), _split(lon, n_lon), strict=True)
    tags = zip(*(_split(*columns.decode(key, rows)) for key in (_KEYS, _VALS)), strict=True)
    version, time_s, visible = _read_info(block, *(side[rows] for side in columns.spans(_INFO)))
    ways = zip(numbers, _split(refs, counts), places, tags, strict=True)
    for i, (number, nodes, place, (keys, values)) in enumerate(ways):
        check_way_length(len(nodes), number)
        yield Way(
            number,
            nodes,
            _read_tags(number, keys, values, strings),
            Version(int(version[i]), int(time_s[i])),
            bool(visible[i]),
            np.stack(block.degrees(*place), axis=1) if n_lat[i] else None,
        )


def _read_tags(
    number: int, keys: NDArray[np.int64], values: NDArray[np.int64], strings: list[bytes]
) -> dict[str, str]:
    """Read the tags of a way that decide how it is drawn."""
    if len(keys) != len(values):
        raise ValueError(f"way {number} with {len(keys)} keys of tags and {len(values)} values")
    for index in (*keys.tolist(), *values.tolist()):
        if not 0 <= index < len(strings):
            raise ValueError(f"way {number} with text {index} of a block of {len(strings)} texts")
    tags = {}
    for key, value in zip(keys.tolist(), values.tolist(), strict=True):
        # As bytes, so that a text of no interest may be of any encoding.
        if strings[key] in _TAGS:
            name = strings[key].decode()
            try:
                tags[name] = strings[value].decode()
            except UnicodeDecodeError:
                shown = quote_value(strings[value])
                raise ValueError(f"way {number} with a tag {name!r} that is not UTF-8, {shown}") from None
            check_text(name, tags[name], number)
    return tags


def _split(values: NDArray[np.int64], counts: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return np.split(values, np.cumsum(counts)[:-1])
