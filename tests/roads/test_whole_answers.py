"""An Overpass answer that lacks nodes of a road is refused: its network would be wrong in silence."""

from __future__ import annotations

import json
import re
import tracemalloc
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastgen.errors import DataError
from fastgen.roads.overpass_answer import read_answer
from tests.roads.answers import read
from tests.roads.overpass import Overpass, answer, download

if TYPE_CHECKING:
    from collections.abc import Iterator

QUERY = "[out:json];(way[\"highway\"](poly:'37 -123 37 -122 38 -122 38 -123');>;);out;"
TOWN: list[dict[str, Any]] = answer(QUERY)["elements"]
ROADS = [
    i for i, element in enumerate(TOWN) if element["type"] == "way" and element["id"] in {10, 13, 15, 41}
]


@given(st.sampled_from(ROADS), st.data())
def test_road_without_one_of_its_nodes_is_named(place: int, data: st.DataObject) -> None:
    lost = data.draw(st.sampled_from(sorted(set(TOWN[place]["nodes"]))))
    left = [element for element in TOWN if (element["type"], element["id"]) != ("node", lost)]
    with pytest.raises(
        DataError, match=rf"^expected the nodes of all ways, .* got way \d+ without its node {lost}$"
    ) as caught:
        read(*left)
    way = int(re.search(r"way (\d+)", str(caught.value))[1])  # type: ignore[index]  # it matches
    assert lost in next(one["nodes"] for one in left if one["type"] == "way" and one["id"] == way)


@given(
    st.sampled_from(ROADS),
    st.sampled_from([{}, {"geometry": []}, {"center": {"lat": 37.79, "lon": -122.39}}]),
)
def test_road_without_the_list_of_its_nodes_is_named(place: int, more: dict[str, Any]) -> None:
    found = deepcopy(TOWN)
    del found[place]["nodes"]
    found[place].update(more)
    with pytest.raises(
        DataError, match=rf"^expected nodes and ways, got way {found[place]['id']} without its nodes"
    ):
        read(*found)


@pytest.mark.parametrize("nodes", [{}, {"1": 2}, "12", 7, True, [1, "2"], [[1]], [1.0]])
def test_nodes_that_are_no_list_of_ids_are_refused(nodes: Any) -> None:
    found = deepcopy(TOWN)
    found[ROADS[0]]["nodes"] = nodes
    with pytest.raises(DataError, match=r"^expected ids as nodes of way 10, got "):
        read(*found)


def test_way_that_is_no_road_needs_no_nodes() -> None:
    foot = {"type": "way", "id": 9000, "tags": {"highway": "footway"}}
    assert read(*TOWN, foot, {**foot, "id": 9001, "nodes": [123456]}).has_nodes


def test_download_without_a_node_is_refused(overpass: Overpass) -> None:
    overpass.body = json.dumps({"elements": [one for one in TOWN if one["id"] != 2]}).encode()
    with pytest.raises(DataError, match=r"/api: expected the nodes of all ways, .* without its node 2\.$"):
        download(overpass.url)


@pytest.mark.parametrize("remark", [None, ""])
def test_remark_that_says_nothing_is_none(remark: object) -> None:
    assert read(*TOWN, remark=remark).remark == ""


def test_memory_of_an_answer_is_less_than_its_size() -> None:
    """A way takes less memory than its text in the answer."""
    size, n = 0, 30_000

    def pieces() -> Iterator[bytes]:
        nonlocal size
        yield b'{"elements":[{"type":"node","id":1,"lat":1,"lon":1},{"type":"node","id":2,"lat":1,"lon":2}'
        for first in range(0, n, 1000):
            piece = "".join(
                f',{{"type":"way","id":{i},"nodes":[1,2],"tags":{{"highway":"a"}}}}'
                for i in range(first, first + 1000)
            ).encode()
            size += len(piece)
            yield piece
        yield b"]}"

    tracemalloc.start()
    found = read_answer(pieces())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.has_nodes
    assert peak < 1.2 * size
