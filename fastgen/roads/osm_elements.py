"""Define what the readers of OpenStreetMap data yield, nodes and ways, and the limits that they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from fastgen.roads.drive_filter import EXCLUDED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# Tags that decide whether and how a way is drawn; readers drop all others.
TAGS = frozenset({*EXCLUDED, "name", "oneway", "junction"})
# The database allows 2,000 nodes a way, and 255 characters a tag. A road that is drawn has a lower limit,
# because each of its segments takes a kilobyte while it is simplified.
MAX_WAY_NODES, MAX_ROAD_NODES = 1_000_000, 20_000
MAX_TEXT = 1024  # characters
# A file may inflate to MAX_INFLATION times its size plus FREE_BYTES: compression shrinks real XML to a tenth
# or a twentieth, and PBF to a half.
MAX_INFLATION, FREE_BYTES = 100, 1 << 26
MAX_LAT, MAX_LON = 90.0, 180.0
UNREADABLE = -1  # a version or a time that is neither missing nor right


class Version(NamedTuple):
    """Which of several versions of an element is the newer one.

    Each is 0 where the file doesn't say, and `UNREADABLE` where what it says can't be read.

    Attributes
    ----------
    number
        Version number.
    time_s
        Seconds since 1970.
    """

    number: int
    time_s: int


class Nodes(NamedTuple):
    """A batch of nodes in the order of the file.

    Attributes
    ----------
    ids
        int64 (n,).
    lat, lon
        float64 (n,), degrees, as the file has them, even beyond 90 and 180; NaN where there are none.
    visible
        bool (n,), False where the file marks a node as deleted.
    version, time_s
        int64 (n,), as in `Version`; zeros unless asked for.
    """

    ids: NDArray[np.int64]
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    visible: NDArray[np.bool_]
    version: NDArray[np.int64]
    time_s: NDArray[np.int64]

    def select(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Nodes:
        """Take some of the nodes."""
        return Nodes(*(array[chosen] for array in self))  # type: ignore[arg-type]  # array by array

    def has_position(self) -> NDArray[np.bool_]:
        """Say which nodes have a place on earth."""
        on_earth: NDArray[np.bool_] = (np.abs(self.lat) <= MAX_LAT) & (np.abs(self.lon) <= MAX_LON)
        return on_earth


class Way(NamedTuple):
    """A way.

    Attributes
    ----------
    id
        Its number.
    nodes
        Ids of its nodes in the order in which they are drawn.
    tags
        Those of its tags that are in `TAGS`.
    version
        For choosing among several.
    visible
        False where the file marks it as deleted.
    located
        Latitudes and longitudes of its nodes, (n, 2), where the way itself stores them, NaN for nodes
        without; None where it stores none.
    """

    id: int
    nodes: NDArray[np.int64]
    tags: dict[str, str]
    version: Version
    visible: bool
    located: NDArray[np.float64] | None


class OsmReader(Protocol):
    """Reads nodes and ways, as often as it is asked, batch by batch.

    Attributes
    ----------
    ways_ascend
        Whether the last pass yielded ways by ascending id, so that none came twice.
    has_located_ways
        Whether a way of the last pass stored positions of its nodes.
    """

    ways_ascend: bool
    has_located_ways: bool

    def nodes(self, *, versions: bool) -> Iterator[Nodes]:
        """Give all nodes; reading their versions takes time."""

    def ways(self, nodes: NDArray[np.int64], ids: NDArray[np.int64]) -> Iterator[Way]:
        """Give ways tagged highway that have one of these nodes or store positions, and ways of these ids.

        Nodes and ids are sorted.
        """

    def describe_place(self, number: int) -> str:
        """Describe the position of a node as the data have it; empty where they have numbers."""


def find_in(known: NDArray[np.int64], values: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which values are in a sorted array."""
    if not len(known):
        return np.zeros(len(values), bool)
    at = np.searchsorted(known, values)
    at[at == len(known)] = 0
    found: NDArray[np.bool_] = known[at] == values
    return found


def check_text(key: str, value: str, way: int) -> None:
    """Check that a tag's value is no longer than any real one.

    Raises
    ------
    ValueError
        If it is; the message names the way.
    """
    if len(value) > MAX_TEXT:
        raise ValueError(
            f"way {way} with a tag {key!r} of {len(value)} characters, at most {MAX_TEXT} expected"
        )


def check_way_length(n_nodes: int, way: int, limit: int = MAX_WAY_NODES) -> None:
    """Check that a way has no more nodes than the limit.

    Raises
    ------
    ValueError
        If it has; the message names the way.
    """
    if n_nodes > limit:
        raise ValueError(f"way {way} of more than {limit} nodes")


def check_inflation(n_bytes: int, file_bytes: int) -> None:
    """Check that a file does not inflate without end.

    Raises
    ------
    ValueError
        If it does.
    """
    if n_bytes > FREE_BYTES + MAX_INFLATION * file_bytes:
        raise ValueError(f"one that inflates to more than {MAX_INFLATION} times its size")
