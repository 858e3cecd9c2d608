"""A .roads file is pinned by its hash: it must give back the very graph that was put in, or be refused."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.errors import DataError
from fastgen.model.road_graph import MAX_LENGTH_MM, Provenance, RoadGraph
from fastgen.roads.roads_file import decode_roads, encode_roads, load_roads
from fastgen.units import E6, NO_STREET
from tests.roads.networks import small_graph

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = ("lat_e6", "lon_e6", "edge_start", "edge_to", "edge_length_mm", "edge_street")
LINES = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=12)


@st.composite
def graphs(draw: st.DrawFn) -> RoadGraph:
    """Draw any graph: no nodes, no names, twin nodes, self-loops, parallel edges, the longest edge."""
    positions = draw(
        st.lists(st.tuples(st.integers(-90 * E6, 90 * E6), st.integers(-180 * E6, 180 * E6)), max_size=8)
    )
    names = draw(st.lists(LINES, max_size=4))
    node = st.integers(0, max(len(positions) - 1, 0))
    edge = st.tuples(node, node, st.integers(0, MAX_LENGTH_MM), st.integers(NO_STREET, len(names) - 1))
    edges = draw(st.lists(edge, max_size=20)) if positions else []
    lat, lon = np.array(positions, np.int64).reshape(-1, 2).T
    tail, head, length, street = np.array(edges, np.int64).reshape(-1, 4).T
    provenance = Provenance(draw(LINES), draw(LINES), draw(st.booleans()))
    return RoadGraph.from_edges(lat, lon, tail, head, length, street, tuple(names), provenance)


@settings(deadline=None)
@given(graphs())
def test_round_trip_gives_the_same_graph(graph: RoadGraph) -> None:
    data = encode_roads(graph)
    back = decode_roads(data, "test")
    for field in FIELDS:
        before, after = getattr(graph, field), getattr(back, field)
        assert after.dtype == before.dtype
        assert np.array_equal(before, after)
    assert back.street_names == graph.street_names
    assert back.provenance == graph.provenance
    assert back.content_hash() == graph.content_hash()
    assert encode_roads(back) == data


def test_every_truncation_is_refused_in_one_line() -> None:
    data = encode_roads(small_graph())
    for length in range(len(data)):
        with pytest.raises(DataError, match=r"^cut\.roads: expected [^\n]+$"):
            decode_roads(data[:length], "cut.roads")


@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80, 0xFF])
def test_every_flipped_byte_is_refused_in_one_line(mask: int) -> None:
    graph = small_graph()
    data = encode_roads(graph)
    # The hash covers the network, not the words about its source: a letter changed there gives other words.
    words = b"a test" + b"CC0-1.0"
    accepted, messages = [], set()
    for place, byte in enumerate(data):
        damaged = data[:place] + bytes([byte ^ mask]) + data[place + 1 :]
        try:
            back = decode_roads(damaged, "bad.roads")
        except DataError as error:
            messages.add(str(error))
        else:
            accepted.append(byte)
            assert back.content_hash() == graph.content_hash()
    assert len(accepted) <= len(words)
    assert all(re.fullmatch(r"bad\.roads: expected [^\n]+", message) for message in messages)
    assert set(accepted) <= set(words)


@pytest.mark.parametrize("tail", [b"\0", b"\n", b"more", b"\0\0\0\0"])
def test_bytes_behind_the_end_are_refused(tail: bytes) -> None:
    with pytest.raises(DataError, match=r"^long\.roads: expected [^\n]+$"):
        decode_roads(encode_roads(small_graph()) + tail, "long.roads")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", "other"),
        ("format_version", 2),
        ("format_version", None),
        ("n_nodes", 4),
        ("n_nodes", -1),
        ("n_nodes", 10**12),
        ("n_edges", 3),
        ("n_edges", "many"),
        ("n_streets", 0),
        ("n_streets", 3),
        ("hash", "0" * 64),
        ("hash", None),
        ("source", ...),
        ("licence", ...),
        ("synthetic", ...),
    ],
)
def test_header_that_does_not_fit_is_refused_in_one_line(key: str, value: Any) -> None:
    line, body = encode_roads(small_graph()).split(b"\n", 1)
    header = json.loads(line)
    if value is ...:
        del header[key]
    else:
        header[key] = value
    with pytest.raises(DataError, match=r"^header\.roads: expected [^\n]+$"):
        decode_roads(json.dumps(header).encode() + b"\n" + body, "header.roads")


def test_load_names_the_file_and_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.roads: expected a readable \.roads file, got No such file"):
        load_roads(tmp_path / "none.roads")
    (tmp_path / "sf.roads").write_bytes(b"")
    with pytest.raises(DataError, match=r"sf\.roads: expected a fastgen-roads file, got something else"):
        load_roads(tmp_path / "sf.roads")
    (tmp_path / "sf.roads").write_bytes(encode_roads(small_graph()))
    assert load_roads(tmp_path / "sf.roads").content_hash() == small_graph().content_hash()
