"""A small invented town around a kitchen: one-way streets, dead ends, unequal blocks; quick to route."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fastgen.model.road_graph import Provenance, RoadGraph
from fastgen.roads.roads_file import encode_roads
from fastgen.units import E6, EARTH_RADIUS_M, NO_STREET

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Kitchens of the canonical scenario.
KITCHENS = {
    "sf": (37.791024, -122.392865),
    "sv": (37.402937, -122.110740),
    "bellevue": (47.614422, -122.338964),
    "chicago": (41.890664, -87.632079),
}
INVENTED = Provenance("invented for tests", "none", synthetic=True)
STREETS = ("Caffè Row", 'Quote "Q" Street', "Elm Street", "A Very Long Street Name Indeed")


def make_town(
    n_side: int = 7,
    *,
    block_m: float = 400.0,
    kitchen: tuple[float, float] = KITCHENS["sf"],
    seed: int = 1,
    one_way: float = 0.5,
) -> RoadGraph:
    """Make a town of n_side by n_side crossings with the kitchen in its middle, all within 4 miles of it.

    Some streets are one-way, so that a few crossings may have no directed path; some blocks are missing;
    roads are a little longer than the straight line, and some have no name.
    """
    rng = np.random.default_rng(seed)
    north = (np.repeat(np.arange(n_side), n_side) - n_side // 2) * block_m
    east = (np.tile(np.arange(n_side), n_side) - n_side // 2) * block_m
    off_m = rng.uniform(-0.2, 0.2, (2, n_side * n_side)) * block_m
    off_m[:, n_side // 2 * (n_side + 1)] = 0.0  # the kitchen's crossing
    lat = kitchen[0] + np.degrees((north + off_m[0]) / EARTH_RADIUS_M)
    lon = kitchen[1] + np.degrees((east + off_m[1]) / EARTH_RADIUS_M) / math.cos(math.radians(kitchen[0]))
    edges = []
    for v in range(n_side * n_side):
        row, column = divmod(v, n_side)
        steps = ((0, 1, row), (1, 0, column + 1))
        for down, right, line in steps:
            if row + down == n_side or column + right == n_side or (row > 0 < column and rng.random() < 0.08):
                continue
            w = v + down * n_side + right
            length_mm = int(1000 * block_m * rng.uniform(0.8, 1.5))
            street = NO_STREET if rng.random() < 0.2 else line % len(STREETS)
            ends = [(v, w), (w, v)]
            if rng.random() < one_way:
                ends = [ends[int(rng.integers(2))]]
            edges += [(a, b, length_mm, street) for a, b in ends]
    tail, head, length, street_of = np.array(edges, np.int64).T
    return RoadGraph.from_edges(
        np.round(lat * E6).astype(np.int64),
        np.round(lon * E6).astype(np.int64),
        tail,
        head,
        length,
        street_of,
        STREETS,
        INVENTED,
    )


def write_towns(
    folder: Path, kitchens: Mapping[str, tuple[float, float]] = KITCHENS, n_side: int = 7
) -> Path:
    """Write a town for each kitchen into a folder, as CODE.roads."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (code, kitchen) in enumerate(kitchens.items(), 1):
        town = make_town(n_side, kitchen=kitchen, seed=number)
        (folder / f"{code}.roads").write_bytes(encode_roads(town))
    return folder
