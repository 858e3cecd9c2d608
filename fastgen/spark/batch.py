"""Read a window of a dataset as a batch."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from pyspark.sql.datasource import DataSourceReader, InputPartition

from fastgen.dataset.index import DatasetIndex, read_index, select_ids, select_types
from fastgen.dataset.instants import parse_instant
from fastgen.errors import ScenarioError
from fastgen.events.schema import EVENT_TYPE_IDS
from fastgen.spark.filters import Narrowed, narrow
from fastgen.spark.partitions import EventPartition, make_share, plan_partitions, read_partition
from fastgen.wire.slicer import Slicer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pyarrow as pa

    from fastgen.spark.options import BatchOptions


class PushFilters:
    """The method `pushFilters` of a reader, disguised as the one that PySpark's base class has.

    With spark.sql.python.filterPushdown.enabled off, which is the default, Spark refuses every reader that
    overrides `pushFilters`. It compares the method's `__func__` with the base class's. With the setting on,
    it calls the method.

    Parameters
    ----------
    push
        The function to call.
    """

    def __init__(self, push: Callable[[list[Any]], Iterable[Any]]) -> None:
        self._push = push
        # PySpark before 4.1 has no such method.
        self.__func__ = getattr(DataSourceReader, "pushFilters", None)

    def __call__(self, filters: list[Any]) -> Iterable[Any]:
        """Apply filters; return those that Spark still has to apply."""
        return self._push(filters)


class BatchReader(DataSourceReader):  # type: ignore[misc]  # PySpark counts as untyped here
    """Plans the tasks of a batch in the driver, and reads them in Spark's workers.

    Parameters
    ----------
    options
        The window, the selected locations and types, and the columns.
    """

    def __init__(self, options: BatchOptions) -> None:
        self._options = options

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the options only: a partition has all that a task needs."""
        return {"_options": self._options}

    @cached_property
    def _index(self) -> DatasetIndex:
        return read_index(self._options.selection.path)

    @cached_property
    def _narrowed(self) -> Narrowed:
        """Window, locations and types as the options state them; `_push` narrows them by filters."""
        index, options, selection = self._index, self._options, self._options.selection
        start_s = None if options.start is None else _instant(options.start, index, "start")
        end_s = None if options.end is None else _instant(options.end, index, "end")
        if start_s is not None and end_s is not None and end_s < start_s:
            raise ScenarioError(
                f"end: expected an instant not before start, {options.start}, got {options.end}."
            )
        # A window may lie before the first event or after the last one; then the batch is empty.
        start_s = min(index.first_s, index.end_s if end_s is None else end_s) if start_s is None else start_s
        end_s = max(index.end_s, start_s) if end_s is None else end_s
        locations = select_ids(index, selection.locations) or index.codes
        types = select_types(index, selection.types) or EVENT_TYPE_IDS.values()
        return Narrowed(start_s, end_s, frozenset(locations), frozenset(types))

    @property
    def pushFilters(self) -> PushFilters:  # noqa: N802  # Spark's name
        """The method that Spark calls with the filters of a query, if its settings allow it."""
        return PushFilters(self._push)

    def _push(self, filters: list[Any]) -> list[Any]:
        self._narrowed, left = narrow(self._narrowed, filters, raw=self._options.selection.raw)
        return left

    def partitions(self) -> list[EventPartition]:
        """Plan the tasks of the batch.

        Raises
        ------
        FastgenError
            If an option is impossible, or the dataset can't be read.
        """
        index, read = self._index, self._narrowed
        # None means all: a task then needn't compare ids.
        locations = None if read.locations == set(index.codes) else tuple(sorted(read.locations))
        types = None if len(read.types) == len(EVENT_TYPE_IDS) else tuple(sorted(read.types))
        if not (read.locations and read.types):
            return []
        window = (read.start_s, read.end_s)
        raw = self._options.selection.raw
        share = make_share(index, window, shift_s=0, raw=raw, locations=locations, types=types)
        return plan_partitions(Slicer(index, locations=locations), share)

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """Read the rows of one task."""
        return read_partition(partition)


def _instant(text: str, index: DatasetIndex, name: str) -> int:
    return parse_instant(text.strip(), index.epoch_s, name)
