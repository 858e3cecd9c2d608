"""Toy road networks, small enough that a build of a few days takes a tenth of a second."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from fastgen.inputs.scenario_file import load_scenario
from fastgen.model.road_graph import Provenance, RoadGraph
from fastgen.roads.roads_file import SUFFIX, encode_roads

if TYPE_CHECKING:
    from pathlib import Path

SIDE = 9
STEP_E6 = 3_000
STEP_MM = 333_000


def toy_graph(lat: float, lon: float) -> RoadGraph:
    """Lay a grid of two-way streets around a kitchen, blocks of a third of a kilometre."""
    node = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    tail = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    head = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    row, column = np.divmod(node.ravel(), SIDE)
    n_edges = 2 * len(tail)
    return RoadGraph.from_edges(
        np.round(lat * 1e6).astype(np.int64) + (row - SIDE // 2) * STEP_E6,
        np.round(lon * 1e6).astype(np.int64) + (column - SIDE // 2) * STEP_E6,
        np.concatenate([tail, head]),
        np.concatenate([head, tail]),
        np.full(n_edges, STEP_MM),
        np.arange(n_edges) % 3,
        ("First Street", "Caffè Row", 'Quote "Q" Lane'),
        Provenance("toy grid", "CC0-1.0", synthetic=True),
    )


@functools.cache
def _toy_files() -> dict[str, bytes]:
    places = load_scenario(None).locations
    return {f"{place.code}{SUFFIX}": encode_roads(toy_graph(place.lat, place.lon)) for place in places}


def write_toy_roads(folder: Path) -> Path:
    """Write a toy network for each canonical location."""
    folder.mkdir(exist_ok=True)
    for name, data in _toy_files().items():
        (folder / name).write_bytes(data)
    return folder
