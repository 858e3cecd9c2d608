"""Read a dataset as an endless stream.

Only `latestOffset` reads the wall clock. The rows between two offsets are the same whenever they are read, so
Spark can repeat a batch after a failure.
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
except ImportError:  # PySpark before 4.2, whose trigger availableNow runs one batch

    class SupportsTriggerAvailableNow:  # type: ignore[no-redef]
        """Takes the place of the class that this PySpark doesn't have."""


if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from fastgen.spark.options import StreamOptions


def now_us() -> int:
    """Read the wall clock, Unix microseconds."""
    return time.time_ns() // 1000


class StreamReader(DataSourceStreamReader, SupportsTriggerAvailableNow):  # type: ignore[misc]  # untyped here
    """Decides how far the stream may go, plans the tasks of its batches, and reads them.

    Parameters
    ----------
    options
        The options of the stream.
    """

    def __init__(self, options: StreamOptions) -> None:
        self._options = options
        # Wall clock at which `prepareForTriggerAvailableNow` stopped it; None while it runs.
        self._stopped_us: int | None = None
        # Before PySpark 4.2: the furthest virtual second, and the last offset, that Spark has seen.
        self._furthest_s: int | None = None
        self._seen: Offset | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the options only: a partition has all that a task needs."""
        return {"_options": self._options}

    @cached_property
    def _index(self) -> DatasetIndex:
        return read_index(self._options.selection.path)

    def initialOffset(self) -> Offset:  # noqa: N802  # Spark's name
        """Return the offset of a new stream: before the first event, without an anchor yet."""
        terms = terms_of(self._options, self._index)
        return write_offset(replace(terms, anchor_us=None), self._index.first_s, self._index)

    def prepareForTriggerAvailableNow(self) -> None:  # noqa: N802  # Spark's name
        """Stop the clock: events that become due later are not part of this run."""
        self._stopped_us = now_us()

    def latestOffset(self, start: Offset | None = None, limit: object = None) -> Offset:  # noqa: ARG002, N802
        """Return the offset up to which events are due now: first the history, then what time has added.

        Parameters
        ----------
        start
            The stream's present offset; PySpark before 4.2 passes None.
        limit
            Ignored: the source admits no limit but all that is due.

        Raises
        ------
        FastgenError
            If an option is impossible, or differs from the stream's first options.
        """
        index = self._index
        now = now_us() if self._stopped_us is None else self._stopped_us
        known = self._seen if start is None else start
        terms = terms_of(self._options, index, known)
        anchor_us = now if terms.anchor_us is None else terms.anchor_us
        terms = replace(terms, anchor_us=anchor_us)
        begun = known is not None and is_anchored(known)
        # The first batch is the history up to the anchor, so the anchor must have passed.
        if anchor_us > now and not begun and self._furthest_s is None:
            time = utc_from_us(anchor_us).isoformat()
            raise ScenarioError(f"anchor: expected an instant that has passed, got {time}.")
        if start is None:  # PySpark before 4.2: `partitions` has seen the position
            self._seen = write_offset(terms, self._go_on_to(self._end_s(terms, now)), index)
            return self._seen
        end_s = self._end_s(terms, now if begun else anchor_us)
        return start if end_s <= read_position(start, index) else write_offset(terms, end_s, index)

    def _go_on_to(self, end_s: int) -> int:
        """Move the stream's furthest virtual second forward to `end_s`, never back; return it."""
        self._furthest_s = end_s if self._furthest_s is None else max(self._furthest_s, end_s)
        return self._furthest_s

    def _end_s(self, terms: Terms, at_us: int) -> int:
        """Compute the virtual second before which all events are due at a time of the wall clock."""
        clock = terms.clock(self._index, None if terms.clock_terms.loop else self._last_event_s)
        window = clock.window_due(self._index.first_s - 1, at_us)
        return self._index.first_s if window is None else window.end_s

    @cached_property
    def _last_event_s(self) -> int:
        """Second of the last event at the selected locations; see `Slicer.last_event_s`."""
        terms = terms_of(self._options, self._index)
        return Slicer(self._index, locations=terms.locations).last_event_s()

    def partitions(self, start: Offset, end: Offset) -> list[EventPartition]:
        """Plan the tasks of a batch, from its two offsets alone.

        Before PySpark 4.2, this is also how a restarted stream learns its position: Spark plans an empty
        batch at the last offset of the checkpoint before it calls `latestOffset`. The position never goes
        back, even if the machine's clock does: Spark doesn't remove an offset from its log.

        Raises
        ------
        FastgenError
            If the offsets differ from each other or from the options in their terms, or a file can't be read.
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
        return plan_partitions(Slicer(index, locations=terms.locations, loop=terms.clock_terms.loop), share)

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """Read the rows of one task."""
        return read_partition(partition)


class RefusedStream(DataSourceStreamReader):  # type: ignore[misc]  # PySpark counts as untyped here
    """A reader whose every method raises the same error.

    If `streamReader` raised it, Spark would show an error of its own instead.

    Parameters
    ----------
    error
        The error about the options.
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


def passes_present_offset(base: type) -> bool:
    """Say whether this PySpark passes the present offset to `latestOffset`, as PySpark 4.2 and later do."""
    return "start" in inspect.signature(base.latestOffset).parameters  # type: ignore[attr-defined]


def make_stream_reader(
    options: StreamOptions, base: type = DataSourceStreamReader, *, needs_anchor: bool = True
) -> StreamReader:
    """Make the reader of a stream, for the installed version of PySpark.

    Parameters
    ----------
    options
        The options of the stream.
    base
        PySpark's class of stream readers.
    needs_anchor
        Whether the option "anchor" is required before PySpark 4.2. If not, the stream relies on Spark
        planning its last batch again at a restart; see `StreamReader.partitions`.

    Raises
    ------
    ScenarioError
        If the anchor is required and not set.
    """
    if needs_anchor and not passes_present_offset(base) and options.anchor_us is None:
        raise ScenarioError(
            f"anchor: PySpark {pyspark.__version__} doesn't tell a stream where it stands, a restart would "
            "lose its clock: expected the instant at which the stream begins, such as 2026-03-01T12:00Z, "
            "always the same, got none (PySpark 4.2 needs no anchor)."
        )
    return StreamReader(options)
