"""Take what is due from the stream of the kitchens, and emit it batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.emitting.emission import emit_window
from fastgen.events.schema import CREATED, DELIVERED
from fastgen.live_kitchens.state import Counts
from fastgen.live_kitchens.upcoming import Upcoming
from fastgen.units import US_PER_S
from fastgen.wire.formats import WRITERS, Encoders
from fastgen.wire.rows import EVENT_TYPE
from fastgen.wire.slicer import Slicer, read_ahead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from fastgen.dataset.index import DatasetIndex
    from fastgen.emitting.sink import Sink, SinkState, Staged
    from fastgen.wire.rows import WireChunk

    # Saves the state of the sink after a batch, and what the batch has.
    Commit = Callable[[SinkState, Counts], None]


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
    """

    def __init__(self, index: DatasetIndex, encoders: Encoders, sink: Sink, file_format: str) -> None:
        self._index, self._encoders, self._sink = index, encoders, sink
        self._writer = WRITERS[file_format]
        self._upcoming: Upcoming | None = None

    @property
    def are_begun(self) -> bool:
        """Whether the stream is being read already."""
        return self._upcoming is not None

    def time_of(self, number: int, from_us: int) -> int | None:
        """Find the Unix microsecond of the event of a number, 0 for the next one; None: there are fewer."""
        return self._read_from(from_us).time_of(number)

    def has_due(self, from_us: int, end_us: int) -> bool:
        """Whether there is an event from a Unix microsecond on and before another one."""
        next_us = self.time_of(0, from_us)
        return next_us is not None and next_us < end_us

    def emit(self, from_us: int, end_us: int, sink: SinkState, commit: Commit) -> Staged:
        """Emit the events from a Unix microsecond on and before another one.

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
        rows, counts = self._read_from(from_us).take(end_us), np.zeros(3, np.int64)
        try:
            return emit_window(
                self._sink,
                read_ahead(_counted(rows, counts)),
                lambda stream: self._writer(stream, self._encoders, 0),
                sink,
                commit=lambda after: commit(after, Counts(*counts.tolist())),
            )
        except BaseException:
            self._upcoming = None  # what was taken is still due
            raise

    def _read_from(self, from_us: int) -> Upcoming:
        """Read the stream from a moment on; what was read ahead before goes on."""
        if self._upcoming is None:
            slicer = Slicer(self._index, micros=True)
            chunks = slicer.chunks(from_us // US_PER_S, self._index.end_s)
            self._upcoming = Upcoming(chunks, from_us)
        return self._upcoming


def _counted(chunks: Iterator[WireChunk], counts: NDArray[np.int64]) -> Iterator[WireChunk]:
    """Count events, and those that begin and end an order, as chunks pass."""
    for chunk in chunks:
        kinds = chunk.rows.ints[chunk.order, EVENT_TYPE]
        counts += np.array([len(kinds), (kinds == CREATED).sum(), (kinds == DELIVERED).sum()])
        yield chunk
