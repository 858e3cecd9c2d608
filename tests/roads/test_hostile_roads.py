"""A .roads file of anyone's making is the network that was put in, or refused: at once."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import lzma
import re
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.cli import cli
from fastgen.errors import DataError, FastgenError
from fastgen.model.road_graph import Provenance
from fastgen.roads import roads_file
from fastgen.roads.network import find_network
from fastgen.roads.roads_file import decode_roads, encode_roads, load_roads
from tests.effort import repeats
from tests.roads.networks import small_graph
from tests.roads.odd_places import DEEP, PLACES, nest
from tests.small_town import make_town

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = encode_roads(small_graph())
LINE, BODY = WHOLE.split(b"\n", 1)
HEADER: dict[str, Any] = json.loads(LINE)
TOWN = encode_roads(make_town(4))


def seal(header: dict[str, Any], body: bytes = BODY) -> bytes:
    """Make a file whose header passes its check, as only the one who means it makes it."""
    fields = {key: value for key, value in header.items() if key != "check"}
    check = hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:16]
    return json.dumps({**fields, "check": check}).encode() + b"\n" + body


def refusal(data: bytes) -> str:
    began = time.perf_counter()
    with pytest.raises(DataError, match=r"^bad\.roads: expected [^\n]+$") as caught:
        decode_roads(data, "bad.roads")
    assert time.perf_counter() - began < 5
    assert len(str(caught.value)) < 500
    return str(caught.value)


HEADERS = {
    "nested": DEEP,
    "nested value": b'{"format": "fastgen-roads", "x": ' + DEEP + b"}",
    "nested objects": nest('{"a":', 100_000, "}"),
    "no end": b"{" * 20_000_000,
    "digits": b'{"n_nodes": ' + b"9" * 5_000 + b"}",
    "number": b"7",
    "no text": b"\xff\xfe",
}


@pytest.mark.parametrize("header", HEADERS)
def test_header_that_is_none_is_refused_at_once(header: str) -> None:
    assert "got something else" in refusal(HEADERS[header] + b"\n" + BODY)


@pytest.mark.parametrize("depth", [10, 300, 900, 5_000])
def test_header_may_nest_what_it_doesnt_need(depth: int) -> None:
    data = LINE[:-1] + b', "more": ' + nest("[", depth, "]") + b"}\n" + BODY
    assert re.search("something else|fails its check", refusal(data))


@pytest.mark.parametrize("key", ["n_nodes", "n_edges", "n_streets"])
@pytest.mark.parametrize(
    "value", [-1, 1.0, 3.0, True, "3", None, [3], {}, 10**9, 10**18, 10**4000, float("nan"), 0, 1, 2, 4]
)
def test_count_that_is_none_or_another_is_refused(key: str, value: Any) -> None:
    if value != HEADER[key] or type(value) is not int:
        assert "damaged" in refusal(seal({**HEADER, key: value}))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[("source", value) for value in (None, 3, "\ud800")],
        *[("licence", value) for value in (None, True, "\udfff")],
        *[("synthetic", value) for value in (None, 0, 1, "true")],
        ("source", ["x"]),
        ("licence", {}),
    ],
)
def test_provenance_of_another_kind_is_refused(key: str, value: Any) -> None:
    assert "damaged" in refusal(seal({**HEADER, key: value}))


def pack(raw: bytes, **options: Any) -> bytes:
    return lzma.compress(raw, lzma.FORMAT_XZ, preset=0, **options)


def test_body_that_inflates_is_refused_within_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roads_file, "MAX_NAMES", 1000)
    for header in (HEADER, {**HEADER, "n_streets": 0}):
        assert "more than " in refusal(seal(header, pack(bytes(50_000_000))))


def test_body_that_asks_for_a_large_dictionary_is_refused() -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 28}]
    body = lzma.compress(lzma.decompress(BODY), lzma.FORMAT_XZ, filters=filters)
    assert "Memory usage limit" in refusal(seal(HEADER, body))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        BODY[:-1],
        BODY + b"\0" * 4,
        BODY + BODY,
        pack(b""),
        b"no xz",
        lzma.compress(b"", lzma.FORMAT_ALONE),
    ],
    ids=["none", "cut", "padded", "twice", "empty", "text", "alone"],
)
def test_body_of_another_form_is_refused(body: bytes) -> None:
    refusal(seal(HEADER, body))


def test_edges_of_nodes_that_fill_the_memory_are_refused() -> None:
    raw = bytearray(lzma.decompress(BODY))
    planes = np.full(3, 2**31 - 1, "<i4").view(np.uint8).reshape(-1, 4).T.tobytes()
    raw[24:36] = planes
    assert "edges of its nodes" in refusal(seal(HEADER, pack(bytes(raw))))


@settings(max_examples=repeats(300, 20_000), deadline=None)
@given(st.data())
def test_any_change_gives_the_same_network_or_one_line(data: st.DataObject) -> None:
    mutated = bytearray(TOWN)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(mutated) - 1))
        mutated[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    same_or_refused(bytes(mutated))


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
)


@settings(max_examples=repeats(300, 20_000), deadline=None)
@given(st.dictionaries(st.sampled_from([*HEADER, "more"]), values, max_size=3))
def test_any_header_gives_the_same_network_or_one_line(changes: dict[str, Any]) -> None:
    line, body = TOWN.split(b"\n", 1)
    same_or_refused(seal({**json.loads(line), **changes}, body))


def same_or_refused(data: bytes) -> None:
    try:
        found = decode_roads(data, "bad.roads")
    except FastgenError as error:
        message = str(error)
    else:
        assert found.content_hash() == decode_roads(TOWN, "town").content_hash()
        return
    assert re.fullmatch(r"bad\.roads: expected [^\n]+", message)


@pytest.mark.parametrize("kind", PLACES)
def test_what_is_no_regular_file_is_refused_at_once(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "sf.roads"
    PLACES[kind](path)
    began = time.perf_counter()
    for read in (load_roads, lambda _: find_network("sf", tmp_path)):
        if kind == "loop" and read is not load_roads:
            continue  # a link to nowhere is no file: the built-in network is taken
        with pytest.raises(DataError, match=rf"^{re.escape(str(path))}: expected a [^\n]+\.$"):
            read(path)
    for args in (["show", str(path)], ["list", "--roads", str(tmp_path)]):
        assert isinstance(CliRunner().invoke(cli, ["roads", *args]).exception, DataError)
    assert time.perf_counter() - began < 5


def test_network_larger_than_any_square_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roads_file, "MAX_NODES", 2)
    with pytest.raises(DataError, match=r"^Expected at most 2 nodes and .* got 3 and 4\.$"):
        encode_roads(small_graph())
    assert "expected 0 <= n_nodes <= 2, got 3" in refusal(WHOLE)


@pytest.mark.parametrize("key", ["source", "licence"])
def test_header_that_could_not_be_read_is_not_written(key: str) -> None:
    most = roads_file.MAX_HEADER - len(WHOLE[: WHOLE.index(b"\n")]) - 1
    stated = {"source": small_graph().provenance.source, "licence": small_graph().provenance.licence}
    for n_more in (most, most + 1):
        provenance = Provenance(**{**stated, key: stated[key] + "x" * n_more}, synthetic=True)
        graph = dataclasses.replace(small_graph(), provenance=provenance)
        if n_more == most:
            assert decode_roads(encode_roads(graph), "long").provenance == provenance
            continue
        with pytest.raises(DataError, match=r"^Expected a header of at most 1048576 bytes .{1,400}\.$"):
            encode_roads(graph)
