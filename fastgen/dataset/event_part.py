"""The seam between what reads events and where they come from: a file, or the making of a location-day."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    import pyarrow as pa


class RowGroup(NamedTuple):
    """Rows that are read together.

    Attributes
    ----------
    n_rows
        How many, or about how many where they are still to be made.
    first_s, last_s
        Unix seconds of the first and the last one; None where only the bounds of their part are known.
    """

    n_rows: int
    first_s: int | None
    last_s: int | None


class EventReader(Protocol):
    """Reads the rows of one part."""

    def row_groups(self) -> list[RowGroup]:
        """List the row groups."""

    def read(self, groups: Sequence[int], columns: Sequence[str], *, use_threads: bool = False) -> pa.Table:
        """Read some columns of some row groups."""

    def batches(self, n_rows: int, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Read some columns of all rows, so many rows at a time."""


class EventPart(Protocol):
    """A part of a dataset's events: whose orders of which days it holds.

    Attributes
    ----------
    location_id
        None: of all locations, as the column location_id says; else that column is not stored.
    first_day, last_day
        Days, both ends included.
    path
        What to call it in an error.
    """

    @property
    def location_id(self) -> int | None:
        """Location, or None."""

    @property
    def first_day(self) -> int:
        """First day."""

    @property
    def last_day(self) -> int:
        """Last day."""

    @property
    def path(self) -> Path:
        """Name for errors."""

    def open(self) -> AbstractContextManager[EventReader]:
        """Open it for reading."""


class Unchanging:
    """Stands for the stamp of a manifest where there is none that could change."""

    def check(self) -> None:
        """Check nothing."""
