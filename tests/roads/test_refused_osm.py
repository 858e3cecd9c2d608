"""Files that are no whole OpenStreetMap extract are refused in one line, at once."""

from __future__ import annotations

import bz2
import os
import re
from typing import TYPE_CHECKING

import pytest

from fastgen.errors import DataError
from fastgen.roads.files import import_roads
from tests.roads.osm_bytes import HEADER, blob, field, varint
from tests.roads.osm_text import KITCHEN, NODES, PACKERS, ROAD, TEXT, WAYS, import_text, node, osm, way

if TYPE_CHECKING:
    from pathlib import Path

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
    "an id of 65 bits": (osm(*NODES, way(2**63, [1, 2])).encode(), f"got '{2**63}' as the id of a way"),
    "an id of 5,000 digits": (
        osm(*NODES, way("9" * 5000, [1])).encode(),
        "got '9{40}' as the id of a way",
    ),
    "an id of letters": (osm(node("a", 1, 1)).encode(), "got 'a' as the id of a node"),
    "no id": (osm('<node lat="1" lon="1"/>').encode(), "got nothing as the id of a node"),
    "a reference of letters": (osm(*NODES, way(1, ["b"])).encode(), "got 'b' as the ref of way 1 "),
    "a node without position that a road needs": (
        osm('<node id="90"/>', *NODES, *WAYS, way(1, [1, 90])).encode(),
        "expected a position in degrees of node 90, which way 1 .* needs, got no lat and no lon",
    ),
    "a node beyond the pole that a road needs": (
        osm(node(90, 91.5, -87.7), *NODES, *WAYS, way(1, [1, 90])).encode(),
        "expected a position in degrees of node 90, .* got lat='91.5' and lon='-87.7'",
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
        "got way 1 with a tag 'name' of 5000 characters",
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
        "got way 1 of more than 20000 nodes",
    ),
    "a way of two million nodes": (
        osm(*NODES, way(1, [1, 2] * 1_000_000, "")).encode(),
        "got way 1 of more than 1000000 nodes",
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
        HEADER + blob(b"OSMData", field(2, field(3, b"\x78\x01" * 2_000_000))),
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
