"""Add the column location_id to rows of hive files, which leave it to the name of their folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable

LOCATION = "location_id"

Rows = TypeVar("Rows", pa.Table, pa.RecordBatch)


def stored_names(names: Iterable[str], location_id: int | None) -> list[str]:
    """List the columns that a part stores of those that are wanted.

    Parameters
    ----------
    names
        The wanted columns.
    location_id
        Location of the part; None: it has several, and stores the column.
    """
    return [name for name in names if location_id is None or name != LOCATION]


def with_location(rows: Rows, location_id: int | None) -> Rows:
    """Append the column location_id, unless the rows have it (None)."""
    if location_id is None:
        return rows
    return rows.append_column(LOCATION, location_array(location_id, rows.num_rows))


def location_array(location_id: int, n_rows: int) -> pa.Array:
    """Repeat a location's id, int8 (n_rows,)."""
    # pa.array() would import pandas, where that is installed.
    ids = pa.py_buffer(np.full(n_rows, location_id, np.int8))
    return pa.Array.from_buffers(pa.int8(), n_rows, [None, ids])
