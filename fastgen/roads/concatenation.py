"""Put the route tables of one kitchen for several speeds behind each other, as one table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.errors import DataError
from fastgen.model.offsets import join_offsets
from fastgen.model.route_table import MAX_TEXT_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastgen.model.route_table import RouteTable

# Streets are those of the first table: the customers, whose order is that of the nodes, are the same.
_JOINED = (
    *("lat", "lon", "dist_mm", "drive_us", "undirected", "street"),
    *("ping_lat", "ping_lon", "ping_progress", "text"),
)
_OFFSETS = ("ping_start", "text_start")


def concatenate_tables(tables: Sequence[RouteTable], name: str) -> RouteTable:
    """Concatenate route tables that differ in their speed alone.

    Parameters
    ----------
    tables
        One table at least, all of the same n customers. Row t * n + i of the result is row i of table t.
    name
        What to call the network in an error.

    Raises
    ------
    DataError
        If the text of all routes together exceeds 2 GiB.
    """
    first = tables[0]
    if len(tables) == 1:
        return first
    n_bytes = sum(len(table.text) for table in tables)
    if n_bytes > MAX_TEXT_BYTES:
        raise DataError(
            f"{name}: expected routes of at most 2 GiB of text, got {n_bytes} bytes for {len(tables)} modes "
            "and slowdowns of couriers: use a smaller radius_mi, or fewer of them."
        )
    of_table = np.arange(len(tables), dtype=np.int32) * np.int32(first.n_customers)
    joined: dict[str, Any] = {key: np.concatenate([getattr(t, key) for t in tables]) for key in _JOINED}
    for key in _OFFSETS:
        joined[key] = join_offsets([getattr(table, key) for table in tables])
    # A customer's rows behind each other: their texts are equal, and compress to nearly nothing.
    joined["by_path"] = (first.by_path[:, None] + of_table).ravel()
    for array in joined.values():
        # As in tables of the cache: kernels are compiled for arrays of either kind, which takes seconds.
        array.flags.writeable = False
    return replace(first, **joined)
