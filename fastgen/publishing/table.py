"""Define a table of a publication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

BATCH_ROWS = 64_000


@dataclass(frozen=True)
class Table:
    """One table of a publication.

    Attributes
    ----------
    name
        Its name.
    schema
        Its columns.
    batches
        Opens a stream of its rows.
    by_location
        Whether it can be partitioned by location_id: then its rows are sorted by location.
    """

    name: str
    schema: pa.Schema
    batches: Callable[[], Iterator[pa.RecordBatch]]
    by_location: bool = False
