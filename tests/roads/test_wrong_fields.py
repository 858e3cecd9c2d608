"""A PBF file with a field stored in another way than declared, or twice, gives the same roads or one line."""

from __future__ import annotations

import re
import time
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from fastgen.errors import DataError
from fastgen.roads.files import import_roads
from tests.roads.osm_bytes import HEADER, blob, deltas, field, fixed, number, varint, zigzag
from tests.roads.osm_text import KITCHEN, grid_place

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = field(1, b"".join(field(1, text) for text in (b"", b"highway", b"residential")))
PLACES = [[round(1e7 * degrees) for degrees in grid_place(i, 0)] for i in range(3)]
LAT, LON = zip(*PLACES, strict=True)
# Parts of a small file that is right: fields by name of their message.
PARTS: dict[str, list[bytes]] = {
    "header": [field(1, b"OSMData")],
    "blob": [],
    "features": [field(4, b"OsmSchema-V0.6"), field(4, b"DenseNodes")],
    "texts": [field(1, b""), field(1, b"highway"), field(1, b"residential")],
    "dense": [field(1, deltas([1, 2])), field(8, deltas(LAT[:2])), field(9, deltas(LON[:2]))],
    "denseinfo": [field(1, b"\x01\x01"), field(2, b"\x02\x02"), field(6, b"\x01\x01")],
    "node": [number(1, zigzag(3)), number(8, zigzag(LAT[2])), number(9, zigzag(LON[2]))],
    "way": [number(1, 7), field(2, b"\x01"), field(3, b"\x02"), field(8, deltas([1, 2, 3]))],
    "info": [number(1, 1), number(2, 2), number(6, 1)],
    "group": [],
    "block": [number(17, 100), number(18, 1000), number(19, 0), number(20, 0)],
}


def part(kind: bytes, raw: bytes, header: bytes = b"", more: bytes = b"") -> bytes:
    """Write a blob with its header, and more fields in either."""
    content = more + number(2, len(raw)) + field(3, zlib.compress(raw))
    head = header + field(1, kind) + number(3, len(content))
    return len(head).to_bytes(4, "big") + head + content


def write(message: str = "", more: bytes = b"", end: bytes = b"") -> bytes:
    """Write the file, with more bytes in front of the fields of one message, or at their end."""
    inside = {name: b"".join(fields) for name, fields in PARTS.items()}
    if message not in {"header", "blob"}:
        inside[message] = more + inside.get(message, b"") + end
    dense = inside["dense"] + field(5, inside["denseinfo"])
    one, road = inside["node"] + field(4, inside["info"]), inside["way"] + field(4, inside["info"])
    groups = [field(2, dense), field(1, one), field(3, road)]
    block = field(1, inside["texts"]) + b"".join(field(2, inside["group"] + group) for group in groups)
    beside = {message: more}
    return part(b"OSMHeader", inside["features"]) + part(
        b"OSMData", inside["block"] + block, beside.get("header", b""), beside.get("blob", b"")
    )


# The known fields of each message: numbers of those stored as numbers, and as bytes.
KNOWN: dict[str, tuple[list[int], list[int]]] = {
    "header": ([3], [1]),
    "blob": ([2], [1, 3, 4, 5, 6, 7]),
    "features": ([], [4]),
    "block": ([17, 18, 19, 20], [1, 2]),
    "texts": ([], [1]),
    "group": ([], [1, 2, 3, 4, 5]),
    "dense": ([], [1, 5, 8, 9]),
    "denseinfo": ([], [1, 2, 6]),
    "node": ([1, 8, 9], [4]),
    "way": ([1], [2, 3, 4, 8, 9, 10]),
    "info": ([1, 2, 6], []),
}
OTHERWISE = [
    *((message, number(key, 1)) for message, (_, texts) in KNOWN.items() for key in texts),
    *((message, field(key, b"\x01")) for message, (numbers, _) in KNOWN.items() for key in numbers),
    *(
        (message, fixed(key, bytes(size)))
        for message, (numbers, texts) in KNOWN.items()
        for key in (*numbers, *texts)
        for size in (4, 8)
    ),
]
TWICE = [
    *(("block", number(key, 100)) for key in (17, 18, 19, 20)),
    ("block", TEXTS),
    *((name, one) for name in ("header", "dense", "denseinfo", "node", "way", "info") for one in PARTS[name]),
    ("blob", field(3, zlib.compress(b""))),
    ("blob", field(1, b"")),
    ("blob", number(2, 100)),
]


def read(data: bytes, folder: Path) -> tuple[int, int]:
    path = folder / "small.osm.pbf"
    path.write_bytes(data)
    graph = import_roads(path, *KITCHEN, 4.0)
    return graph.n_nodes, graph.n_edges


def refusal(data: bytes, folder: Path) -> str:
    with pytest.raises(DataError, match=r"^\S+small\.osm\.pbf: expected [^\n]+\.$") as caught:
        read(data, folder)
    return str(caught.value)


def test_small_file_is_right(tmp_path: Path) -> None:
    assert read(write(), tmp_path) == (2, 2)
    for message in KNOWN:
        for unknown in (number(99, 1), field(99, b"x"), fixed(99, bytes(4)), fixed(99, bytes(8))):
            assert read(write(message, unknown), tmp_path) == (2, 2)


@pytest.mark.parametrize(("message", "more"), OTHERWISE)
def test_field_of_another_wire_type_is_refused(message: str, more: bytes, tmp_path: Path) -> None:
    assert re.search(r"got .* as .*, where .* is expected\.$", refusal(write(message, more), tmp_path))


@pytest.mark.parametrize(("message", "more"), TWICE)
def test_field_that_comes_twice_is_refused(message: str, more: bytes, tmp_path: Path) -> None:
    assert " twice" in refusal(write(message, more), tmp_path)


@pytest.mark.parametrize("message", sorted({*KNOWN} - {"header", "blob", "group", "block"}))
def test_end_within_a_field_is_refused_in_plain_words(message: str, tmp_path: Path) -> None:
    for cut in (b"\x80", b"\x88", b"\x0a\xff\xff\x7f", b"\x0a\x80"):
        assert "Error" not in refusal(write(message, end=cut), tmp_path)
    whole = write()
    for end in range(len(whole) - 60, len(whole), 7):
        assert "Error" not in refusal(whole[:end], tmp_path)


ROAD = field(2, b"\x01") + field(3, b"\x02")
WRONG_WAYS: dict[str, tuple[bytes, str]] = {
    "key beyond the texts": (
        field(2, b"\x01\x09") + field(3, b"\x02\x00"),
        "way 9 with text 9 of a block of 3",
    ),
    "value beyond the texts": (field(2, b"\x01") + field(3, b"\x03"), "way 9 with text 3 of a block of 3"),
    "negative value": (
        field(2, b"\x01") + field(3, b"\xff" * 9 + b"\x01"),
        "way 9 with text -1 of a block of 3",
    ),
    "more keys": (field(2, b"\x01\x01") + field(3, b"\x02"), "way 9 with 2 keys of tags and 1 values"),
    "half a position": (ROAD + field(9, b"\x02\x02"), "way 9 of 2 nodes with 2 lat and 0 lon"),
    "one position": (ROAD + field(9, b"\x02") + field(10, b"\x02"), "way 9 of 2 nodes with 1 lat and 1 lon"),
}


@pytest.mark.parametrize("what", WRONG_WAYS)
def test_wrong_way_is_named(what: str, tmp_path: Path) -> None:
    fields, message = WRONG_WAYS[what]
    wrong = field(3, number(1, 9) + fields + field(8, deltas([1, 2])))
    assert f"got {message}" in refusal(write("group", wrong), tmp_path)


def test_name_that_is_no_utf_8_is_named(tmp_path: Path) -> None:
    texts = field(1, b"".join(field(1, text) for text in (b"", b"highway", b"name", b"Stra\xdfe")))
    road = number(1, 9) + field(2, b"\x01\x02") + field(3, b"\x03\x03") + field(8, deltas([1, 2]))
    dense = field(2, b"".join(PARTS["dense"]))
    data = HEADER + blob(b"OSMData", texts + field(2, dense) + field(2, field(3, road)))
    assert r"way 9 with a tag 'highway' that is not UTF-8, b'Stra\xdfe'" in refusal(data, tmp_path)


@pytest.mark.parametrize("form", [6, 7])
@pytest.mark.parametrize("more", [-1, 1, 7, 1000, 30_000_000])
def test_block_that_lies_about_its_size_is_refused(form: int, more: int, tmp_path: Path) -> None:
    raw = field(2, field(1, number(1, 1)) * 1000)
    packed = pa.Codec({6: "lz4_raw", 7: "zstd"}[form]).compress(raw, asbytes=True)
    content = number(2, len(raw) + more) + field(form, packed)
    header = field(1, b"OSMData") + number(3, len(content))
    refusal(HEADER + len(header).to_bytes(4, "big") + header + content, tmp_path)


LONG = b"".join(varint(key << 3) + b"\x00" for key in range(40, 48)) * 150_000
BOMBS: dict[str, list[bytes]] = {
    "block": [LONG],
    "texts": [field(1, LONG), field(2, field(3, b"".join(PARTS["way"])))],
    "group": [field(2, LONG)],
    "dense nodes": [field(2, field(2, LONG))],
    "their info": [field(2, field(2, field(5, LONG)))],
}


@pytest.mark.parametrize("what", BOMBS)
def test_small_file_of_many_fields_is_refused_at_once(what: str, tmp_path: Path) -> None:
    data = HEADER + blob(b"OSMData", b"".join(BOMBS[what])) * 3
    begin = time.process_time()
    message = refusal(data, tmp_path)
    assert time.process_time() - begin < 10
    assert "got one of more groups, elements, texts and fields" in message


def test_texts_as_numbers_take_no_memory(tmp_path: Path) -> None:
    texts = field(1, field(1, b"") + field(1, b"highway") + b"\x08\x00" * 1000 + field(9, bytes(2_000_000)))
    data = HEADER + blob(b"OSMData", texts + field(2, field(3, b"".join(PARTS["way"]))))
    tracemalloc.start()
    refusal(data, tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30e6
