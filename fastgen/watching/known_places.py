"""Take names, kitchens and streets of the places of a stream from the dataset that it plays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.dataset.manifest import read_manifest
from fastgen.dataset.reading.stored_scenario import parse_scenario
from fastgen.reporting.map_data import attribute, load_graph
from fastgen.roads.network import check_networks
from fastgen.units import E6
from fastgen.watching.places import Known
from fastgen.watching.ways import POINTS_MAX

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.model.road_graph import RoadGraph

# Ways need points of their own; a network with more crossings is left out, and its streets are those seen.
CROSSINGS_MAX = POINTS_MAX // 2


def read_known_places(dataset: Path, roads: Path | None = None) -> dict[str, Known]:
    """Read the places of a dataset, by what its rows on the wire call them.

    Parameters
    ----------
    dataset
        Its folder.
    roads
        Folder of the road networks that it was built with, if not the built-in ones.

    Raises
    ------
    FastgenError
        If it is no dataset, its manifest is damaged, or there is no such folder of networks.
    """
    # Where a network is missing, the streets are those that drivers have used; a wrong folder is an error.
    check_networks([], roads)
    manifest = read_manifest(dataset)
    scenario = parse_scenario(manifest, str(dataset), dataset)
    locations = {location.location_id: location for location in scenario.locations}
    places = {}
    for network in manifest.networks:
        location = locations[network.location_id]
        graph = load_graph(network, roads)
        is_shown = graph is not None and graph.n_nodes <= CROSSINGS_MAX
        places[str(network.location_id)] = Known(
            location.name,
            (round(location.lat * E6), round(location.lon * E6)),
            attribute(network),
            *(_list_streets(graph) if graph is not None and is_shown else ((), ())),
        )
    return places


def _list_streets(graph: RoadGraph) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """List the crossings of a network, and the streets between them, once each."""
    crossings = list(zip(graph.lat_e6.tolist(), graph.lon_e6.tolist(), strict=True))
    ends = np.sort(np.stack([graph.edge_from(), graph.edge_to.astype(np.int64)], axis=1), axis=1)
    streets = np.unique(ends, axis=0).tolist()
    return crossings, [(tail, head) for tail, head in streets]
