"""Choose of each node and way the newest version, where a file has several.

An extract may have an element twice, as where two extracts that overlap were joined. A history, which has
deleted elements too, is refused: nothing says which of its moments is meant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.roads.osm_elements import UNREADABLE, Nodes, Way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

# This many new nodes are gathered before older versions are dropped: dropping sorts all nodes.
MAX_NODES_WAITING = 1 << 18
# At most this many nodes without a position are kept: a road of the square may need one.
MAX_NODES_LOST = 1 << 20
_NO_IDS = np.zeros(0, np.int64)
_NO_NODES = Nodes(_NO_IDS, np.zeros(0), np.zeros(0), np.zeros(0, bool), _NO_IDS, _NO_IDS)


def gather_newest(
    batches: Iterable[Nodes], choose: Callable[[Nodes], NDArray[np.bool_]]
) -> tuple[Nodes, bool]:
    """Keep the newest version of each node chosen.

    Parameters
    ----------
    batches
        The nodes of a file, in its order.
    choose
        Says which nodes of a batch to keep, bool (n,).

    Returns
    -------
    tuple of (Nodes, bool)
        The nodes by ascending id, and whether the ids of all nodes in the file ascend: then none came twice.

    Raises
    ------
    ValueError
        If a node is there and deleted too, its versions can't be told apart, or too many have no position.
    """
    kept: list[Nodes] = []
    n_known, n_new, last_id, ascending = 0, 0, None, True
    for batch in batches:
        if not len(batch.ids):
            continue
        ascending &= last_id is None or bool(last_id < batch.ids[0])
        ascending &= bool((batch.ids[:-1] < batch.ids[1:]).all())
        last_id = batch.ids[-1]
        kept.append(batch.select(choose(batch)))
        n_new += len(kept[-1].ids)
        # The number doubles each time, so all sorting together takes as long as a few sorts of everything.
        if n_new > n_known + MAX_NODES_WAITING:
            kept = [_keep_newest(kept)]
            n_known, n_new = len(kept[0].ids), 0
    return _keep_newest(kept), ascending


def _keep_newest(batches: list[Nodes]) -> Nodes:
    """Keep of each node the newest version, or the last of several that the file doesn't tell apart."""
    nodes = Nodes(*(np.concatenate(columns) for columns in zip(_NO_NODES, *batches, strict=True)))
    # A stable sort: of equal versions the later one in the file stays the later one.
    nodes = nodes.select(np.lexsort((nodes.time_s, nodes.version, nodes.ids)))
    again = nodes.ids[1:] == nodes.ids[:-1]
    deleted = again & (nodes.visible[1:] != nodes.visible[:-1])
    if deleted.any():
        raise ValueError(_describe_history("node", int(nodes.ids[np.argmax(deleted)])))
    unreadable = (nodes.version == UNREADABLE) | (nodes.time_s == UNREADABLE)
    unclear = again & (unreadable[1:] | unreadable[:-1])
    if unclear.any():
        raise ValueError(_describe_versions("node", int(nodes.ids[np.argmax(unclear)])))
    # The last of each run of equal ids.
    nodes = nodes.select(np.append(~again, True)[: len(nodes.ids)])
    n_lost = int(np.count_nonzero(~nodes.has_position()))
    if n_lost > MAX_NODES_LOST:
        raise ValueError(f"one of more than {MAX_NODES_LOST} nodes without a position")
    return nodes


def choose_newest(ways: Iterable[Way]) -> dict[int, Way]:
    """Choose of each way the newest version, or the last of several that the file doesn't tell apart.

    Raises
    ------
    ValueError
        If a way is there and deleted too, or its versions can't be told apart.
    """
    newest: dict[int, Way] = {}
    for way in ways:
        known = newest.setdefault(way.id, way)
        if known.visible != way.visible:
            raise ValueError(_describe_history("way", way.id))
        if known is not way and UNREADABLE in (*known.version, *way.version):
            raise ValueError(_describe_versions("way", way.id))
        # Tuples compare by version number first, then by time.
        if way.version >= known.version:
            newest[way.id] = way
    return newest


def _describe_history(kind: str, number: int) -> str:
    return f"a history: {kind} {number} is there and deleted too"


def _describe_versions(kind: str, number: int) -> str:
    return f"{kind} {number} several times, once with a version or timestamp that can't be read"
