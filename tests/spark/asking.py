"""Ask the readers as Spark does, without Spark: options as text, readers and partitions pickled."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

from fastgen.spark.batch import BatchReader
from fastgen.spark.options import read_batch_options, read_stream_options
from fastgen.spark.stream import StreamReader, make_stream_reader

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, Any]


def batch(dataset: Path, **options: str) -> BatchReader:
    """Make a reader of a batch."""
    return BatchReader(read_batch_options({"path": str(dataset), **options}))


def stream(dataset: Path, **options: str) -> StreamReader:
    """Make a reader of a stream."""
    return make_stream_reader(read_stream_options({"path": str(dataset), **options}))


def rows_of(reader: BatchReader | StreamReader, partitions: list[Any]) -> list[Row]:
    """Read all partitions elsewhere."""
    found: list[Row] = []
    for partition in partitions:
        there, task = pickle.loads(pickle.dumps((reader, partition)))  # noqa: S301  # our own
        for record_batch in there.read(task):
            found += record_batch.to_pylist()
    return found


def read_batch(dataset: Path, **options: str) -> list[Row]:
    """Read a batch."""
    reader = batch(dataset, **options)
    return rows_of(reader, reader.partitions())


def read_between(reader: StreamReader, start: Row, end: Row) -> list[Row]:
    """Read what lies between two offsets, which have been in a checkpoint."""
    start, end = json.loads(json.dumps([start, end]))
    return rows_of(reader, reader.partitions(start, end))


def in_order(rows: list[Row]) -> list[Row]:
    """Sort as the wire does."""
    return sorted(rows, key=lambda row: (row["ts"], row["order_id"], row["sequence"]))
