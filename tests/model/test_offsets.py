"""Offsets into joined arrays find what the offsets into each array find."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from fastgen.model.offsets import join_offsets


def test_joined_offsets_find_every_list() -> None:
    lists: list[list[list[int]]] = [[[3, 1], [], [4]], [], [[1, 5, 9]], [[]]]
    starts = [np.cumsum([0, *map(len, some)]) for some in lists]
    whole = [number for some in lists for one in some for number in one]
    start = join_offsets(starts).tolist()
    found = [whole[begin:end] for begin, end in pairwise(start)]
    assert found == [one for some in lists for one in some]
