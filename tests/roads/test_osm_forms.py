"""Files of every form that carries OpenStreetMap's elements are read right."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import osmium
import pytest
from osmium.osm import mutable

from fastgen.errors import DataError
from fastgen.roads.files import import_roads
from tests.roads.osm_text import (
    KITCHEN,
    NODES,
    PACKERS,
    TEXT,
    TOWN,
    WAYS,
    count,
    grid_place,
    import_text,
    node,
    osm,
    way,
)

if TYPE_CHECKING:
    from pathlib import Path

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


def test_one_way_many_times_is_one_way(tmp_path: Path) -> None:
    again = "\n".join([way(1, [1, 2])] * 20_000)
    assert count(import_text(osm(*NODES, again), tmp_path)) == (2, 2, 0.1)
