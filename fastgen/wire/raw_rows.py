"""Read the stored rows of a window, ordered by time, order id and sequence, one day at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from fastgen.dataset.reading.location_column import stored_names, with_location
from fastgen.dataset.reading.scan import polars_schema
from fastgen.units import S_PER_DAY
from fastgen.wire.slicer import CHUNK_ROWS, Slicer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fastgen.dataset.index import DatasetIndex
    from fastgen.wire.row_groups import GroupSpan

ORDER = ["ts_seconds", "order_id", "sequence"]


def raw_days(
    index: DatasetIndex,
    window: tuple[int, int],
    locations: Sequence[int] | None,
    types: Sequence[int] | None,
) -> Iterator[pl.DataFrame]:
    """Read the stored rows of a window as one frame a day; a first frame without rows has the columns.

    Small days are read and sorted together, since a row group has the rows of many days.

    Parameters
    ----------
    index
        The dataset.
    window
        First second of the window, and the one after the last.
    locations, types
        Ids; None: all.

    Raises
    ------
    DamageError
        If a file is damaged, or the dataset was built anew.
    """
    index.stamp.check()
    reader = _Reader(index, locations, types)
    start_s, end_s = max(window[0], index.first_s), min(window[1], index.end_s)
    yield pl.DataFrame(schema=reader.schema)
    while start_s < end_s:
        stop_s = reader.end_of_days(start_s, end_s)
        rows = reader.read(start_s, stop_s)
        days = pl.int_range(start_s + S_PER_DAY, stop_s + S_PER_DAY, S_PER_DAY, eager=True)
        # The rows are in the order of time, so the rows of a day are a slice.
        ends = rows["ts_seconds"].search_sorted(days, "left")
        first = 0
        for last in ends.to_list():
            yield rows[first:last]
            first = last
        start_s = stop_s
    index.stamp.check()


class _Reader:
    """Reads windows; keeps the row groups of the last one, for the next may need them."""

    def __init__(
        self, index: DatasetIndex, locations: Sequence[int] | None, types: Sequence[int] | None
    ) -> None:
        self._slicer = Slicer(index, locations=locations)
        self._locations, self._types = locations, types
        self._kept: dict[GroupSpan, pl.DataFrame] = {}
        self.schema = polars_schema(index.table_form)

    def end_of_days(self, start_s: int, end_s: int) -> int:
        """Find the end of a window of one or more days for which few rows are expected."""
        # Doubled each time, so that years with few rows take few steps.
        days = 1
        while start_s + days * S_PER_DAY < end_s:
            if self._slicer.expected_rows(start_s, start_s + 2 * days * S_PER_DAY) > CHUNK_ROWS:
                break
            days *= 2
        return min(end_s, start_s + days * S_PER_DAY)

    def read(self, start_s: int, end_s: int) -> pl.DataFrame:
        """Read the rows of a window in order."""
        spans = [span for _, span in self._slicer.groups(start_s, end_s)]
        self._kept = {span: self._kept[span] for span in spans if span in self._kept}
        frames = [pl.DataFrame(schema=self.schema)]
        for span in spans:
            if span not in self._kept:
                self._kept[span] = self._read_group(span)
            frames.append(self._kept[span].filter(pl.col("ts_seconds").is_between(start_s, end_s - 1)))
        return pl.concat(frames).sort(ORDER)

    def _read_group(self, span: GroupSpan) -> pl.DataFrame:
        location_id = span.file.location_id
        with span.file.open() as file:
            table = file.read([span.number], stored_names(self.schema, location_id), use_threads=True)
        frame = pl.DataFrame(with_location(table, location_id))
        if self._types is not None:
            frame = frame.filter(pl.col("event_type_id").is_in(list(self._types)))
        if self._locations is not None:
            frame = frame.filter(pl.col("location_id").is_in(list(self._locations)))
        return frame.select(list(self.schema))
