"""Route texts and pings are most of a dataset: held against Python's own formatting and geometry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest

from fastgen.roads.kernels.routes import compute_text_lengths, place_pings, write_route_texts

if TYPE_CHECKING:
    from numpy.typing import NDArray


def format_degrees(lat_e6: int, lon_e6: int) -> str:
    return f"[{lat_e6 / 1e6:.6f},{lon_e6 / 1e6:.6f}]"


class Tree(NamedTuple):
    """Two trees over the same nodes: row 0 a chain 0-1-2-3-4, row 1 a star around 0."""

    lat: NDArray[np.int32]
    lon: NDArray[np.int32]
    dist: NDArray[np.int64]
    parent: NDArray[np.int32]


@pytest.fixture
def tree() -> Tree:
    return Tree(
        lat=np.array([0, 1000, 1000, -2000, -2000], np.int32),
        lon=np.array([0, 0, 3000, 3000, 120_000_000], np.int32),
        dist=np.array([[0, 10, 13, 30, 1000], [0, 1, 2, 3, 4]], np.int64),
        parent=np.array([[-1, 0, 1, 2, 3], [-1, 0, 0, 0, 0]], np.int32),
    )


def test_route_texts_are_json_from_the_kitchen_on(tree: Tree) -> None:
    customer, row = np.array([4, 0, 4, 2], np.int32), np.array([0, 0, 1, 0], np.int8)
    texts = [format_degrees(a, b).encode() for a, b in zip(tree.lat.tolist(), tree.lon.tolist(), strict=True)]
    node_text = np.frombuffer(b"".join(texts), np.uint8)
    node_start = np.concatenate([[0], np.cumsum([len(t) for t in texts])]).astype(np.int64)
    length = np.zeros(4, np.int64)
    compute_text_lengths(customer, row, tree.parent, node_start, length)
    start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    text = np.full(start[-1] + 1, 7, np.uint8)
    write_route_texts(customer, row, tree.parent, node_text, node_start, start, text)
    assert text[-1] == 7
    paths = [[0, 1, 2, 3, 4], [0], [0, 4], [0, 1, 2]]
    for i, path in enumerate(paths):
        written = text[start[i] : start[i + 1]].tobytes().decode()
        nodes = [(int(tree.lat[v]), int(tree.lon[v])) for v in path]
        assert written == "[" + ",".join(format_degrees(*node) for node in nodes) + "]"
        assert json.loads(written) == [[a / 1e6, b / 1e6] for a, b in nodes]


def put(
    tree: Tree, customer: list[int], row: list[int], n_pings: list[int], *, by_distance: bool
) -> NDArray[np.float32]:
    start = np.concatenate([[0], np.cumsum(n_pings)]).astype(np.int64)
    pings = np.full((3, int(start[-1])), np.nan, np.float32)
    nodes, rows = np.array(customer, np.int32), np.array(row, np.int8)
    place_pings(nodes, rows, tree.dist, tree.parent, tree.lat, tree.lon, by_distance, start, *pings)
    return pings


def test_pings_divide_the_distance(tree: Tree) -> None:
    """Route 0-1-2-3, lengths 10, 3 and 17: numpy's interpolation over the summed lengths."""
    lat, lon, progress = put(tree, [3, 4], [0, 1], [5, 3], by_distance=True)
    share = np.arange(1, 6) / 6
    np.testing.assert_array_equal(progress[:5], (100 * share).astype(np.float32))
    np.testing.assert_allclose(
        lat[:5], np.interp(30 * share, [0, 10, 13, 30], [0, 1e-3, 1e-3, -2e-3]), rtol=1e-6
    )
    np.testing.assert_allclose(lon[:5], np.interp(30 * share, [0, 10, 13, 30], [0, 0, 3e-3, 3e-3]), rtol=1e-6)
    np.testing.assert_allclose(lon[5:], [30, 60, 90], rtol=1e-6)
    assert progress[5:].tolist() == [25, 50, 75]


def test_pings_divide_the_nodes(tree: Tree) -> None:
    """The older generator's way: node floor(k / n · (nodes - 1)) of the path."""
    lat, lon, progress = put(tree, [3, 2], [0, 0], [5, 1], by_distance=False)
    path = [0, 1, 2, 3]
    nodes = [path[k * 3 // 6] for k in range(1, 6)] + [1]
    assert lat.tolist() == (tree.lat[nodes] / 1e6).astype(np.float32).tolist()
    assert lon.tolist() == (tree.lon[nodes] / 1e6).astype(np.float32).tolist()
    assert progress[5] == 50


@pytest.mark.parametrize("by_distance", [True, False])
def test_kitchen_itself_has_no_pings(tree: Tree, by_distance: bool) -> None:  # noqa: FBT001
    assert put(tree, [0, 1], [0, 0], [0, 1], by_distance=by_distance).shape == (3, 1)


def test_many_pings_on_one_leg(tree: Tree) -> None:
    lat, lon, _ = put(tree, [1], [0], [999], by_distance=True)
    np.testing.assert_allclose(lat, np.arange(1, 1000) * 1e-6, rtol=1e-6)
    assert (lon == 0).all()
