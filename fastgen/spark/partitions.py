"""Split windows of a dataset by location and time, and read one such share in a task.

The driver reads the manifest and the footers of the files; a task reads its row groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql.datasource import InputPartition

from fastgen.spark.schema import batch_schema
from fastgen.wire.bulk import WireEncoder, sort_rows
from fastgen.wire.row_groups import GroupSpan, cut_window, join_slices, read_group, selected_rows
from fastgen.wire.rows import TS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastgen.dataset.event_part import EventPart, Unchanging
    from fastgen.dataset.index import DatasetIndex
    from fastgen.dataset.seal import Stamp
    from fastgen.wire.slicer import Slicer

# A task of so many rows takes some tenths of a second, far more than to start it.
TASK_ROWS = 200_000
# Spark holds a batch as a whole, twice.
BATCH_ROWS = 32_000


class Share(NamedTuple):
    """What all tasks of a read have in common.

    Attributes
    ----------
    stamp, digest, sequence_kind, length_s
        Of the dataset: by what its manifest is known again; event ids are made of the digest; type of
        sequence; seconds of a loop.
    start_s, end_s
        The window, virtual seconds, the end not among them.
    shift_s
        Seconds to add to virtual time.
    locations, types
        Ids; None: all.
    raw
        Whether to give the stored columns.
    """

    stamp: Stamp | Unchanging
    digest: str
    sequence_kind: str
    length_s: int
    start_s: int
    end_s: int
    shift_s: int
    locations: tuple[int, ...] | None
    types: tuple[int, ...] | None
    raw: bool


class Group(NamedTuple):
    """A row group: the loop it is read for, its file and its number in it."""

    loop: int
    file: EventPart
    number: int


@dataclass(frozen=True)
class EventPartition(InputPartition):  # type: ignore[misc]  # PySpark counts as untyped here
    """A location's row groups of a stretch of time, for one task.

    Attributes
    ----------
    share
        What all tasks have in common.
    location_id
        Whose orders are in the files; None: as their column says.
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
    """Say what all tasks of a read have in common; see `Share`."""
    kind, length_s = index.sequence_kind, index.length_s
    return Share(index.stamp, index.digest, kind, length_s, *window, shift_s, locations, types, raw)


def plan_partitions(slicer: Slicer, share: Share) -> list[EventPartition]:
    """Split a window into tasks.

    Parameters
    ----------
    slicer
        Knows the dataset and its loops, and the locations that are wanted.
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
    open_runs: dict[int | None, tuple[int, float]] = {}
    for loop, span in slicer.groups(share.start_s, share.end_s):
        n_rows = span.expected_rows(loop * share.length_s, share.start_s, share.end_s)
        location_id = span.file.location_id
        run, room = open_runs.get(location_id, (-1, 0.0))
        if n_rows > room:
            run, room = len(groups), TASK_ROWS
            groups.append([])
            locations.append(location_id)
        groups[run].append(Group(loop, span.file, span.number))
        open_runs[location_id] = (run, room - n_rows)
    return [EventPartition(share, i, tuple(run)) for i, run in zip(locations, groups, strict=True)]


def read_partition(partition: InputPartition) -> Iterator[pa.RecordBatch]:
    """Read a task's rows; nothing for the empty partition that Spark makes up where there is none.

    Raises
    ------
    DamageError
        If a file is damaged, or the dataset was built anew.
    """
    if isinstance(partition, EventPartition):
        share = partition.share
        share.stamp.check()
        schema = batch_schema(raw=share.raw, sequence_kind=share.sequence_kind)
        for table in _raw_tables(partition) if share.raw else _wire_tables(partition):
            whole = pa.Table.from_arrays(table.columns, schema=schema)
            yield from whole.to_batches(max_chunksize=BATCH_ROWS)
        share.stamp.check()


def _wire_tables(partition: EventPartition) -> Iterator[pa.Table]:
    share = partition.share
    encoder = WireEncoder(share.digest)
    for loop, file, number in partition.groups:
        rows = read_group(GroupSpan(file, number, 0, 0, 0, is_exact=True))
        found = cut_window(rows, loop, share.length_s, share.start_s, share.end_s)
        if found is not None:
            rows = join_slices([found])
            keep = selected_rows(rows, share.locations, share.types)
            # Sorting takes time by the second of its window, which may be years.
            ts = rows.ints[:, TS]
            first_s, last_s = max(share.start_s, int(ts.min())), min(share.end_s - 1, int(ts.max()))
            order = sort_rows(rows, keep, first_s, last_s + 1)
            yield encoder.encode_table(rows, order, share.shift_s)


def _raw_tables(partition: EventPartition) -> Iterator[pa.Table]:
    share = partition.share
    schema = batch_schema(raw=True, sequence_kind=share.sequence_kind)
    stored = [name for name in schema.names if name != "location_id" or partition.location_id is None]
    for loop, span, number in partition.groups:
        with span.open() as file:
            table = _with_location(file.read([number], stored, use_threads=True), partition.location_id)
        yield _moved(table, share, loop).select(schema.names).cast(schema)


def _with_location(table: pa.Table, location_id: int | None) -> pa.Table:
    if location_id is None:
        return table
    ids = pa.array(np.full(table.num_rows, location_id, np.int8))
    return table.append_column("location_id", ids)


def _moved(table: pa.Table, share: Share, loop: int) -> pa.Table:
    """Keep the rows of the window, in their loop's time and with its order ids."""
    low, high = share.start_s - loop * share.length_s, share.end_s - loop * share.length_s
    ts = table["ts_seconds"]
    keep = pc.and_(pc.greater_equal(ts, low), pc.less(ts, high))
    for name, ids in (("location_id", share.locations), ("event_type_id", share.types)):
        if ids is not None:
            keep = pc.and_(keep, pc.is_in(table[name], pa.array(ids, table[name].type)))
    table = table.filter(keep)
    moved = pc.add(table["ts_seconds"], loop * share.length_s + share.shift_s)
    table = table.set_column(table.schema.get_field_index("ts_seconds"), "ts_seconds", moved)
    if loop:
        ids = pc.binary_join_element_wise(table["order_id"].cast(pa.string()), f"-L{loop}", "")
        table = table.set_column(table.schema.get_field_index("order_id"), "order_id", ids)
    return table
