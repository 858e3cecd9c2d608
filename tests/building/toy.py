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
BORDER_E6 = 56_000  # microdegrees of latitude, 6.2 km: the square reaches 6.4 km to each side


def toy_graph(lat: float, lon: float) -> RoadGraph:
    """Lay a grid of two-way streets around a kitchen, blocks of a third of a kilometre.

    On each side of the delivery square lies a road by itself, where nobody is delivered to: so the network
    reaches all of the square, and no warning says that it is too small.
    """
    node = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    row, column = np.divmod(node.ravel(), SIDE)
    border = np.array([[side, side + STEP_E6] for side in (-BORDER_E6, BORDER_E6)]).ravel() - STEP_E6 // 2
    squeeze = np.cos(np.radians(lat))
    north = np.concatenate([(row - SIDE // 2) * STEP_E6, border, np.zeros(4, int)])
    east = np.concatenate([(column - SIDE // 2) * STEP_E6, np.zeros(4, int), np.round(border / squeeze)])
    lone = SIDE * SIDE + np.arange(8)
    tail = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel(), lone[::2]])
    head = np.concatenate([node[:, 1:].ravel(), node[1:].ravel(), lone[1::2]])
    n_edges = 2 * len(tail)
    return RoadGraph.from_edges(
        np.round(lat * 1e6).astype(np.int64) + north,
        np.round(lon * 1e6).astype(np.int64) + east.astype(np.int64),
        np.concatenate([tail, head]),
        np.concatenate([head, tail]),
        np.full(n_edges, STEP_MM),
        np.tile(np.arange(len(tail)) % 3, 2),
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
