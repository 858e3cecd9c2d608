"""Write a small street graph as GraphML, and import it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from fastgen.errors import DataError
from fastgen.roads.files import import_roads
from tests.roads.graphml_writer import NAMESPACE

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

EDGE = '<edge source="1" target="2"><data key="l">111</data>'


def import_text(text: str, folder: Path) -> RoadGraph:
    """Import a text."""
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
