"""Sum a road network up in a few figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from fastgen.model.road_graph import RoadGraph

MM_PER_KM = 1_000_000


class RoadsSummary(NamedTuple):
    """What a network is, in the words of `fastgen roads list` and `show`.

    Attributes
    ----------
    n_nodes, n_edges
        Junctions and dead ends; directed edges between them.
    street_km
        Length of the streets, kilometres; two edges there and back of one length are one street.
    n_streets
        Different street names.
    synthetic
        Whether the streets are invented.
    source, licence
        Provenance, with the attribution that the licence asks for.
    hash
        SHA-256 of the content, as the manifest pins it.
    """

    n_nodes: int
    n_edges: int
    street_km: float
    n_streets: int
    synthetic: bool
    source: str
    licence: str
    hash: str


def summarise_roads(graph: RoadGraph) -> RoadsSummary:
    """Count and measure a network."""
    tail, head = graph.edge_from(), graph.edge_to
    # Edges there and back have the same ends and length. Where only the lengths differ, they are two
    # carriageways or two ways around a block.
    streets = np.stack([np.minimum(tail, head), np.maximum(tail, head), graph.edge_length_mm])
    street_mm = int(np.unique(streets, axis=1)[2].sum(dtype=np.int64))
    return RoadsSummary(
        n_nodes=graph.n_nodes,
        n_edges=graph.n_edges,
        # To a metre: millimetres of a whole city are noise.
        street_km=round(street_mm / MM_PER_KM, 3),
        n_streets=len(graph.street_names),
        synthetic=graph.provenance.synthetic,
        source=graph.provenance.source,
        licence=graph.provenance.licence,
        hash=graph.content_hash(),
    )
