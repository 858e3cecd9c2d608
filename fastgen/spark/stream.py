"""Read a dataset as an endless stream.

Only `latestOffset` looks at the wall clock; what lies between two offsets is the same whenever it is read.
"""

from __future__ import annotations

import inspect
import time
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyspark
from pyspark.sql.datasource import DataSourceStreamReader, InputPartition

from fastgen.dataset.index import DatasetIndex, read_index
from fastgen.errors import DataError, FastgenError, ScenarioError
from fastgen.replaying.clock import utc_from_us
from fastgen.spark.offsets import (
    Offset,
    Terms,
    check_same_terms,
    is_anchored,
    read_position,
    terms_of,
    write_offset,
)
from fastgen.spark.partitions import EventPartition, make_share, plan_partitions, read_partition
from fastgen.wire.slicer import Slicer

try:
    from pyspark.sql.streaming.datasource import SupportsTriggerAvailableNow
except ImportError:  # before 4.2: Spark asks once how far it may go, and runs one batch

    class SupportsTriggerAvailableNow:  # type: ignore[no-redef]
        """Stands in for what this PySpark doesn't have."""


if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from fastgen.spark.options import StreamOptions


def now_us() -> int:
    """Wall clock, Unix microseconds."""
    return time.time_ns() // 1000


class StreamReader(DataSourceStreamReader, SupportsTriggerAvailableNow):  # type: ignore[misc]  # untyped here
    """Says how far the stream has come, plans the tasks of its batches and reads them.

    Parameters
    ----------
    options
        How it runs.
    """

    def __init__(self, options: StreamOptions) -> None:
        self._options = options
        self._stopped_us: int | None = None
        self._furthest_s: int | None = None
        self._seen: Offset | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave behind what only the driver needs: a task knows what it has to."""
        return {"_options": self._options}

    @cached_property
    def _index(self) -> DatasetIndex:
        return read_index(self._options.selection.path)

    def initialOffset(self) -> Offset:  # noqa: N802  # Spark's name
        """Where a new stream stands: before the first event, its anchor not yet settled."""
        terms = terms_of(self._options, self._index)
        return write_offset(replace(terms, anchor_us=None), self._index.first_s, self._index)

    def prepareForTriggerAvailableNow(self) -> None:  # noqa: N802  # Spark's name
        """Stop the clock: whatever becomes due later is not for this run."""
        self._stopped_us = now_us()

    def latestOffset(self, start: Offset | None = None, limit: object = None) -> Offset:  # noqa: ARG002, N802
        """Say how far the stream may go now: at first through the history, then as time has passed.

        Parameters
        ----------
        start
            Where it stands; None before PySpark 4.2, which doesn't say.
        limit
            Always all that there is: the source sets no other limit.

        Raises
        ------
        FastgenError
            If an option is impossible or contradicts the stream's first options.
        """
        index = self._index
        now = now_us() if self._stopped_us is None else self._stopped_us
        known = self._seen if start is None else start
        terms = terms_of(self._options, index, known)
        anchor_us = now if terms.anchor_us is None else terms.anchor_us
        terms = replace(terms, anchor_us=anchor_us)
        begun = known is not None and is_anchored(known)
        if anchor_us > now and not begun and self._furthest_s is None:
            time = utc_from_us(anchor_us).isoformat()
            raise ScenarioError(f"anchor: expected an instant that has passed, got {time}.")
        if start is None:
            self._seen = write_offset(terms, self._go_on_to(self._end_s(terms, now)), index)
            return self._seen
        end_s = self._end_s(terms, now if begun else anchor_us)
        return start if end_s <= read_position(start, index) else write_offset(terms, end_s, index)

    def _go_on_to(self, end_s: int) -> int:
        """Move the furthest virtual second that Spark knows this stream to stand at, never back."""
        self._furthest_s = end_s if self._furthest_s is None else max(self._furthest_s, end_s)
        return self._furthest_s

    def _end_s(self, terms: Terms, at_us: int) -> int:
        """Virtual second before which everything is due at a real microsecond."""
        clock = terms.clock(self._index, None if terms.loops else self._last_event_s)
        window = clock.window_due(self._index.first_s - 1, at_us)
        return self._index.first_s if window is None else window.end_s

    @cached_property
    def _last_event_s(self) -> int:
        """Second of the last event of the selected locations; before the first if there is none."""
        terms = terms_of(self._options, self._index)
        last_s = Slicer(self._index, locations=terms.locations).last_event_s()
        return self._index.first_s - 1 if last_s is None else last_s

    def partitions(self, start: Offset, end: Offset) -> list[EventPartition]:
        """Plan the tasks of a batch; the offsets say all, the clock and the options nothing.

        Before PySpark 4.2 this is also how a stream learns where it stands: at a restart, Spark plans an
        empty batch at the last offset of its checkpoint, and only then asks for the latest one. A clock that
        was set back meanwhile may not take the stream back, for an offset is never unlogged.

        Raises
        ------
        FastgenError
            If the offsets contradict each other or the options, or a file can't be read.
        """
        index = self._index
        check_same_terms(start, end)
        terms = terms_of(self._options, index, end)
        window = read_position(start, index), read_position(end, index)
        if window[1] < window[0]:
            raise DataError(
                f"offset: expected the stream to go on from {start['position']}, got {end['position']}: "
                "the clock of this machine was set back between two runs; remove the last file of the "
                "checkpoint's folder offsets, which has none of its name in commits, and start again."
            )
        self._go_on_to(window[1])
        self._seen = end
        share = make_share(
            index,
            window,
            shift_s=terms.shift_s(index),
            raw=terms.raw,
            locations=terms.locations,
            types=terms.types,
        )
        return plan_partitions(Slicer(index, locations=terms.locations, loop=terms.loops), share)

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """Read a task's rows."""
        return read_partition(partition)


class RefusedStream(DataSourceStreamReader):  # type: ignore[misc]  # PySpark counts as untyped here
    """Answers every question with an error: one raised earlier, Spark buries under one of its own.

    Parameters
    ----------
    error
        What is wrong with the options.
    """

    def __init__(self, error: FastgenError) -> None:
        self._error = error

    def initialOffset(self) -> Offset:  # noqa: N802  # Spark's name
        """Raise the error."""
        raise self._error

    def latestOffset(self, start: Offset | None = None, limit: object = None) -> Offset:  # noqa: ARG002, N802
        """Raise the error."""
        raise self._error

    def partitions(self, start: Offset, end: Offset) -> list[EventPartition]:  # noqa: ARG002
        """Raise the error."""
        raise self._error

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:  # noqa: ARG002
        """Raise the error."""
        raise self._error


def says_where_it_stands(base: type) -> bool:
    """Whether this PySpark asks for the latest offset with the present one, as from 4.2 on."""
    return "start" in inspect.signature(base.latestOffset).parameters  # type: ignore[attr-defined]


def make_stream_reader(
    options: StreamOptions, base: type = DataSourceStreamReader, *, needs_anchor: bool = True
) -> StreamReader:
    """Make the reader for this version of PySpark.

    Parameters
    ----------
    options
        How the stream runs.
    base
        PySpark's own class of stream readers.
    needs_anchor
        Whether an anchor has to be there before PySpark 4.2, or the stream may rely on Spark planning its
        last batch anew at a restart.

    Raises
    ------
    ScenarioError
        If there is no anchor and the version needs one.
    """
    if needs_anchor and not says_where_it_stands(base) and options.anchor_us is None:
        raise ScenarioError(
            f"anchor: PySpark {pyspark.__version__} doesn't tell a stream where it stands, a restart would "
            "lose its clock: expected the instant at which the stream begins, such as 2026-03-01T12:00Z, "
            "always the same, got none (PySpark 4.2 needs no anchor)."
        )
    return StreamReader(options)
