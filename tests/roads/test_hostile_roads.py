"""A .roads file or a cached table of anyone's making is the network that was put in, or refused: at once."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import lzma
import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.building.local import build
from fastgen.cli import cli
from fastgen.dataset.manifest import read_manifest
from fastgen.errors import DataError, FastgenError
from fastgen.model.road_graph import Provenance, RoadGraph
from fastgen.roads import cache, roads_file
from fastgen.roads.cache import map_table
from fastgen.roads.network import find_network
from fastgen.roads.roads_file import decode_roads, encode_roads, load_roads
from fastgen.roads.routes import compute_route_table
from tests.effort import repeats
from tests.helpers import write_town
from tests.roads.test_cache import REQUEST, Loader, same
from tests.roads.test_cache import TOWN as CACHED_TOWN
from tests.roads.test_roads_file import small_graph
from tests.small_town import make_town

if TYPE_CHECKING:
    from collections.abc import Callable

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


def nest(opening: str, depth: int, closing: str) -> bytes:
    return (opening * depth + closing * depth).encode()


DEEP = nest("[", 200_000, "]")
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


def make_sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.write(LINE + b"\n")
        file.truncate(10_000_000_000)


def make_blank(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10_000_000_000)


def make_loop(path: Path) -> None:
    path.symlink_to(path)


def make_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


PLACES: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "folder": Path.mkdir,
    "sparse": make_sparse,
    "blank": make_blank,
    "loop": make_loop,
    "device": make_device,
}


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


ASKED = "OpenStreetMap, Overpass server https://jane:s3cr3t@overpass.example/api?key=k3y, data of 2024-01-01"
SHOWN = "OpenStreetMap, Overpass server https://overpass.example/api, data of 2024-01-01"


def with_secret() -> bytes:
    graph = make_town(5)
    columns = (graph.lat_e6, graph.lon_e6, graph.edge_from(), graph.edge_to)
    provenance = Provenance(ASKED, "ODbL", synthetic=False)
    return encode_roads(
        RoadGraph.from_edges(
            *columns, graph.edge_length_mm, graph.edge_street, graph.street_names, provenance
        )
    )


def test_secrets_of_an_older_file_are_not_shown(tmp_path: Path) -> None:
    data = with_secret()
    assert b"s3cr3t" in data
    assert decode_roads(data, "old").provenance.source == SHOWN
    assert decode_roads(data, "old").content_hash() == make_town(5).content_hash()
    (tmp_path / "sf.roads").write_bytes(data)
    for args in (["show", str(tmp_path / "sf.roads")], ["list", "--roads", str(tmp_path), "--json"]):
        output = CliRunner().invoke(cli, ["roads", *args]).output
        assert SHOWN in output
        assert "s3cr3t" not in output


def test_secrets_of_an_older_dataset_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roads = write_town(tmp_path / "roads", ("sf",))
    town = load_roads(roads / "sf.roads")
    asked = town.provenance._replace(source=ASKED)
    (roads / "sf.roads").write_bytes(encode_roads(dataclasses.replace(town, provenance=asked)))
    with monkeypatch.context() as older:
        older.setattr(roads_file, "strip_secrets", str)
        older.setattr(cache, "strip_secrets", str)
        build(tmp_path / "old", locations=("sf",), days=1, scale=0.2, roads=roads, workers=1)
    build(tmp_path / "new", locations=("sf",), days=1, scale=0.2, roads=roads, workers=1)
    assert "s3cr3t" in (tmp_path / "old" / "manifest.json").read_text()
    for dataset in ("old", "new"):
        for args in (["info"], ["info", "--json"], ["verify"]):
            result = CliRunner().invoke(cli, [args[0], str(tmp_path / dataset), *args[1:]])
            assert result.exit_code == 0
            assert "s3cr3t" not in result.output
            assert (SHOWN in result.output) == (args[0] == "info")
    assert [p for p in (tmp_path / "new").rglob("*") if p.is_file() and b"s3cr3t" in p.read_bytes()] == []
    assert read_manifest(tmp_path / "old").digest == read_manifest(tmp_path / "new").digest


def test_secrets_of_an_older_cache_are_not_mapped(tmp_path: Path) -> None:
    loader = Loader(tmp_path)
    loader.load(with_secret())
    path = loader.file()
    line, body = path.read_bytes().split(b"\n", 1)
    line = line.rstrip().replace(SHOWN.encode(), ASKED.encode())
    path.write_bytes(line + b" " * (-(len(line) + 1) % 64) + b"\n" + body)
    table = map_table(path)
    assert table is not None
    assert table.provenance.source == SHOWN


def cached(folder: Path) -> tuple[Loader, Path, dict[str, Any], bytes]:
    loader = Loader(folder)
    loader.load()
    line, body = loader.file().read_bytes().split(b"\n", 1)
    return loader, loader.file(), json.loads(line), body


def write_cache(path: Path, header: dict[str, Any], body: bytes) -> None:
    line = json.dumps(header).encode()
    path.write_bytes(line + b" " * (-(len(line) + 1) % 64) + b"\n" + body)


def shift(header: dict[str, Any], name: str, **changes: Any) -> None:
    dtype, offset, size = header["arrays"][name]
    found = {"dtype": dtype, "offset": offset, "size": size, **changes}
    header["arrays"][name] = [found["dtype"], found["offset"], found["size"]]


CACHES: dict[str, Callable[[dict[str, Any]], object]] = {
    "other type": lambda header: shift(header, "street", dtype="<f4"),
    "object": lambda header: shift(header, "street", dtype="O"),
    "no type": lambda header: shift(header, "street", dtype="x" * 100),
    "shorter": lambda header: shift(header, "by_path", size=1),
    "none": lambda header: shift(header, "lat", size=0),
    "longer": lambda header: shift(header, "text", size=10**9),
    "before its start": lambda header: shift(header, "text", offset=-1),
    "other offsets": lambda header: shift(header, "text_start", offset=0),
    "text of streets": lambda header: shift(header, "street_text", size=3),
    "digits": lambda header: shift(header, "text", size=10**4000),
    "missing array": lambda header: header["arrays"].pop("text"),
    "one more": lambda header: header["arrays"].update(more=["<i4", 0, 1]),
    "no provenance": lambda header: header.update(provenance=None),
    "no source": lambda header: header["provenance"].update(source=3),
    "distance": lambda header: header.update(kitchen_dist_m=[]),
    "size": lambda header: header.update(size="x"),
}


@pytest.mark.parametrize("change", CACHES)
def test_cached_table_that_does_not_fit_is_made_anew(change: str, tmp_path: Path) -> None:
    loader, path, header, body = cached(tmp_path)
    CACHES[change](header)
    write_cache(path, header, body)
    assert map_table(path) is None
    assert same(loader.load(), compute_route_table(CACHED_TOWN, REQUEST, "town"))


@pytest.mark.parametrize("kind", PLACES)
def test_cache_that_is_no_file_of_a_table_is_passed_over(kind: str, tmp_path: Path) -> None:
    PLACES[kind](tmp_path / "table.bin")
    began = time.perf_counter()
    assert map_table(tmp_path / "table.bin") is None
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    "line", [DEEP, b"9" * 5_000, b"[]", b"{}", b'{"size": 0, "xxh3": "2d06800538d394c2"}']
)
def test_cached_header_that_is_none_is_passed_over(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "table.bin"
    path.write_bytes(line + b"\n")
    assert map_table(path) is None
