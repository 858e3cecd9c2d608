"""Define what readers of events read: a part of a dataset, stored in a file or made when it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    import pyarrow as pa

# More columns that a part has if it is made when it is read; event files don't store them. ts_us has the
# microseconds within the second; eta_tenths has the tenths of minutes from pick-up to delivery, 0 on rows
# other than driver_picked_up.
MADE_COLUMNS = ("ts_us", "eta_tenths")


class RowGroup(NamedTuple):
    """Rows that are read together.

    Attributes
    ----------
    n_rows
        Number of rows; an estimate where the rows aren't made yet.
    first_s, last_s
        Unix seconds of the first and the last one; None if only the bounds of the part are known.
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
        """Read some columns of all rows, at most `n_rows` at a time."""


class EventPart(Protocol):
    """A part of a dataset's events: the orders of a location, or of all, on some days.

    Attributes
    ----------
    location_id
        Location of all rows, which then have no column location_id. None: the rows are of several locations.
    first_day, last_day
        Days, both ends included.
    path
        Its name in errors.
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
    """Takes the place of a manifest's stamp where no manifest is on disk that could change."""

    def check(self) -> None:
        """Check nothing."""
