"""Make a network of three nodes."""

from __future__ import annotations

import numpy as np

from fastgen.model.road_graph import Provenance, RoadGraph
from fastgen.units import NO_STREET


def small_graph() -> RoadGraph:
    """Make one with street names beyond ASCII, and an edge without a name."""
    return RoadGraph.from_edges(
        np.array([0, 5, 9]),
        np.array([0, -7, 3]),
        np.array([0, 1, 1, 2]),
        np.array([1, 0, 2, 0]),
        np.array([1000, 1000, 70_000, 123_456]),
        np.array([0, 0, 1, NO_STREET]),
        ("Açaí Avenue", "大通り"),
        Provenance("a test", "CC0-1.0", synthetic=True),
    )
