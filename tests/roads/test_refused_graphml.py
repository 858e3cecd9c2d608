"""GraphML that is no street graph is refused in one line that names the element and its value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.roads.graphml_text import EDGE, TWO_EDGES, import_text, refusal

if TYPE_CHECKING:
    from pathlib import Path

GRAPH = '<graph edgedefault="directed">'
NODE_1 = '<node id="1"><data key="y">41.9</data>'
SHAPES = {
    "twice the node": (NODE_1, f"{NODE_1}</node>{NODE_1}", "got node 1 twice"),
    "node without id": ('<node id="3">', "<node>", "got node without id"),
    "edge without end": (' target="2"', "", "got edge without target"),
    "edge to nowhere": ('target="3"', 'target="9"', "got the edge from 2 to 9, one of which is no node"),
    "quoted id": ('target="3"', 'target="n\x7f9"', r"from 2 to 'n\x7f9', one of which is no node"),
    "undirected edge": ('target="3"', 'target="3" directed="false"', "the edge from 2 to 3 undirected"),
    **{
        f"edge with directed={word}": (
            'target="3"',
            f'target="3" directed="{word}"',
            "the edge from 2 to 3 undirected",
        )
        for word in ("0", "FALSE", "False", "no")
    },
    "edge with an odd direction": (
        'target="3"',
        'target="3" directed="up"',
        "got 'up' as directed of the edge",
    ),
    "names behind the graph": (
        "</graph>",
        '</graph><key id="z" for="edge" attr.name="name"/>',
        "got a key behind the graph",
    ),
    "undirected": ("directed", "undirected", "expected a directed graph, got an undirected one"),
    "no direction": (' edgedefault="directed"', "", "expected a directed graph"),
    "nested graph": (NODE_1, f"{NODE_1}<graph/>", "got a nested graph"),
    "graph in the graph": (NODE_1, f"<graph/>{NODE_1}", "got a nested graph"),
    "second graph": ("</graph>", "</graph><graph/>", "got several graphs"),
    "hyperedge": (NODE_1, f"<hyperedge/>{NODE_1}", "got a hyperedge"),
    "two keys": (
        f"{GRAPH}{NODE_1}",
        f'<key id="z" for="node" attr.name="y"/>{GRAPH}{NODE_1}<data key="z">42</data>',
        "got '41.9' and '42' as y of node '1'",
    ),
    "two values": (EDGE, f'{EDGE}<data key="l">112</data>', "got '111' and '112' as length of edge '1' '2'"),
    "two defaults": (
        "<graph ",
        '<key id="z" for="all" attr.name="name"><default>A</default><default>B</default></key><graph ',
        "got 'A' and 'B' as name of key",
    ),
    "no graph": (TWO_EDGES, "<graphml/>", "got no graph"),
    "other root": (TWO_EDGES, "<gexf><graph/></gexf>", "got the root element 'gexf'"),
    "comma": (">41.9<", ">41,9<", "got '41,9' as y of node 1"),
    "list of lengths": (">111<", ">[100, 11]<", "got '[100, 11]' as length of the edge from 1 to 2"),
    "length in words": (">111<", ">long<", "got 'long' as length of the edge from 1 to 2"),
    "entity": (TWO_EDGES, f'<!DOCTYPE g [<!ENTITY a "aa">]>{TWO_EDGES}', "got a declaration of an entity"),
    "unknown encoding": ("<graphml", '<?xml version="1.0" encoding="klingon"?><graphml', "expected a graph"),
    "unbound prefix": (NODE_1, f"<y:a/>{NODE_1}", "expected a graph"),
    "deep elements": (NODE_1, "<a>" * 200_000, "elements nested more than 100 deep"),
    "long value": (">111<", f">{'1' * 5_000_000}<", "got a value of more than 4194304 characters"),
    "long tag": ('id="1"', f'id="{"1" * 20_000_000}"', "got a tag of more than 4194304 bytes"),
    "point": (EDGE, f'{EDGE}<data key="g">LINESTRING (1 1)</data>', "got the geometry 'LINESTRING (1 1)' of"),
    "half a point": (EDGE, f'{EDGE}<data key="g">LINESTRING (1, 2 3)</data>', "got the geometry "),
    "two dots": (EDGE, f'{EDGE}<data key="g">LINESTRING (1.2.3 4, 5 6)</data>', "got the geometry "),
    "bare exponent": (EDGE, f'{EDGE}<data key="g">LINESTRING (e e, e e)</data>', "got the geometry "),
    "endless number": (
        EDGE,
        f'{EDGE}<data key="g">LINESTRING (-87.7 41.9, 1e400 1, -87.7 41.901)</data>',
        "1e400 1, -87.7 41.901)' of the edge from 1 to 2",
    ),
    "odd numbers": (EDGE, f'{EDGE}<data key="g">LINESTRING (--1 1, 2 2)</data>', "got the geometry "),
    "surface": (EDGE, f'{EDGE}<data key="g">POLYGON ((1 1, 2 2, 1 2, 1 1))</data>', "got the geometry "),
    "nested name": (EDGE, f'{EDGE}<data key="n">{"[" * 20_000}{"]" * 20_000}</data>', "as name of the edge"),
    "sum for a name": (EDGE, f'{EDGE}<data key="n">[{"1+" * 20_000}1]</data>', "as name of the edge"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_no_street_graph_is_refused_in_one_line(shape: str, tmp_path: Path) -> None:
    before, after, message = SHAPES[shape]
    assert before in TWO_EDGES
    assert message in refusal(TWO_EDGES.replace(before, after, 1), tmp_path)


@pytest.mark.parametrize(
    "geometry",
    [
        "LINESTRING (10 10, 11 11)",
        "LINESTRING (-87.7 41.9, -87.7 41.9)",
        "LINESTRING (-87.7 41.901, -87.7 41.901)",
        "LINESTRING (-87.7 41.9, -87.7 41.9005)",
        "LINESTRING (41.9 -87.7, 41.901 -87.7)",
        "LINESTRING (-87.7 41.9, 1e300 41.901)",
    ],
)
def test_geometry_that_leads_elsewhere_is_refused_by_its_edge(geometry: str, tmp_path: Path) -> None:
    message = refusal(TWO_EDGES.replace(EDGE, f'{EDGE}<data key="g">{geometry}</data>'), tmp_path)
    assert message == (
        f"expected the geometry of the edge from 1 to 2 to end at its nodes, within 20 m, got {geometry!r}."
    )


@pytest.mark.parametrize("length", ["0", "0.111", "0.0690", "11", "90", "107"])
def test_length_shorter_than_the_straight_line_is_refused(length: str, tmp_path: Path) -> None:
    message = refusal(TWO_EDGES.replace(">111<", f">{length}<"), tmp_path)
    line = r"expected length >= 111\.2 m, the straight line, of the edge from 1 to 2, got "
    assert re.fullmatch(rf"{line}{float(length)}\.", message)


@pytest.mark.parametrize("length", ["-1", "nan", "1e999", "3000000", "", "None"])
def test_length_that_is_none_is_refused(length: str, tmp_path: Path) -> None:
    message = refusal(TWO_EDGES.replace(">111<", f">{length}<"), tmp_path)
    assert message.startswith("expected 0 <= length <= 2147483 m of the edge from 1 to 2, got ")


@pytest.mark.parametrize("length", ["21119.6", "100000", "2000000"])
def test_length_far_above_the_straight_line_is_refused(length: str, tmp_path: Path) -> None:
    message = refusal(TWO_EDGES.replace(">111<", f">{length}<"), tmp_path)
    line = r"expected length <= 21119\.5 m, 100 straight lines and 10 km, of the edge from 1 to 2, got "
    assert re.fullmatch(rf"{line}{float(length)}\.", message)


@pytest.mark.parametrize("length", ["21119", "5000", "112"])
def test_length_of_a_bent_road_is_believed(length: str, tmp_path: Path) -> None:
    graph = import_text(TWO_EDGES.replace(">111<", f">{length}<"), tmp_path)
    assert int(length) * 1000 in graph.edge_length_mm.tolist()


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 0.004), st.floats(0.3, 4))
def test_length_is_that_of_its_course(
    tmp_path_factory: pytest.TempPathFactory, aside: float, times: float
) -> None:
    """A course of three points, and a length so many times as long."""
    half_m = np.hypot(111.195 / 2, aside * 111_195 * np.cos(np.radians(41.9)))
    length_m = max(2 * half_m * times, 112.0)
    course = f"LINESTRING (-87.7 41.9, {-87.7 + aside:.9f} 41.9005, -87.7 41.901)"
    edge = f'{EDGE}<data key="g">{course}</data>'.replace(">111<", f">{length_m:.3f}<")
    text, folder = TWO_EDGES.replace(EDGE, edge), tmp_path_factory.mktemp("course")
    share = length_m / (2 * half_m)
    is_short, is_long = share < 0.98 and 2 * half_m - length_m > 5, length_m > 4.1 * half_m + 101
    if is_short or is_long:
        assert "expected the length of the edge from 1 to 2 near the " in refusal(text, folder)
    elif 1.0 <= share < 1.9:
        assert import_text(text, folder).n_nodes == 3
