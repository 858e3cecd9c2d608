"""Read windows of a dataset that repeats for ever: in order, and a bounded number of rows at a time.

Loop k repeats every event `k * days` days later. Seconds counted through all loops are virtual seconds. The
last events of one loop can be later than the first of the next; a window has both, in order.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from fastgen.loading import needed_kernels, numba_is_loaded
from fastgen.units import S_PER_DAY
from fastgen.wire.plain import sort_few
from fastgen.wire.row_groups import (
    GroupSpan,
    cut_window,
    join_slices,
    n_bytes,
    read_group,
    read_spans,
    selected_rows,
)
from fastgen.wire.rows import TS, WireChunk

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from fastgen.dataset.event_part import EventPart
    from fastgen.dataset.index import DatasetIndex
    from fastgen.wire.rows import WireRows

CHUNK_ROWS = 64_000
# Up to so many rows, plain Python is done before Numba has been loaded.
FEW_ROWS = 10_000
# Sorting needs memory for every second of a chunk.
CHUNK_SPAN_S = 7 * S_PER_DAY
CACHE_BYTES = 400_000_000


class Slicer:
    """Reads windows of a dataset; keeps decoded row groups that the next window needs.

    Parameters
    ----------
    index
        The dataset.
    locations
        Ids; None: all.
    types
        Event type ids; None: all.
    loop
        Whether the dataset repeats for ever.
    chunk_rows
        Rows of a chunk, about.
    cache_bytes
        Memory for decoded row groups; at least one is kept.
    micros
        Whether the rows have microseconds, which order them, and the minutes of the drive. Only parts that
        are made when they are read have these.
    """

    def __init__(
        self,
        index: DatasetIndex,
        *,
        locations: Collection[int] | None = None,
        types: Collection[int] | None = None,
        loop: bool = False,
        chunk_rows: int = CHUNK_ROWS,
        cache_bytes: int = CACHE_BYTES,
        micros: bool = False,
    ) -> None:
        self._index, self._micros, self._with_reasons = index, micros, index.table_form.may_end_early
        self._locations, self._types, self._loop = locations, types, loop
        self._chunk_rows, self._cache_bytes = chunk_rows, cache_bytes
        self._spans: dict[EventPart, list[GroupSpan]] = {}
        self._cache: dict[GroupSpan, WireRows] = {}

    def chunks(self, start_s: int, end_s: int) -> Iterator[WireChunk]:
        """Read the rows of a window in order; rows of the same second are in the same chunk.

        Parameters
        ----------
        start_s, end_s
            The window, virtual Unix seconds; the end is excluded.

        Raises
        ------
        DamageError
            If a file is damaged, or the dataset was built anew meanwhile: a window is never of two datasets.
        """
        # A window may reach far beyond the first and the last event.
        start_s = max(start_s, self._index.first_s)
        if not self._loop:
            end_s = min(end_s, self._index.end_s)
        self._index.stamp.check()
        while start_s < end_s:
            stop_s = self._end_of_chunk(start_s, end_s)
            chunk = self._chunk(start_s, stop_s)
            if chunk.n_rows:
                yield chunk
            start_s = stop_s
        self._index.stamp.check()

    def last_event_s(self) -> int:
        """Find the second of the last event of the selected locations in loop 0.

        If there is none, it is the second before the first that an event could have.
        """
        latest = self._index.first_s - 1
        files = self._index.files_between(self._index.first_s, self._index.end_s, self._locations)
        # From the latest file on, so that hardly any other is opened.
        for file in sorted(files, key=self._index.latest_s, reverse=True):
            if self._index.latest_s(file) <= latest:
                break
            for span in self._file_spans(file):
                if span.last_s > latest:
                    latest = self._last_of(span, latest)
        return latest

    def _last_of(self, span: GroupSpan, latest: int) -> int:
        """Find the latest second of the selected locations in a row group, or `latest` if that is later."""
        last = span.last_s
        is_mixed = span.file.location_id is None and self._locations is not None
        # Bounds of all locations, or of no row in particular, don't say it: only the rows do.
        if is_mixed or not span.is_exact:
            rows = read_group(span, with_reasons=self._with_reasons)
            own = rows.ints[selected_rows(rows, self._locations, None), TS]
            if not len(own):
                return latest
            last = int(own.max())
        return max(last, latest)

    def _end_of_chunk(self, start_s: int, end_s: int) -> int:
        """Halve the window until few enough rows are expected."""
        stop_s = min(end_s, start_s + CHUNK_SPAN_S)
        while stop_s - start_s > 1 and self.expected_rows(start_s, stop_s) > self._chunk_rows:
            stop_s = start_s + (stop_s - start_s) // 2
        return stop_s

    def expected_rows(self, start_s: int, end_s: int) -> float:
        """Estimate the rows of a window, as if those of a row group were spread evenly over its time."""
        expected = 0.0
        for loop, span in self.groups(start_s, end_s):
            expected += span.estimate_rows(loop * self._index.length_s, start_s, end_s)
        return expected

    def groups(self, start_s: int, end_s: int) -> Iterator[tuple[int, GroupSpan]]:
        """List row groups that may have rows in a window, each with its loop; parameters as `chunks`."""
        index = self._index
        first, last = 0, 0
        # Loop k has events from first_s to end_s, each k loops later; end_s is after the end of a loop.
        if self._loop:
            first = max(0, (start_s - index.end_s) // index.length_s + 1)
            last = (end_s - 1 - index.first_s) // index.length_s
        for loop in range(first, last + 1):
            low, high = start_s - loop * index.length_s, end_s - loop * index.length_s
            for file in index.files_between(low, high, self._locations):
                yield from ((loop, s) for s in self._file_spans(file) if s.first_s < high and s.last_s >= low)

    def _file_spans(self, file: EventPart) -> list[GroupSpan]:
        if file not in self._spans:
            bounds = (self._index.earliest_s(file), self._index.latest_s(file))
            self._spans[file] = read_spans(file, bounds)
        return self._spans[file]

    def _chunk(self, start_s: int, end_s: int) -> WireChunk:
        slices = []
        for loop, span in self.groups(start_s, end_s):
            found = cut_window(self._read(span), loop, self._index.length_s, start_s, end_s)
            if found is not None:
                slices.append(found)
        self._forget(end_s)
        rows = join_slices(slices)
        keep = selected_rows(rows, self._locations, self._types)
        return WireChunk(rows, _sort(rows, keep, start_s, end_s))

    def _read(self, span: GroupSpan) -> WireRows:
        rows = self._cache.pop(span, None)
        if rows is None:
            rows = read_group(span, with_reasons=self._with_reasons, micros=self._micros)
        self._cache[span] = rows  # at the end: the first in the cache is the one unused for longest
        while len(self._cache) > 1 and sum(map(n_bytes, self._cache.values())) > self._cache_bytes:
            del self._cache[next(iter(self._cache))]
        return rows

    def _forget(self, end_s: int) -> None:
        """Drop the row groups that have no rows of the second at which the next window begins."""
        needed = {span for _, span in self.groups(end_s, end_s + 1)}
        self._cache = {span: rows for span, rows in self._cache.items() if span in needed}


def _sort(rows: WireRows, keep: NDArray[np.bool_], start_s: int, end_s: int) -> NDArray[np.int64]:
    if len(rows.ints) <= FEW_ROWS and not numba_is_loaded():
        return sort_few(rows, keep, start_s, end_s)
    with needed_kernels():
        from fastgen.wire.bulk import sort_rows  # noqa: PLC0415  # see FEW_ROWS
    return sort_rows(rows, keep, start_s, end_s)


def read_ahead(chunks: Iterator[WireChunk]) -> Iterator[WireChunk]:
    """Read the next chunk in a thread while the caller encodes this one: both run without the GIL."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(next, chunks, None)
        while (chunk := future.result()) is not None:
            future = pool.submit(next, chunks, None)
            yield chunk
