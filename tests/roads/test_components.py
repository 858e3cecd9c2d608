"""Parts of a network that are not connected are told apart, and islands are passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastgen.roads.components import choose_component, label_components

if TYPE_CHECKING:
    from numpy.typing import NDArray


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, NDArray[np.int64]]:
    n = draw(st.integers(1, 30))
    pairs = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=40))
    return n, np.array(pairs, np.int64).reshape(-1, 2)


@given(graphs())
def test_components_are_networkxs(graph: tuple[int, NDArray[np.int64]]) -> None:
    n, pairs = graph
    reference = nx.Graph(pairs.tolist())
    reference.add_nodes_from(range(n))
    label = label_components(n, pairs[:, 0], pairs[:, 1])
    for part in nx.connected_components(reference):
        assert set(label[list(part)].tolist()) == {min(part)}


def test_components_of_a_long_chain_are_found() -> None:
    order = np.random.default_rng(1).permutation(100_000)
    assert not label_components(100_000, order[:-1], order[1:]).any()


@pytest.mark.parametrize(
    ("n_near", "n_far", "far_m", "takes_far"),
    [
        (2, 12, 900, True),
        (9, 12, 900, True),
        (10, 12, 900, False),
        (2, 12, 1001, False),
        (9, 9, 500, False),
        (9, 5, 500, False),
        (30, 3001, 999, True),
        (31, 3000, 999, False),
    ],
)
def test_island_is_few_nodes_or_a_hundredth_of_the_square(
    n_near: int,
    n_far: int,
    far_m: float,
    takes_far: bool,  # noqa: FBT001
) -> None:
    near, far = np.arange(n_near), n_near + np.arange(n_far)
    tail, head = np.r_[near[:-1], far[:-1]], np.r_[near[1:], far[1:]]
    reach_m = np.r_[np.full(n_near - 1, 3.0), np.full(n_far - 1, float(far_m))]
    choice = choose_component(label_components(n_near + n_far, tail, head), tail, reach_m, 0)
    assert (choice.larger == n_near) == takes_far
    assert choice.n_square == n_near + n_far
