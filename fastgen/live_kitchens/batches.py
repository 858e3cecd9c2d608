"""Take what is due from the stream of the kitchens, and emit it batch by batch, clean or with faults."""

from __future__ import annotations

from functools import partial
from typing import IO, TYPE_CHECKING

import numpy as np

from fastgen.emitting.emission import emit_window
from fastgen.events.schema import CANCELLED, CREATED, DELIVERED
from fastgen.live_kitchens.state import Counts
from fastgen.live_kitchens.upcoming import Upcoming
from fastgen.units import US_PER_S
from fastgen.wire.formats import WRITERS, Encoders
from fastgen.wire.rows import EVENT_TYPE
from fastgen.wire.slicer import Slicer, read_ahead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.dataset.index import DatasetIndex
    from fastgen.emitting.sink import R, Sink, SinkState, Staged
    from fastgen.faults.windows import FaultyWindows
    from fastgen.live_kitchens.pending import PendingRows
    from fastgen.wire.formats import WireWriter
    from fastgen.wire.rows import WireChunk

    # Saves the state of the sink after a batch, and what the batch has.
    Commit = Callable[[SinkState, Counts], None]

# What is due is emitted in steps of at most so many files, and of so many rows, as they are read ahead.
_STEP_FILES, _STEP_ROWS = 1000, 100_000


class Batches:
    """The stream of a run and its batches. Calls name the moment up to which all is emitted.

    Parameters
    ----------
    index
        The kitchens' dataset.
    encoders
        How rows are encoded.
    sink
        Where they go to.
    file_format
        Name of the format of the files.
    faults
        The faults of the stream; None: it is clean.
    pending
        Rows of orders from outside.
    """

    def __init__(
        self,
        index: DatasetIndex,
        encoders: Encoders,
        sink: Sink,
        file_format: str,
        faults: FaultyWindows | None,
        pending: PendingRows,
    ) -> None:
        self._index, self._encoders, self._sink, self._faults = index, encoders, sink, faults
        self._pending = pending
        self._writer = WRITERS[file_format]
        self._upcoming: Upcoming | None = None

    def recover(self, watermark_us: int | None) -> None:
        """Remove what the ledger says of batches that were not committed; None: none was.

        Raises
        ------
        OutputError
            If that fails.
        """
        if self._faults is not None:
            self._faults.recover(watermark_us)

    def catch_up(self, from_us: int, skipped_to_us: int | None) -> None:
        """Find the rows that faults hold back at a Unix microsecond, unless they are known.

        Parameters
        ----------
        from_us
            The moment.
        skipped_to_us
            No event before it is held back; None: there is no such bound.
        """
        if self._faults is not None:
            self._faults.catch_up(self._read, from_us, 0, skipped_to_us)

    @property
    def held_us(self) -> int | None:
        """When the first row that faults hold back is due, Unix microseconds; None: there is none."""
        return None if self._faults is None else self._faults.next_us

    def next_us(self, from_us: int) -> int | None:
        """Find when the next row is due, Unix microseconds, once caught up; None: there are no more."""
        moments = (self.time_of(0, from_us), self.held_us)
        return min((us for us in moments if us is not None), default=None)

    def time_of(self, number: int, from_us: int) -> int | None:
        """Find the Unix microsecond of the event of a number, 0 for the next one; None: there are fewer."""
        return self._read_on(from_us).time_of(number)

    def end_of_step(self, batch_rows: int, from_us: int, end_us: int) -> int:
        """Find up to where one call should emit what is due from a Unix microsecond on.

        After days off, many files may be due. Their number in one step is bounded, so that a signal ends the
        run within seconds, and a kill loses little.

        Parameters
        ----------
        batch_rows
            Rows of a file, at most.
        from_us, end_us
            The moment, and the one before which rows are due.
        """
        n_rows = max(batch_rows, min(batch_rows * _STEP_FILES, _STEP_ROWS))
        return self._read_on(from_us).end_of(n_rows, end_us)

    def emit(self, from_us: int, end_us: int, sink: SinkState, commit: Commit) -> Staged:
        """Emit what is due from a Unix microsecond on and before another one, once caught up.

        Parameters
        ----------
        from_us, end_us
            The two.
        sink
            State of the sink after the batch before.
        commit
            Saves the state after the batch.

        Raises
        ------
        FastgenError
            If the rows can't be made or written; they stay due then.
        """
        try:
            return self._emit(self._read_on(from_us).take(end_us), (end_us, end_us), sink, commit)
        except BaseException:
            self._upcoming = None  # what was taken is still due
            raise

    def emit_held(self, reached_us: int, sink: SinkState, commit: Commit) -> Staged:
        """Emit all rows that faults hold back, though it is early for them; parameters as `emit`."""
        return self._emit(iter(()), (None, reached_us), sink, commit)

    def write_ledger(self, path: Path) -> None:
        """Make the whole ledger, once caught up; errors as `FaultyWindows.write_ledger`."""
        if self._faults is not None:
            self._faults.write_ledger(path)

    def _emit(
        self,
        chunks: Iterator[WireChunk],
        end_and_reached_us: tuple[int | None, int],
        sink: SinkState,
        commit: Commit,
    ) -> Staged:
        """Emit rows up to an end, None: all; the watermark has then reached the second number."""
        # Events, created, delivered: filled while the rows pass, and complete when the sink commits.
        counts = np.zeros(3, np.int64)

        def committed(after: SinkState) -> None:
            commit(after, Counts(*counts.tolist()))

        def open_writer(stream: IO[bytes]) -> WireWriter:
            return self._writer(stream, self._encoders, 0)

        # Orders are counted before faults act: one whose `delivered` is lost doesn't stay open for ever.
        clean = read_ahead(_count_orders(chunks, counts))
        faults = self._faults
        if faults is None:
            return emit_window(self._sink, _count(clean, counts), open_writer, sink, committed)
        window = faults.begin(clean, *end_and_reached_us)

        def committed_with_ledger(after: SinkState) -> None:
            # Before the state: after a kill in between, `recover` removes what no state has.
            faults.commit(window)
            committed(after)

        name_of = partial(_file_name, self._sink, sink.n_files + 1)
        rows, opened = _count(window.rows, counts), window.wrap(open_writer, name_of)
        return emit_window(self._sink, rows, opened, sink, committed_with_ledger)

    def _read_on(self, from_us: int) -> Upcoming:
        """Read the stream from a moment on; what was read ahead before goes on."""
        if self._upcoming is None:
            self._upcoming = self._read_from(from_us)
        return self._upcoming

    def _read(self, start_us: int, end_us: int) -> Iterator[WireChunk]:
        """Read the events of a past window."""
        return self._read_from(start_us).take(end_us)

    def _read_from(self, from_us: int) -> Upcoming:
        # A slice begins with a whole second; `Upcoming` leaves out what comes before the microsecond.
        slicer = Slicer(self._index, micros=True)
        chunks = slicer.chunks(from_us // US_PER_S, self._index.end_s)
        return Upcoming(chunks, from_us, self._encoders.form, self._pending)


def _file_name(sink: Sink, first: int, number: int) -> str:
    return sink.file_name(first + number)


def _count_orders(chunks: Iterator[WireChunk], counts: NDArray[np.int64]) -> Iterator[WireChunk]:
    """Count the events that begin and end an order, as chunks of the clean stream pass."""
    for chunk in chunks:
        kinds = chunk.rows.ints[chunk.order, EVENT_TYPE]
        counts[1:] += np.array([(kinds == CREATED).sum(), np.isin(kinds, (DELIVERED, CANCELLED)).sum()])
        yield chunk


def _count(rows: Iterator[R], counts: NDArray[np.int64]) -> Iterator[R]:
    """Count rows as they pass."""
    for part in rows:
        counts[0] += part.n_rows
        yield part
