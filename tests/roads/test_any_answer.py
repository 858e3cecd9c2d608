"""Any elements, bytes and numbers, in pieces of any size, give an answer or one line."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.errors import FastgenError
from fastgen.roads.overpass_answer import read_answer
from tests.effort import repeats
from tests.roads.answers import NODES, WAY

if TYPE_CHECKING:
    from collections.abc import Iterable

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
elements = st.dictionaries(
    st.sampled_from(["type", "id", "lat", "lon", "nodes", "tags", "geometry"]),
    st.sampled_from(["node", "way", "relation"]) | st.lists(st.integers(0, 3)) | values,
)


def read_or_refuse(chunks: Iterable[bytes]) -> None:
    try:
        read_answer(chunks)
    except FastgenError as error:
        message = str(error)
    else:
        return
    assert re.fullmatch(r"expected [^\n]+", message)


@settings(max_examples=repeats(200, 5_000), deadline=None)
@given(st.lists(elements | st.sampled_from([*NODES, WAY]) | values, max_size=5), st.integers(1, 50))
def test_any_elements_give_an_answer_or_one_line(found: list[Any], pieces: int) -> None:
    data = json.dumps({"elements": found}).encode()
    read_or_refuse(data[i : i + pieces] for i in range(0, len(data), pieces))


@settings(max_examples=repeats(200, 5_000), deadline=None)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=3))
def test_any_bytes_give_an_answer_or_one_line(place: int, more: bytes) -> None:
    data = json.dumps({"elements": [*NODES, WAY]}).encode()
    place %= len(data)
    read_or_refuse([data[:place] + more + data[place + len(more) :]])


@settings(deadline=None)
@given(st.floats(allow_nan=False) | st.integers(-(10**18), 10**18), st.integers(1, 4))
def test_number_is_read_whole_however_it_arrives(number: float, pieces: int) -> None:
    data = json.dumps({"elements": NODES, "remark": number}).encode()
    found = read_answer(data[i : i + pieces] for i in range(0, len(data), pieces))
    assert found.remark == str(number)
