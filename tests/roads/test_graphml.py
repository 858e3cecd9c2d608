"""GraphML gives the network it holds whoever wrote it, or one line: never a wrong one, never a traceback."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastgen.errors import DataError
from fastgen.roads.attribute_text import read_flag, read_number, split_list
from fastgen.roads.files import import_roads
from tests.effort import repeats
from tests.roads.graphml_writer import LIST_STYLES, NAMESPACE, Spelling, write_graphml
from tests.roads.imports import import_town, osmnx_town
from tests.roads.town import write_osm

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.model.road_graph import RoadGraph

KITCHEN = (41.9, -87.7, 4.0)
# Two edges at a right angle, as osmnx 0 saved them.
TWO_EDGES = f"""<graphml xmlns="{NAMESPACE}">
<key id="y" for="node" attr.name="y" attr.type="string"/>
<key id="x" for="node" attr.name="x" attr.type="string"/>
<key id="l" for="edge" attr.name="length" attr.type="string"/>
<key id="o" for="edge" attr.name="osmid" attr.type="string"/>
<key id="n" for="edge" attr.name="name" attr.type="string"/>
<key id="g" for="edge" attr.name="geometry" attr.type="string"/>
<graph edgedefault="directed"><node id="1"><data key="y">41.9</data><data key="x">-87.7</data></node>
<node id="2"><data key="y">41.901</data><data key="x">-87.7</data></node>
<node id="3"><data key="y">41.901</data><data key="x">-87.699</data></node>
<edge source="1" target="2"><data key="l">111</data><data key="o">[11, 12]</data></edge>
<edge source="2" target="3"><data key="l">83</data><data key="o">[12, 13]</data></edge></graph></graphml>"""


def import_text(text: str, folder: Path) -> RoadGraph:
    path = folder / "streets.graphml"
    path.write_text(text)
    return import_roads(path, *KITCHEN)


def refusal(text: str, folder: Path) -> str:
    """Import a text that must be refused in one line, and soon; what stands behind the file's name."""
    began = time.perf_counter()
    with pytest.raises(DataError, match=r"^\S+streets\.graphml: expected [^\n]+\.$") as caught:
        import_text(text, folder)
    assert time.perf_counter() - began < 5
    assert len(str(caught.value)) < 500
    return str(caught.value).split(": ", 1)[1]


def test_merged_edges_without_a_flag_are_junction_to_junction(tmp_path: Path) -> None:
    graph = import_text(TWO_EDGES, tmp_path)
    assert (graph.n_nodes, graph.edge_length_mm.tolist()) == (3, [111_000, 83_000])


def test_plain_edges_without_a_flag_are_simplified(tmp_path: Path) -> None:
    graph = import_text(TWO_EDGES.replace("[11, 12]", "12").replace("[12, 13]", "12"), tmp_path)
    assert (graph.n_nodes, graph.edge_length_mm.tolist()) == (2, [194_000])


def test_flag_outweighs_lists(tmp_path: Path) -> None:
    text = TWO_EDGES.replace("<graph ", '<key id="s" for="graph" attr.name="simplified"/><graph ')
    text = text.replace("</graph>", '<data key="s">False</data></graph>')
    assert import_text(text, tmp_path).edge_length_mm.tolist() == [194_000]


spellings = st.builds(
    Spelling,
    namespace=st.sampled_from([NAMESPACE, None, "http://graphml.example/2"]),
    node_id=st.sampled_from([str, "n{}".format, lambda n: str(n) if n % 2 else f"n{n}", "{}.0".format]),
    write_list=st.sampled_from(LIST_STYLES),
    types=st.fixed_dictionaries(
        {},
        optional={
            "y": st.sampled_from(["double", "float", "string", ""]),
            "length": st.sampled_from(["double", "float", "string", "int", ""]),
            "osmid": st.sampled_from(["string", "long", "double", "boolean"]),
            "name": st.sampled_from(["string", ""]),
        },
    ),
    key_for=st.dictionaries(st.sampled_from(["y", "length", "highway"]), st.just("all")),
    missing=st.sampled_from([None, "", "nan", "NaN", "None", "null"]),
    simplified=st.sampled_from(["True", "true", "1", "yes", "", "nan", None]),
    with_edge_ids=st.booleans(),
    edges_first=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-16", "ascii", "latin-1"]),
    more=st.dictionaries(
        st.sampled_from(["elevation", "oneway", "reversed", "lanes", "speed_kph", "notes"]),
        st.sampled_from(
            [
                "3.5",
                "True",
                "inf",
                "1",
                "{'a': [1, {'b': 2}]}",
                '{"a": null}',
                "[1, [2]]",
                "[",
                "1+1",
                "[" * 50_000,
            ]
        ),
    ),
)


@settings(max_examples=repeats(60, 600), deadline=None)
@given(spelling=spellings)
@example(spelling=Spelling())
def test_every_spelling_gives_the_same_network(spelling: Spelling, town_folder: Path) -> None:
    path = write_graphml(osmnx_town(town_folder), town_folder / "spelled.graphml", spelling)
    expected = import_town(write_osm(town_folder / "town.osm"))
    assert import_town(path).content_hash() == expected.content_hash()


LINES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@settings(deadline=None)
@given(st.lists(LINES, min_size=1, max_size=4), st.sampled_from(LIST_STYLES[:4]))
def test_list_gives_its_texts_back(texts: list[str], write_list: object) -> None:
    assert callable(write_list)
    assert split_list(write_list(texts)) == [t for t in texts if split_list(t) != []]


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("Main Street", ["Main Street"]),
        ("['A', 'B']", ["A", "B"]),
        ("['O\\'Hara', \"St. John's\"]", ["O'Hara", "St. John's"]),
        ('["\\ud83d\\ude00", "\\u00e9"]', ["😀", "é"]),
        ("['A' 'B']", ["A", "B"]),
        ("{'A'}", ["A"]),
        ("['A', None, nan, 3]", ["A"]),
        ("[Closed]", ["[Closed]"]),
        ("[1, 2]", []),
        ("[]", []),
        ("{}", []),
        ("{'en': 'Main'}", []),
        ('{"en": "Main"}', []),
        ("[['A']]", []),
        ("nan", []),
        ("", []),
        ("[", ["["]),
        ("('B', 'A')", ["B", "A"]),
        ("('A',)", ["A"]),
        ("(None, 'A')", ["A"]),
        ("(None, nan)", []),
        ("array(['B', 'A'], dtype=object)", ["B", "A"]),
        ("array(['A'], dtype='<U1')", ["A"]),
        ("frozenset({'A'})", ["A"]),
        ("numpy.array([1, 2])", []),
        ("(Closed)", ["(Closed)"]),
        ("(2)", ["(2)"]),
        ("(Old) Main Street (East)", ["(Old) Main Street (East)"]),
        ("('Old' Road)", ["('Old' Road)"]),
        ("Main(East)", ["Main(East)"]),
        ("St.((Old))", ["St.((Old))"]),
    ],
)
def test_texts_in_a_value(text: str, texts: list[str]) -> None:
    assert split_list(text) == texts


@pytest.mark.parametrize("piece", ["]", "],dtype=", "] ", "(", "],  ", "'a',"])
@pytest.mark.parametrize("start", ["array([", "(", "a(((", "array(['a'],"])
def test_any_long_value_is_read_in_a_moment(start: str, piece: str) -> None:
    began = time.perf_counter()
    with suppress(ValueError):
        split_list(start + piece * 200_000 + ")")
    assert time.perf_counter() - began < 3


@pytest.mark.parametrize("text", ["1_0", "0x1", "41,9", "1e", "--1", "[1]", "True", "inf", "\u0661"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        read_number(text)
    assert np.isnan(read_number(" None "))
    assert read_number(" -87.5e0 ") == -87.5
    with pytest.raises(ValueError, match="maybe"):
        read_flag("maybe")


@pytest.mark.parametrize("name", ["nan", "None", "null", " NaN ", "['nan', None]", "{'en': 'Main St'}"])
def test_text_that_says_there_is_no_name_is_none(name: str, tmp_path: Path) -> None:
    text = TWO_EDGES.replace('<data key="o">[11', f'<data key="n">{name}</data><data key="o">[11')
    assert import_text(text, tmp_path).street_names == ()


GRAPH = '<graph edgedefault="directed">'
NODE_1 = '<node id="1"><data key="y">41.9</data>'
EDGE = '<edge source="1" target="2"><data key="l">111</data>'
SHAPES = {
    "twice the node": (NODE_1, f"{NODE_1}</node>{NODE_1}", "got node 1 twice"),
    "node without id": ('<node id="3">', "<node>", "got node without id"),
    "edge without end": (' target="2"', "", "got edge without target"),
    "edge to nowhere": ('target="3"', 'target="9"', "got the edge from 2 to 9, one of which is no node"),
    "quoted id": ('target="3"', 'target="n\x7f9"', r"from 2 to 'n\x7f9', one of which is no node"),
    "undirected edge": ('target="3"', 'target="3" directed="false"', "the edge from 2 to 3 undirected"),
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


COURSE = "LINESTRING (-87.7 41.9, -87.7003 41.9005, -87.7 41.901)"


@pytest.mark.parametrize(
    "geometry",
    [
        COURSE,
        "LINESTRING Z (-87.7 41.9 1, -87.7003 41.9005 2, -87.7 41.901 3)",
        "LINESTRING (-87.7 41.901, -87.7003 41.9005, -87.7 41.9)",
        "LINESTRING (-87.70001 41.90001, -87.7 41.90099)",
        "LINESTRING EMPTY",
        "MULTILINESTRING ((1 2, 3 4), (5 6, 7 8))",
        "multilinestring z ((1 2 3, 3 4 5))",
        "MULTILINESTRING EMPTY",
        "POINT(1 2)",
        "POINT Z (1 2 3)",
    ],
)
def test_geometry_changes_nothing_in_the_network(geometry: str, tmp_path: Path) -> None:
    plain = import_text(TWO_EDGES, tmp_path)
    text = TWO_EDGES.replace(EDGE, f'{EDGE}<data key="g">{geometry}</data>')
    assert import_text(text, tmp_path).content_hash() == plain.content_hash()


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


def test_course_of_a_loop_may_end_elsewhere(tmp_path: Path) -> None:
    plain = import_text(TWO_EDGES, tmp_path)
    loop = f'<edge source="1" target="1"><data key="l">50</data><data key="g">{COURSE}</data></edge>'
    assert import_text(TWO_EDGES.replace(EDGE, loop + EDGE), tmp_path).content_hash() == plain.content_hash()


@pytest.mark.parametrize("ids", [("1", "01", "3"), ("0", "-0", "3"), ("7", "07", "007")])
def test_ids_that_are_the_same_number_are_different_nodes(ids: tuple[str, str, str], tmp_path: Path) -> None:
    plain = import_text(TWO_EDGES, tmp_path)
    text = re.sub(r'(id|source|target)="([123])"', lambda m: f'{m[1]}="{ids[int(m[2]) - 1]}"', TWO_EDGES)
    assert import_text(text, tmp_path).content_hash() == plain.content_hash()


def test_lengths_of_several_types_are_read_as_networkx_writes_them(tmp_path: Path) -> None:
    expected = import_text(TWO_EDGES.replace("[11, 12]", "12").replace("[12, 13]", "12"), tmp_path)
    graph = nx.MultiDiGraph(simplified=False)
    for node, y, x in ((1, 41.9, -87.7), (2, 41.901, -87.7), (3, 41.901, -87.699)):
        graph.add_node(node, y=y, x=x)
    graph.add_edge(1, 2, length=111)
    graph.add_edge(2, 3, length=83.0)
    nx.write_graphml(graph, tmp_path / "mixed.graphml")
    assert (tmp_path / "mixed.graphml").read_text().count('attr.name="length"') == 2
    assert import_roads(tmp_path / "mixed.graphml", *KITCHEN).content_hash() == expected.content_hash()


@pytest.mark.parametrize("length", ["0", "0.111", "0.0690", "11", "90", "107"])
def test_length_shorter_than_the_straight_line_is_refused(length: str, tmp_path: Path) -> None:
    message = refusal(TWO_EDGES.replace(">111<", f">{length}<"), tmp_path)
    line = r"expected length >= 111\.2 m, the straight line, of the edge from 1 to 2, got "
    assert re.fullmatch(rf"{line}{float(length)}\.", message)


@pytest.mark.parametrize("length", ["-1", "nan", "1e999", "3000000", "", "None"])
def test_length_that_is_none_is_refused(length: str, tmp_path: Path) -> None:
    message = refusal(TWO_EDGES.replace(">111<", f">{length}<"), tmp_path)
    assert message.startswith("expected 0 <= length <= 2147483 m of the edge from 1 to 2, got ")


@pytest.mark.parametrize("simplify", [True, False])
@pytest.mark.parametrize("precision", ["float32", "five decimals", "ellipsoid"])
def test_lengths_of_shortened_coordinates_pass(
    *, simplify: bool, precision: str, town_folder: Path, tmp_path: Path
) -> None:
    graph = nx.MultiDiGraph(osmnx_town(town_folder, simplify=simplify))
    for _, data in graph.nodes(data=True):
        for key in "yx":
            if precision != "ellipsoid":
                single = precision == "float32"
                data[key] = float(np.float32(data[key])) if single else round(data[key], 5)
    for *_, data in graph.edges(data=True):
        if precision == "ellipsoid":
            data["length"] *= 0.994
    path = write_graphml(graph, tmp_path / "short.graphml", Spelling(simplified=str(simplify)))
    assert import_town(path).n_edges == import_town(write_osm(tmp_path / "town.osm")).n_edges


def test_twin_nodes_may_be_joined_by_an_edge_of_no_length(tmp_path: Path) -> None:
    text = TWO_EDGES.replace("41.901", "41.9").replace("-87.699", "-87.7").replace(">111<", ">0<")
    assert import_text(text, tmp_path).edge_length_mm.tolist() == [1, 83_000]


def test_value_of_a_key_holds_where_an_element_has_none(tmp_path: Path) -> None:
    key = '<key id="n" for="edge" attr.name="name" attr.type="string">'
    text = TWO_EDGES.replace(f"{key[:-1]}/>", f"{key}<default>Main Street</default></key>")
    text = text.replace(">83</data>", '>83</data><data key="n">Side Street</data>')
    graph = import_text(text, tmp_path)
    assert graph.street_names == ("Main Street", "Side Street")
