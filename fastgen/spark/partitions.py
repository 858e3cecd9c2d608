"""Split a window of a dataset into tasks by location and time, and read the rows of a task.

The driver reads the manifest and the footers of the files. A task reads the row groups that its partition
names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql.datasource import InputPartition

from fastgen.dataset.reading.location_column import stored_names, with_location
from fastgen.spark.schema import batch_schema
from fastgen.wire.bulk import WireEncoder, sort_rows
from fastgen.wire.form import WireForm
from fastgen.wire.row_groups import GroupSpan, cut_window, join_slices, read_group, selected_rows
from fastgen.wire.rows import TS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastgen.dataset.event_part import EventPart, Unchanging
    from fastgen.dataset.index import DatasetIndex
    from fastgen.dataset.seal import Stamp
    from fastgen.events.schema import TableForm
    from fastgen.wire.slicer import Slicer

# Rows of a task: it takes some tenths of a second, far more than its start.
TASK_ROWS = 200_000
# Rows of a record batch. Spark has two copies of each in memory.
BATCH_ROWS = 32_000


class Share(NamedTuple):
    """What all tasks of one read have in common.

    Attributes
    ----------
    stamp
        Recognises the manifest: a dataset that was built anew since must not be mixed with the planned one.
    digest
        Digest of the dataset; event ids are derived from it.
    table_form
        What its event table has of its own.
    length_s
        Length of a loop, seconds.
    start_s, end_s
        The window, virtual seconds; the end is exclusive.
    shift_s
        Seconds to add to virtual time for the times of the rows.
    locations, types
        Ids; None for all.
    raw
        Whether to give the stored columns instead of the wire format.
    """

    stamp: Stamp | Unchanging
    digest: str
    table_form: TableForm
    length_s: int
    start_s: int
    end_s: int
    shift_s: int
    locations: tuple[int, ...] | None
    types: tuple[int, ...] | None
    raw: bool


class Group(NamedTuple):
    """A row group to read: the loop in which it falls due, its file, and its number in the file."""

    loop: int
    file: EventPart
    number: int


@dataclass(frozen=True)
class EventPartition(InputPartition):  # type: ignore[misc]  # PySpark counts as untyped here
    """Row groups of one location that follow each other in time, for one task.

    Attributes
    ----------
    share
        What all tasks have in common.
    location_id
        Location of the files; None if they have several, and a column location_id.
    groups
        The row groups.
    """

    share: Share
    location_id: int | None
    groups: tuple[Group, ...]


def make_share(
    index: DatasetIndex,
    window: tuple[int, int],
    *,
    shift_s: int,
    raw: bool,
    locations: tuple[int, ...] | None,
    types: tuple[int, ...] | None,
) -> Share:
    """Make the `Share` of a read from the dataset's index and the window."""
    form, length_s = index.table_form, index.length_s
    return Share(index.stamp, index.digest, form, length_s, *window, shift_s, locations, types, raw)


def plan_partitions(slicer: Slicer, share: Share) -> list[EventPartition]:
    """Split a window into tasks.

    Parameters
    ----------
    slicer
        Lists the row groups of the dataset's loops at the selected locations.
    share
        What all tasks have in common.

    Raises
    ------
    DamageError
        If a file is damaged, or the dataset was built anew.
    """
    share.stamp.check()
    if share.start_s >= share.end_s:
        return []
    groups: list[list[Group]] = []
    locations: list[int | None] = []
    # Of each location: the task that is being filled, and the rows that it has room for.
    filling: dict[int | None, tuple[int, float]] = {}
    # A location's row groups come in the order of its files, so a task reads few files.
    for loop, span in slicer.groups(share.start_s, share.end_s):
        n_rows = span.estimate_rows(loop * share.length_s, share.start_s, share.end_s)
        location_id = span.file.location_id
        task, room = filling.get(location_id, (-1, 0.0))
        if n_rows > room:
            task, room = len(groups), TASK_ROWS
            groups.append([])
            locations.append(location_id)
        groups[task].append(Group(loop, span.file, span.number))
        filling[location_id] = (task, room - n_rows)
    return [EventPartition(share, i, tuple(some)) for i, some in zip(locations, groups, strict=True)]


def read_partition(partition: InputPartition) -> Iterator[pa.RecordBatch]:
    """Read the rows of a task.

    Where `partitions` returns none, Spark makes a partition of its own, which has no rows.

    Raises
    ------
    DamageError
        If a file is damaged, or the dataset was built anew.
    """
    if isinstance(partition, EventPartition):
        share = partition.share
        share.stamp.check()
        schema = batch_schema(raw=share.raw, form=share.table_form)
        for table in _raw_tables(partition) if share.raw else _wire_tables(partition):
            whole = pa.Table.from_arrays(table.columns, schema=schema)
            yield from whole.to_batches(max_chunksize=BATCH_ROWS)
        # Again at the end: the rows may be of two datasets if it was built anew while they were read.
        share.stamp.check()


def _wire_tables(partition: EventPartition) -> Iterator[pa.Table]:
    share = partition.share
    encoder = WireEncoder(WireForm.canonical(share.digest))
    for loop, file, number in partition.groups:
        span = GroupSpan(file, number, 0, 0, 0, is_exact=True)
        rows = read_group(span, with_reasons=share.table_form.may_end_early)
        found = cut_window(rows, loop, share.length_s, share.start_s, share.end_s)
        if found is not None:
            rows = join_slices([found])
            keep = selected_rows(rows, share.locations, share.types)
            # Sorting takes time for every second of its window, which may be years: bound it by the rows.
            ts = rows.ints[:, TS]
            first_s, last_s = max(share.start_s, int(ts.min())), min(share.end_s - 1, int(ts.max()))
            order = sort_rows(rows, keep, first_s, last_s + 1)
            yield encoder.encode_table(rows, order, share.shift_s)


def _raw_tables(partition: EventPartition) -> Iterator[pa.Table]:
    share = partition.share
    schema = batch_schema(raw=True, form=share.table_form)
    stored = stored_names(schema.names, partition.location_id)
    for loop, part, number in partition.groups:
        with part.open() as file:
            table = with_location(file.read([number], stored, use_threads=True), partition.location_id)
        yield _moved(table, share, loop).select(schema.names).cast(schema)


def _moved(table: pa.Table, share: Share, loop: int) -> pa.Table:
    """Keep the rows of the window; move their times to the loop, and add its number to their order ids."""
    low, high = share.start_s - loop * share.length_s, share.end_s - loop * share.length_s
    ts = table["ts_seconds"]
    keep = pc.and_(pc.greater_equal(ts, low), pc.less(ts, high))
    for name, ids in (("location_id", share.locations), ("event_type_id", share.types)):
        if ids is not None:
            keep = pc.and_(keep, pc.is_in(table[name], pa.array(ids, table[name].type)))
    table = table.filter(keep)
    moved = pc.add(table["ts_seconds"], loop * share.length_s + share.shift_s)
    table = table.set_column(table.schema.get_field_index("ts_seconds"), "ts_seconds", moved)
    if loop:  # every loop repeats the orders of the dataset; their ids must differ
        ids = pc.binary_join_element_wise(table["order_id"].cast(pa.string()), f"-L{loop}", "")
        table = table.set_column(table.schema.get_field_index("order_id"), "order_id", ids)
    return table
