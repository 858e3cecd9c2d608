"""Define a directed road graph in compressed sparse rows, with integer coordinates and lengths."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from fastgen.errors import DataError
from fastgen.model.great_circle import compute_angles
from fastgen.units import E6, EARTH_RADIUS_M, NO_STREET

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Of one edge: the largest int32, 2,147 km.
MAX_LENGTH_MM = 2**31 - 1


class Provenance(NamedTuple):
    """Origin of a network; it is copied into the manifest.

    Attributes
    ----------
    source
        Origin in words: "OpenStreetMap, FILE", "built-in synthetic network".
    licence
        Licence of the data, and the attribution that it requires.
    synthetic
        Whether the streets are invented.
    """

    source: str
    licence: str
    synthetic: bool


@dataclass(frozen=True, eq=False)
class RoadGraph:
    """Directed road graph of one location, in its canonical form; see `from_edges`.

    Attributes
    ----------
    lat_e6, lon_e6
        int32 (n_nodes,), microdegrees, ordered by (lat, lon).
    edge_start
        int64 (n_nodes + 1,), offsets into the edge arrays: node v has edge_start[v]:edge_start[v + 1].
    edge_to
        int32 (n_edges,), head node, ascending within a node.
    edge_length_mm
        int32 (n_edges,), length in whole millimetres, so that sums are exact; at least 1.
    edge_street
        int32 (n_edges,), index into street_names, `NO_STREET` where a road has no name.
    street_names
        Names of the streets, sorted, each used by an edge.
    provenance
        Source and licence.
    """

    lat_e6: NDArray[np.int32]
    lon_e6: NDArray[np.int32]
    edge_start: NDArray[np.int64]
    edge_to: NDArray[np.int32]
    edge_length_mm: NDArray[np.int32]
    edge_street: NDArray[np.int32]
    street_names: tuple[str, ...]
    provenance: Provenance

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.lat_e6)

    @property
    def n_edges(self) -> int:
        """Number of directed edges."""
        return len(self.edge_to)

    @classmethod
    def from_edges(
        cls,
        lat_e6: NDArray[np.integer],
        lon_e6: NDArray[np.integer],
        edge_from: NDArray[np.integer],
        edge_to: NDArray[np.integer],
        edge_length_mm: NDArray[np.integer],
        edge_street: NDArray[np.integer],
        street_names: tuple[str, ...],
        provenance: Provenance,
    ) -> Self:
        """Make a graph of nodes and directed edges in any order, in its canonical form.

        The same streets give the same graph and hash, whatever the order in which a source lists them. Nodes
        are sorted by (lat, lon). Nodes without an edge and self-loops are dropped. Of parallel edges the
        shortest is kept; of equally short ones, the one whose street name sorts first. Lengths below 1 mm
        become 1 mm.

        Parameters
        ----------
        lat_e6, lon_e6
            (n_nodes,), microdegrees. Two nodes at one position are kept apart.
        edge_from, edge_to
            (n_edges,), node indices.
        edge_length_mm
            (n_edges,), millimetres.
        edge_street
            (n_edges,), index into `street_names` or `NO_STREET`.
        street_names
            Street names, in any order, duplicates allowed.
        provenance
            Source and licence.

        Raises
        ------
        DataError
            If shapes differ, an index is out of range, or a coordinate or length is impossible.
        """
        lat, lon = np.asarray(lat_e6, np.int64), np.asarray(lon_e6, np.int64)
        tail, head = np.asarray(edge_from, np.int64), np.asarray(edge_to, np.int64)
        length, street = np.asarray(edge_length_mm, np.int64), np.asarray(edge_street, np.int64)
        _check_shapes(lat, lon, tail, head, length, street)
        _check_ranges(lat, lon, np.concatenate([tail, head]), length, street, len(street_names))
        names = tuple(sorted(set(street_names)))
        rank = {name: i for i, name in enumerate(names)}
        # The rank of each name among the sorted, distinct names.
        renamed = np.array([rank[name] for name in street_names] + [NO_STREET], np.int64)
        street = renamed[street]  # NO_STREET is -1, the index of the last entry
        keep = tail != head
        tail, head, length, street = tail[keep], head[keep], np.maximum(length[keep], 1), street[keep]
        # The remaining nodes, sorted by position, then by their number.
        used = np.zeros(len(lat), bool)
        used[tail] = used[head] = True
        order = np.lexsort((np.arange(len(lat)), lon, lat))
        order = order[used[order]]
        new_index = np.full(len(lat), -1, np.int64)
        new_index[order] = np.arange(len(order))
        tail, head = new_index[tail], new_index[head]
        # The first of each run of parallel edges is the shortest; roads without a name sort last.
        by_edge = np.lexsort((np.where(street == NO_STREET, len(names), street), length, head, tail))
        tail, head, length, street = tail[by_edge], head[by_edge], length[by_edge], street[by_edge]
        first = np.ones(len(tail), bool)
        first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
        tail, head, length, street = tail[first], head[first], length[first], street[first]
        # Only the names that an edge still has, in their order.
        kept = np.unique(street[street != NO_STREET])
        compact = np.full(len(names) + 1, NO_STREET, np.int64)
        compact[kept] = np.arange(len(kept))
        counts = np.bincount(tail, minlength=len(order))
        return cls(
            lat_e6=lat[order].astype(np.int32),
            lon_e6=lon[order].astype(np.int32),
            edge_start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            edge_to=head.astype(np.int32),
            edge_length_mm=length.astype(np.int32),
            edge_street=compact[street].astype(np.int32),
            street_names=tuple(names[i] for i in kept),
            provenance=provenance,
        )

    def edge_from(self) -> NDArray[np.int32]:
        """Compute the tail node of every edge, int32 (n_edges,)."""
        return np.repeat(np.arange(self.n_nodes, dtype=np.int32), np.diff(self.edge_start))

    def content_hash(self) -> str:
        """Hash the nodes, edges and names by SHA-256."""
        # Names what is hashed, so that no other kind of content can have this hash.
        digest = hashlib.sha256(b"fastgen roads 1\n")
        arrays = (
            self.lat_e6,
            self.lon_e6,
            self.edge_start,
            self.edge_to,
            self.edge_length_mm,
            self.edge_street,
        )
        for array in arrays:
            # The length first, so that values can't move from one array to the next unnoticed.
            digest.update(len(array).to_bytes(8, "little"))
            digest.update(array.astype("<i8").tobytes())
        digest.update("\n".join(self.street_names).encode())
        return digest.hexdigest()

    def distances_m(self, lat: float, lon: float) -> NDArray[np.float64]:
        """Compute the great-circle distance from a point to every node.

        Parameters
        ----------
        lat, lon
            Decimal degrees.

        Returns
        -------
        float64 (n_nodes,)
            Metres, rounded to millimetres: the last bit of a machine's libm must not decide which node is
            nearest.
        """
        lon_diff = np.radians(self.lon_e6 / E6) - np.radians(lon)
        angles = compute_angles(np.radians(self.lat_e6 / E6), np.radians(lat), lon_diff)
        return np.round(EARTH_RADIUS_M * angles, 3)


def _check_shapes(*arrays: NDArray[np.int64]) -> None:
    lat, lon, tail, head, length, street = arrays
    if lat.ndim != 1 or lat.shape != lon.shape:
        raise DataError(
            f"Expected lat_e6 and lon_e6 of one shape (n_nodes,), got {lat.shape} and {lon.shape}."
        )
    shapes = {a.shape for a in (tail, head, length, street)}
    if len(shapes) != 1 or tail.ndim != 1:
        raise DataError(f"Expected edge arrays of one shape (n_edges,), got {sorted(shapes)}.")


def _check_ranges(
    lat: NDArray[np.int64],
    lon: NDArray[np.int64],
    ends: NDArray[np.int64],
    length: NDArray[np.int64],
    street: NDArray[np.int64],
    n_streets: int,
) -> None:
    checks = (
        ("node latitude in microdegrees", lat, -90 * E6, 90 * E6),
        ("node longitude in microdegrees", lon, -180 * E6, 180 * E6),
        ("edge node index", ends, 0, len(lat) - 1),
        ("edge length in mm", length, 0, MAX_LENGTH_MM),
        ("edge street index", street, NO_STREET, n_streets - 1),
    )
    for what, values, low, high in checks:
        wrong = values[(values < low) | (values > high)]
        if len(wrong):
            raise DataError(f"Expected {low} <= {what} <= {high}, got {wrong[0]}.")
