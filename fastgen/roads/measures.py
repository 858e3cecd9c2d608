"""Measure a road network as urban morphology does, so that invented ones can be compared with real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.model.great_circle import compute_angles
from fastgen.units import E6, EARTH_RADIUS_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.model.road_graph import RoadGraph

N_BINS = 36  # of ten degrees each, as Boeing 2019 has them
# Metres. Densities are by the built-up area, so that a bay in the square makes a town no sparser. This is
# coarse enough that a block without a node counts, and fine enough that water and parks don't.
CELL_M = 500.0
GRID_ENTROPY, MOST_ENTROPY = float(np.log(4)), float(np.log(N_BINS))


class StreetMeasures(NamedTuple):
    """Figures of one network. A street is a physical one: both directions between two nodes are one street.

    Attributes
    ----------
    intersections_per_km2, street_km_per_km2
        Nodes where three streets or more meet, and length of the streets, by the area of the squares of 500 m
        to a side that have a node.
    streets_per_node
        Mean number of streets at a node.
    dead_ends, three_way, four_way, five_way
        Shares of nodes with one street, three, four, and five or more.
    one_way
        Share of streets that are driven in one direction only.
    mean_street_m, median_street_m
        Length of a street, metres.
    circuity
        Summed street length over summed straight lines.
    orientation_entropy
        Entropy of the streets' bearings over 36 bins, nats: ln 4 on a perfect grid, at most ln 36.
    orientation_order
        0 where streets run in all directions alike, 1 on a perfect grid (Boeing 2019, Urban spatial order).
    """

    intersections_per_km2: float
    street_km_per_km2: float
    streets_per_node: float
    dead_ends: float
    three_way: float
    four_way: float
    five_way: float
    one_way: float
    mean_street_m: float
    median_street_m: float
    circuity: float
    orientation_entropy: float
    orientation_order: float


def measure_streets(graph: RoadGraph) -> StreetMeasures:
    """Measure a network.

    Parameters
    ----------
    graph
        The network; needs an edge.
    """
    u, v, length_m, one_way = find_streets(graph)
    degree = np.bincount(np.concatenate([u, v]), minlength=graph.n_nodes)
    lat, lon = np.radians(graph.lat_e6 / E6), np.radians(graph.lon_e6 / E6)
    straight_m = EARTH_RADIUS_M * compute_angles(lat[u], lat[v], lon[v] - lon[u])
    entropy = _orientation_entropy(lat, lon, u, v)
    km2 = _count_cells(lat, lon) * (CELL_M / 1000) ** 2
    return StreetMeasures(
        intersections_per_km2=float(np.sum(degree >= 3) / km2),  # noqa: PLR2004
        street_km_per_km2=float(length_m.sum() / 1000 / km2),
        streets_per_node=float(degree.mean()),
        dead_ends=float(np.mean(degree == 1)),
        three_way=float(np.mean(degree == 3)),  # noqa: PLR2004
        four_way=float(np.mean(degree == 4)),  # noqa: PLR2004
        five_way=float(np.mean(degree >= 5)),  # noqa: PLR2004
        one_way=float(np.mean(one_way)),
        mean_street_m=float(length_m.mean()),
        median_street_m=float(np.median(length_m)),
        # Against a division by zero: two nodes may lie at one position.
        circuity=float(length_m.sum() / max(straight_m.sum(), 1e-3)),
        orientation_entropy=entropy,
        orientation_order=1 - ((entropy - GRID_ENTROPY) / (MOST_ENTROPY - GRID_ENTROPY)) ** 2,
    )


def find_streets(
    graph: RoadGraph,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """List the streets, (n_streets,): their two nodes, length in metres, and whether they are one-way."""
    tail, head = graph.edge_from().astype(np.int64), graph.edge_to.astype(np.int64)
    # A RoadGraph has at most one edge from one node to another, so two with the same ends are two directions.
    key = np.minimum(tail, head) * graph.n_nodes + np.maximum(tail, head)
    _, first, count = np.unique(key, return_index=True, return_counts=True)
    return tail[first], head[first], graph.edge_length_mm[first] / 1000, count == 1


def _count_cells(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> int:
    """Count the squares of a grid that have a node; positions in radians."""
    row = np.floor(lat * EARTH_RADIUS_M / CELL_M)
    column = np.floor(lon * EARTH_RADIUS_M * np.cos(np.median(lat)) / CELL_M)
    return len(np.unique(np.column_stack([row, column]), axis=0))


def _orientation_entropy(
    lat: NDArray[np.float64], lon: NDArray[np.float64], u: NDArray[np.int64], v: NDArray[np.int64]
) -> float:
    """Compute the entropy of bearings over 36 bins, streets counted both ways; positions in radians."""
    east = np.sin(lon[v] - lon[u]) * np.cos(lat[v])
    north = np.cos(lat[u]) * np.sin(lat[v]) - np.sin(lat[u]) * np.cos(lat[v]) * np.cos(lon[v] - lon[u])
    bearing = np.degrees(np.arctan2(east, north))
    both = np.concatenate([bearing, bearing + 180])
    width = 360 / N_BINS
    # Half a bin further, so that streets due north fall into the middle of a bin, and not to both sides of 0.
    bins = np.floor((both + width / 2) / width).astype(np.int64) % N_BINS
    share = np.bincount(bins, minlength=N_BINS) / len(both)
    return float(-np.sum(share[share > 0] * np.log(share[share > 0])))
