"""Files of every form that carries OpenStreetMap's elements are read right, or refused in one line."""

from __future__ import annotations

import bz2
import gzip
import os
import re
from typing import TYPE_CHECKING

import osmium
import pytest
from osmium.osm import mutable

from fastgen.errors import DataError
from fastgen.roads.files import import_roads
from tests.roads.osm_bytes import HEADER, blob, field, varint
from tests.roads.osm_text import KITCHEN, PACKERS, ROAD, count, grid, grid_place, import_text, node, osm, way

if TYPE_CHECKING:
    from pathlib import Path

NODES, WAYS = grid()
TOWN = (12, 40, 2.4)
TEXT = osm(*NODES, *WAYS)
FORMS: dict[str, bytes] = {
    "ways first": osm(*WAYS, *NODES).encode(),
    "CRLF": TEXT.replace("\n", "\r\n").encode(),
    "BOM": b"\xef\xbb\xbf" + TEXT.encode(),
    "UTF-16": TEXT.encode("utf-16"),
    "Latin-1": b'<?xml version="1.0" encoding="ISO-8859-1"?>' + TEXT.encode("latin-1"),
    "no line breaks": TEXT.replace("\n", "").encode(),
    "with notes, bounds and relations": osm(
        "<note>a note</note><bounds minlat='1' minlon='2' maxlat='3' maxlon='4'/>",
        *NODES,
        *WAYS,
        '<relation id="1"><member type="way" ref="100" role=""/><tag k="highway" v="x"/></relation>',
    ).encode(),
    "a way of one node, of none, of an unknown one": osm(
        *NODES, *WAYS, way(1, [1]), way(2, []), way(3, [99])
    ).encode(),
    "a node without position that no road needs": osm(
        '<node id="90"/>', *NODES, *WAYS, way(1, [1, 90], '<tag k="building" v="yes"/>')
    ).encode(),
    "nodes beyond the poles that no road needs": osm(
        node(90, 91, 0), node(91, "nan", "nan"), node(92, 0, 181), node(93, "north", 7), *NODES, *WAYS
    ).encode(),
    "a deleted node without position": osm(
        '<node id="90" action="delete"/>', '<node id="91" visible="false"/>', *NODES, *WAYS, way(1, [90, 91])
    ).encode(),
    "deleted ways": osm(
        *NODES,
        *WAYS,
        way(1, [1, 6], attributes='action="delete"'),
        way(2, [2, 5], attributes='visible="false"'),
    ).encode(),
    "all twice": osm(*NODES, *WAYS, *NODES, *WAYS).encode(),
    "repeated nodes": re.sub(r'(<nd ref="\d+"/>)', r"\1\1", TEXT).encode(),
}


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_town(form: str, suffix: str, tmp_path: Path) -> None:
    assert count(import_text(FORMS[form], tmp_path, suffix)) == TOWN


def test_compressed_streams_may_follow_each_other(tmp_path: Path) -> None:
    pieces = [TEXT[i : i + 50].encode() for i in range(0, len(TEXT), 50)]
    for suffix, compress in ((".osm.gz", gzip.compress), (".osm.bz2", bz2.compress)):
        path = tmp_path / f"streams{suffix}"
        path.write_bytes(b"".join(map(compress, pieces)))
        assert count(import_roads(path, *KITCHEN, 4.0)) == TOWN


JOSM = [node(1, 41.9, -87.7), node(2, 41.901, -87.7), node(-3, 41.901, -87.699), way(10, [1, 2])]


def test_editors_file_keeps_what_is_new_and_drops_what_is_deleted(tmp_path: Path) -> None:
    assert count(import_text(osm(*JOSM, way(-11, [2, -3])), tmp_path))[:2] == (2, 2)
    deleted = way(-11, [2, -3], attributes='action="delete"')
    assert count(import_text(osm(*JOSM, deleted), tmp_path)) == (2, 2, 0.111)


def test_way_loses_the_segments_of_a_deleted_node(tmp_path: Path) -> None:
    gone = node(3, *grid_place(0, 2), 'action="delete"')
    graph = import_text(osm(*NODES[:2], gone, *NODES[3:], *WAYS), tmp_path)
    # Of 24 segments of 100 m three are gone; of those left, three are a longer way between two junctions.
    assert count(graph)[2] == 1.8


def test_newest_version_counts_wherever_it_stands(tmp_path: Path) -> None:
    old, new = way(1, [1, 6], attributes='version="2"'), way(1, [1, 2], attributes='version="10"')
    far = node(1, 10, 10, 'version="1" timestamp="2020-01-01T00:00:00Z"')
    near = node(1, *KITCHEN, 'version="1" timestamp="2021-01-01T00:00:00Z"')
    orders = [(far, near, old, new), (near, far, new, old), (new, near, old, far)]
    for elements in orders:
        graph = import_text(osm(*elements, *NODES[1:]), tmp_path)
        assert count(graph) == (2, 2, 0.1)
    footway = way(1, [1, 2], '<tag k="highway" v="footway"/>', 'version="11"')
    unmarked = way(1, [1, 2], "", 'version="11"')
    for closed in (footway, unmarked):
        for text in (osm(*NODES, new, closed), osm(*NODES, closed, new)):
            with pytest.raises(DataError, match="expected drivable roads"):
                import_text(text, tmp_path)


def test_of_versions_that_are_alike_the_last_counts(tmp_path: Path) -> None:
    graph = import_text(osm(*NODES, way(1, [1, 2, 3]), way(1, [1, 2])), tmp_path)
    assert count(graph) == (2, 2, 0.1)


@pytest.mark.parametrize("n_nodes", [2_000, 5_000])
@pytest.mark.parametrize("suffix", [".osm", ".osm.pbf"])
def test_long_way_is_read_whole(n_nodes: int, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"long{suffix}"
    nodes = [mutable.Node(id=i + 1, location=(-87.7 + i * 1e-7, 41.9)) for i in range(n_nodes)]
    tags = {"highway": "residential"}
    with osmium.SimpleWriter(path) as writer:
        for one in nodes:
            writer.add(one)
        writer.add(mutable.Way(id=1, nodes=range(1, n_nodes + 1), tags=tags))
    graph = import_roads(path, *KITCHEN, 4.0)
    assert graph.n_nodes == 2
    expected_mm = (n_nodes - 1) * 1e-7 * 3.141592653589793 / 180 * 6_371_009_000 * 0.7443117
    assert graph.edge_length_mm[0] == pytest.approx(expected_mm, abs=1)


def test_file_name_of_any_bytes_is_imported_under_a_printable_one(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9 \xc3\xa9\n\x1b[31m\xe2\x80\xae.osm")
    path.write_text(TEXT)
    graph = import_roads(path, *KITCHEN, 4.0)
    assert graph.provenance.source == "OpenStreetMap extract, caf\ufffd é\ufffd\ufffd[31m\ufffd.osm"


LOCATED = '<nd ref="1" lat="41.9" lon="-87.7"/><nd ref="2" lat="41.901" lon="-87.7"/>'
REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "expected a whole OpenStreetMap file"),
    "nothing but a file": (osm().encode(), "expected drivable roads around .*, got none"),
    "ways alone": (osm(*WAYS).encode(), "expected drivable roads around .*, got none"),
    "relations alone": (osm('<relation id="1"/>').encode(), "expected drivable roads"),
    "no way in the square": (
        osm(node(1, 42.9, -87.7), node(2, 42.901, -87.7), way(1, [1, 2])).encode(),
        r"expected a road within 1 km .*, got the nearest 111\.2 km",
    ),
    "a web page": (
        b"<!DOCTYPE html><html><body>504</body></html>",
        "got something else, the XML element <html>",
    ),
    "changes": (
        TEXT.replace("<osm ", "<osmChange ").replace("</osm>", "</osmChange>").encode(),
        "got changes, the XML element <osmChange>",
    ),
    "deletions": (
        osm(*NODES, "<delete>", *WAYS, "</delete>").encode(),
        "got changes, the XML element <delete>",
    ),
    "augmented changes": (
        osm('<action type="modify"><old>', *NODES, "</old></action>").encode(),
        "got changes, the XML element <action>",
    ),
    "an incomplete answer": (
        osm(*NODES, *WAYS, "<remark> runtime error: Query timed out </remark>").encode(),
        "got an answer of Overpass that is not whole, as its <remark> says",
    ),
    "a history of a way": (
        osm(*NODES, WAYS[0], way(100, [1, 2], attributes='version="2" visible="false"')).encode(),
        "got a history: way 100 is there and deleted too",
    ),
    "a history of a node": (
        osm(node(1, 1, 1, 'visible="false"'), *NODES, *WAYS).encode(),
        "got a history: node 1 is there and deleted too",
    ),
    "entities": (b'<!DOCTYPE osm [<!ENTITY a "b">]>' + TEXT.encode(), "got the XML entity 'a'"),
    "an id of 65 bits": (osm(*NODES, way(2**63, [1, 2])).encode(), f"got '{2**63}' as the id of an element"),
    "an id of 5,000 digits": (
        osm(*NODES, way("9" * 5000, [1])).encode(),
        "got '9{40}' as the id of an element",
    ),
    "an id of letters": (osm(node("a", 1, 1)).encode(), "got 'a' as the id of an element"),
    "no id": (osm('<node lat="1" lon="1"/>').encode(), "got nothing as the id of an element"),
    "a reference of letters": (osm(*NODES, way(1, ["b"])).encode(), "got 'b' as the ref of an element"),
    "a node without position that a road needs": (
        osm('<node id="90"/>', *NODES, *WAYS, way(1, [1, 90])).encode(),
        "expected a position in degrees of node 90, which way 1 .* needs, got latitude nan, longitude nan",
    ),
    "a node beyond the pole that a road needs": (
        osm(node(90, 91.5, -87.7), *NODES, *WAYS, way(1, [1, 90])).encode(),
        "expected a position in degrees of node 90, .* got latitude 91.5, longitude -87.7",
    ),
    "positions on ways": (
        osm(
            '<way id="1"><nd ref="1" lat="41.9" lon="-87.7"/><nd ref="2" lat="41.901" lon="-87.7"/>',
            ROAD,
            "</way>",
        ).encode(),
        "expected nodes with positions, got ways that hold them: .*'out body; >; out skel qt;'",
    ),
    "some positions on ways": (
        osm(
            node(1, 41.9, -87.7),
            node(3, 41.902, -87.7),
            '<way id="1">',
            LOCATED,
            '<nd ref="3" lat="41.902" lon="-87.7"/>',
            ROAD,
            "</way>",
            way(2, [1, 3]),
        ).encode(),
        "expected nodes with positions, got ways that hold them",
    ),
    "a long name": (
        osm(*NODES, *WAYS, way(1, [1, 2], f'{ROAD}<tag k="name" v="{"x" * 5000}"/>')).encode(),
        "got a tag 'name' of 5000 characters",
    ),
    "a zip file": (b"PK\x03\x04" + b"\0" * 100, "expected a whole OpenStreetMap file"),
}


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("what", REFUSED)
def test_other_files_are_refused_in_one_line(what: str, suffix: str, tmp_path: Path) -> None:
    data, message = REFUSED[what]
    with pytest.raises(DataError, match=rf"^\S+written{re.escape(suffix)}: [^\n]*\.$") as caught:
        import_text(data, tmp_path, suffix)
    assert re.search(message, str(caught.value))


HUGE: dict[str, tuple[bytes, str]] = {
    "a road of 100,000 nodes": (
        osm(*NODES, way(1, [1, 2] * 50_000)).encode(),
        "got a way of more than 20000 nodes",
    ),
    "a way of two million nodes": (
        osm(*NODES, way(1, [1, 2] * 1_000_000, "")).encode(),
        "got a way of more than 1000000 nodes",
    ),
    "a huge value": (
        osm(*NODES, way(1, [1, 2], f'{ROAD}<tag k="note" v="{"x" * 20_000_000}"/>')).encode(),
        "got an XML tag of more than 4194304 bytes",
    ),
    "a huge comment": (osm("<!--", "<" * 20_000_000, "-->").encode(), "got an XML tag of more than"),
    "a deep nest": (b"<osm>" + b"<a>" * 3_000_000, "got XML elements nested"),
}


@pytest.mark.parametrize("what", HUGE)
def test_huge_elements_are_refused_in_one_line(what: str, tmp_path: Path) -> None:
    data, message = HUGE[what]
    with pytest.raises(DataError, match=rf"^\S+written.osm: [^\n]*{message}[^\n]*\.$"):
        import_text(data, tmp_path)


@pytest.mark.parametrize("suffix", [".osm.gz", ".osm.bz2"])
def test_file_that_inflates_without_end_is_refused(suffix: str, tmp_path: Path) -> None:
    data = b"<osm>" + b" " * 100_000_000 + b"</osm>"
    with pytest.raises(DataError, match="got one that inflates to more than 100 times its size"):
        import_text(data, tmp_path, suffix)


def test_one_way_many_times_is_one_way(tmp_path: Path) -> None:
    again = "\n".join([way(1, [1, 2])] * 20_000)
    assert count(import_text(osm(*NODES, again), tmp_path)) == (2, 2, 0.1)


@pytest.mark.parametrize("target", ["/dev/zero", "/dev/stdin", "loop.osm", "pipe"])
def test_device_pipe_and_loop_are_refused_at_once(target: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    path = tmp_path / "loop.osm"
    path.symlink_to(tmp_path / target if target != "/dev/stdin" else "/dev/null")
    message = "Too many levels" if target == "loop.osm" else "expected a regular file, got a pipe or a device"
    with pytest.raises(DataError, match=message):
        import_roads(path, *KITCHEN, 4.0)


WRONG_PBF: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "got an empty one"),
    "a header alone": (HEADER, "expected drivable roads"),
    "a web page": (b"<html><body>504</body></html>", "got another format, or a damaged one"),
    "data without a header": (blob(b"OSMData", b""), "got another format, or a damaged one"),
    "a history": (
        blob(b"OSMHeader", field(4, b"OsmSchema-V0.6") + field(4, b"HistoricalInformation")),
        "got a history file: .* 'osmium time-filter'",
    ),
    "an unknown feature": (
        blob(b"OSMHeader", field(4, b"Sp\x1bce")),
        r"got one that needs the feature 'Sp\\x1bce'",
    ),
    "lzma": (
        HEADER + blob(b"OSMData", b"abc", 4, bytes),
        "got one compressed by lzma, where zlib, lz4 or zstd",
    ),
    "bzip2": (HEADER + blob(b"OSMData", b"abc", 5, bz2.compress), "got one compressed by bzip2"),
    "another compression": (HEADER + blob(b"OSMData", b"abc", 9, bytes), "a compression that is not known"),
    "damaged zstd": (HEADER + blob(b"OSMData", b"abc", 7, bytes), "expected a whole OpenStreetMap file"),
    "damaged lz4": (HEADER + blob(b"OSMData", b"abc", 6, bytes), "expected a whole OpenStreetMap file"),
    "a block of 100 MB": (
        HEADER + blob(b"OSMData", bytes(100_000_000)),
        "got a block of 100000000 bytes, at most 33554432",
    ),
    "many empty ways": (
        HEADER + blob(b"OSMData", field(2, b"\x1a\x00" * 200_000)),
        "drivable roads",
    ),
    "a node of 30 MB": (
        HEADER + blob(b"OSMData", field(2, field(1, bytes(30_000_000)))),
        "got an element of",
    ),
    "dense nodes of 30 MB": (
        HEADER + blob(b"OSMData", field(2, field(2, field(1, bytes(30_000_000))))),
        "got a group of more than 1048576 nodes",
    ),
    "a way of two million fields": (
        HEADER + blob(b"OSMData", field(2, field(3, b"\x08\x01" * 2_000_000))),
        "got a message of more than 64 fields",
    ),
    "ways of many kinds of fields": (
        HEADER
        + blob(
            b"OSMData",
            field(2, b"".join(field(3, varint(n << 3) + b"\x01") for n in range(16, 8000))),
        ),
        "drivable roads",
    ),
    "columns of different lengths": (
        HEADER
        + blob(b"OSMData", field(2, field(2, field(1, b"\x02\x02") + field(8, b"\x02") + field(9, b"\x02")))),
        "got a damaged block",
    ),
}


@pytest.mark.parametrize("what", WRONG_PBF)
def test_crafted_pbf_is_refused_in_one_line(what: str, tmp_path: Path) -> None:
    data, message = WRONG_PBF[what]
    path = tmp_path / "crafted.osm.pbf"
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"^\S+crafted\.osm\.pbf: [^\n]*\.$") as caught:
        import_roads(path, *KITCHEN, 4.0)
    assert re.search(message, str(caught.value))


def test_positions_on_the_ways_of_a_pbf_are_named(tmp_path: Path) -> None:
    strings = field(1, b"".join(field(1, text) for text in (b"", b"highway", b"residential")))
    road = b"\x08\x05" + field(2, b"\x01") + field(3, b"\x02") + field(8, b"\x02\x02") + field(9, b"\x02\x02")
    path = tmp_path / "located.osm.pbf"
    path.write_bytes(HEADER + blob(b"OSMData", strings + field(2, field(3, road + field(10, b"\x02\x02")))))
    with pytest.raises(DataError, match="expected nodes with positions, got ways that hold them"):
        import_roads(path, *KITCHEN, 4.0)
