"""GraphML gives the network it holds whoever wrote it, never a wrong one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastgen.roads.files import import_roads
from tests.effort import repeats
from tests.roads.graphml_text import EDGE, KITCHEN, TWO_EDGES, import_text
from tests.roads.graphml_writer import LIST_STYLES, NAMESPACE, Spelling, write_graphml
from tests.roads.imports import import_town, osmnx_town
from tests.roads.town import write_osm

if TYPE_CHECKING:
    from pathlib import Path


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


@pytest.mark.parametrize("name", ["nan", "None", "null", " NaN ", "['nan', None]", "{'en': 'Main St'}"])
def test_text_that_says_there_is_no_name_is_none(name: str, tmp_path: Path) -> None:
    text = TWO_EDGES.replace('<data key="o">[11', f'<data key="n">{name}</data><data key="o">[11')
    assert import_text(text, tmp_path).street_names == ()


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
    two_edges, edge = (text.replace(">111<", ">122<") for text in (TWO_EDGES, EDGE))  # as long as COURSE
    plain = import_text(two_edges, tmp_path)
    text = two_edges.replace(edge, f'{edge}<data key="g">{geometry}</data>')
    assert import_text(text, tmp_path).content_hash() == plain.content_hash()


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
