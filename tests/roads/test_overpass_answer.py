"""Whatever a server answers is a network or one line: in pieces of any size, of any form, however nested."""

from __future__ import annotations

import json
import re
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from fastgen.errors import DataError, OutputError
from fastgen.roads.overpass_answer import read_answer
from tests.roads.answers import NODES, WAY, read, refusal, ways

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.mark.parametrize("pieces", [1, 2, 7, 64, 1 << 16])
def test_pieces_of_any_size_give_the_same(pieces: int) -> None:
    found = read(*NODES, WAY, pieces=pieces, osm3s={"timestamp_osm_base": "2024"})
    (nodes,), (way,) = found.nodes(versions=False), ways(found)
    assert nodes.ids.tolist() == way.nodes.tolist() == [0, 1, 2]
    assert nodes.lat.tolist() == [node["lat"] for node in NODES]
    assert (way.id, way.tags, found.data_time) == (10, WAY["tags"], "2024")


def test_ways_that_are_no_roads_are_left_out() -> None:
    footway = {**WAY, "id": 11, "tags": {"highway": "footway"}}
    river = {**WAY, "id": 12, "tags": {"waterway": "river"}}
    found = read(*NODES, WAY, footway, river, {"type": "relation", "id": 1}, {"type": "area", "id": 1})
    assert [way.id for way in ways(found)] == [10]


@pytest.mark.parametrize("lat", [None, float("nan"), float("inf"), 91, -1e300, 10**400], ids=str)
def test_node_without_a_position_on_earth_has_none(lat: Any) -> None:
    found = read(*NODES, {"type": "node", "id": 9, "lat": lat, "lon": 1}, WAY)
    (nodes,) = found.nodes(versions=False)
    assert nodes.ids[3] == 9
    assert nodes.has_position().tolist() == [True, True, True, False]


@pytest.mark.parametrize("stated", ["", "\x1b[2J", "2024\nsynthetic True", "2" * 1000, None, 7, ["2024"]])
def test_date_that_is_none_is_not_taken(stated: Any) -> None:
    assert read(*NODES, WAY, osm3s={"timestamp_osm_base": stated}).data_time == ""


FORMS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "geom": (lambda way: way.update(geometry=[{"lat": 41.9, "lon": -87.7}] * 3), "`out geom`"),
    "center": (lambda way: (way.pop("nodes"), way.update(center={"lat": 1, "lon": 2})), "`out center`"),
    "tags": (lambda way: way.pop("nodes"), "`out tags`"),
    "ids": (lambda way: (way.pop("nodes"), way.pop("tags")), "`out tags`"),
    "ways alone": (lambda _: None, "doesn't recurse down"),
    "areas": (lambda way: way.update(type="area"), "only elements of type area"),
    "count": (lambda way: way.update(type="count"), "only elements of type count"),
}


@pytest.mark.parametrize("form", FORMS)
def test_form_without_roads_is_named_with_what_to_do(form: str) -> None:
    change, name = FORMS[form]
    way = json.loads(json.dumps(WAY))
    change(way)
    with pytest.raises(DataError, match=r"or save the area in .* and use 'fastgen roads import'$") as caught:
        read(way)
    assert name in str(caught.value)


def test_skeletons_are_named() -> None:
    with pytest.raises(DataError, match=r"ways without tags, as `out skel` gives"):
        read(*NODES, {key: WAY[key] for key in ("type", "id", "nodes")})


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b'<?xml version="1.0"?>\n<osm>', "XML or HTML: "),
        (b"<html><body>", "XML or HTML: "),
        (b"@id\t@lat\n1\t2\n", "CSV: "),
        (b"runtime error: open64", "'runtime error"),
        (b"\xff\xfe{\x00", "'"),
        (b"\xef\xbb\xbf{}", "'"),
    ],
)
def test_other_language_than_json_is_named(start: bytes, name: str) -> None:
    error = refusal(start + b" " * 1000)
    assert isinstance(error, OutputError)
    assert str(error).startswith(f"expected an Overpass answer in JSON, got {name}")


NESTED = {
    "lists": b"[" * 200_000 + b"]" * 200_000,
    "objects": b'{"a":' * 200_000,
    "in an element": b'{"elements": [' + b"[" * 200_000,
    "in a tag": b'{"elements": [{"type": "way", "id": 1, "tags": {"name": ' + b"[" * 200_000,
    "in another key": b'{"more": ' + b'[{"a":' * 200_000,
}


@pytest.mark.parametrize("where", NESTED)
def test_nested_answer_is_refused_at_once(where: str) -> None:
    began = time.perf_counter()
    refusal(NESTED[where])
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("where", NESTED)
def test_nested_answer_is_wrong_input(where: str) -> None:
    assert refusal(NESTED[where]).exit_code == 2


@pytest.mark.parametrize("key", ["lat", "lon"])
@pytest.mark.parametrize("value", ["41.9", "north", True, [41.9], {}], ids=str)
def test_position_that_is_no_number_is_named(key: str, value: Any) -> None:
    node = {"type": "node", "id": 9, "lat": 1, "lon": 1, key: value}
    message = str(refusal(json.dumps({"elements": [*NODES, node]}).encode()))
    assert message == f"expected a number as {key} of node 9, got {value!r}"


HALVES = ["\ud83d", "\ude00", "Row \ud83d", "\ude00\ud83d", "\ud83dx\ude00"]


@pytest.mark.parametrize("key", ["name", "highway", "access", "service"])
@pytest.mark.parametrize("text", HALVES, ids=ascii)
def test_half_a_pair_of_surrogates_is_replaced(key: str, text: str) -> None:
    found = read(*NODES, {**WAY, "tags": {**WAY["tags"], key: text}})
    for way in ways(found):
        assert way.tags[key] == re.sub(r"[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)
        assert way.tags[key].encode()
    assert len(ways(found)) == 1 or key != "name"


@pytest.mark.parametrize("text", HALVES, ids=ascii)
def test_half_a_pair_of_surrogates_elsewhere_does_no_harm(text: str) -> None:
    found = read(*NODES, {**WAY, text: text}, osm3s={"timestamp_osm_base": text}, more={text: text})
    assert (found.data_time, len(ways(found))) == ("", 1)


def test_whole_pair_of_surrogates_is_a_character() -> None:
    (way,) = ways(read(*NODES, {**WAY, "tags": {"highway": "primary", "name": "\U0001f600"}}))
    assert way.tags["name"] == "\U0001f600"


@pytest.mark.parametrize("pieces", [1, 2, 4, 1000])
def test_byte_order_mark_is_passed_over(pieces: int) -> None:
    data = b"\xef\xbb\xbf" + json.dumps({"elements": [*NODES, WAY]}).encode()
    assert len(ways(read_answer(data[i : i + pieces] for i in range(0, len(data), pieces)))) == 1


@pytest.mark.parametrize("pieces", [1, 1000])
@pytest.mark.parametrize("byte", [0x80, 0xC3, 0xFF])
def test_byte_that_is_no_utf_8_is_named(byte: int, pieces: int) -> None:
    data = json.dumps({"elements": [*NODES, WAY]}).encode().replace(b"Main", bytes([byte]))
    with pytest.raises(OutputError, match=rf"in JSON and UTF-8, got the byte 0x{byte:02x}$"):
        read_answer(data[i : i + pieces] for i in range(0, len(data), pieces))


def test_unknown_members_are_not_kept() -> None:
    def members() -> Iterator[bytes]:
        yield b'{"elements": []'
        for i in range(20):
            yield b"".join(b',"%d":"%0200d"' % (i * 1000 + j, j) for j in range(1000))
        yield b"}"

    assert peak_bytes(lambda: read_answer(members())) < 3_000_000


@pytest.mark.parametrize("nodes", [[], [1]], ids=str)
def test_ways_that_are_no_lines_are_not_kept(nodes: list[int]) -> None:
    def tiny() -> Iterator[bytes]:
        yield b'{"elements": [{"type": "node", "id": 1, "lat": 1, "lon": 1}'
        for i in range(6_000):
            yield json.dumps({**WAY, "id": i, "nodes": nodes}).encode().join((b",", b""))
        yield b"]}"

    found = None

    def take() -> None:
        nonlocal found
        found = read_answer(tiny())

    assert peak_bytes(take) < 1_500_000
    assert found is not None
    assert not ways(found)


def peak_bytes(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


LONG = "9" * 5_000
WRONG_ELEMENTS = [
    {"type": "node", "id": "1", "lat": 1, "lon": 1},
    {"type": "node", "id": 1.0, "lat": 1, "lon": 1},
    {"type": "node", "id": True, "lat": 1, "lon": 1},
    {"type": "node", "id": 2**63, "lat": 1, "lon": 1},
    {"type": "way", "id": None, "nodes": [1, 2], "tags": {"highway": "primary"}},
    {"type": "way", "id": 1, "nodes": "12", "tags": {"highway": "primary"}},
    {"type": "way", "id": 1, "nodes": [True, 2], "tags": {"highway": "primary"}},
    {"type": "way", "id": 1, "nodes": [1, 2.0], "tags": {"highway": "primary"}},
    {"type": "way", "id": 1, "nodes": [1, "2"], "tags": {"highway": "primary"}},
    {"type": "way", "id": 1, "nodes": [1, 2**70], "tags": {"highway": "primary"}},
    {"type": "way", "id": 1, "nodes": [1, 2], "tags": [["highway", "primary"]]},
    {"type": ["way"], "id": 1},
    {"id": 1},
    [],
    None,
]


@pytest.mark.parametrize("element", WRONG_ELEMENTS, ids=str)
def test_element_of_another_shape_is_refused_in_one_line(element: Any) -> None:
    refusal(json.dumps({"elements": [*NODES, element]}).encode())


def test_number_of_many_digits_is_refused() -> None:
    error = refusal(b'{"elements": [{"type": "node", "id": ' + LONG.encode() + b"}]}")
    assert "got a number of thousands of digits" in str(error)


@pytest.mark.parametrize("tail", [b"x", b"{}", b",", b"]"])
def test_what_follows_the_end_is_refused(tail: bytes) -> None:
    refusal(b'{"elements": []}' + tail)


@pytest.mark.parametrize("size", [5_000_000])
def test_value_longer_than_any_element_is_refused(size: int) -> None:
    refusal(b'{"elements": [{"type": "' + b"x" * size + b'"}]}')
