"""Scan the events of a dataset as a Polars LazyFrame, with the same columns in every layout."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import polars as pl

from fastgen.dataset.index import read_index
from fastgen.dataset.layout import Layout, PartitionBy
from fastgen.events.schema import stored_columns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fastgen.dataset.event_part import EventPart
    from fastgen.dataset.index import DatasetIndex
    from fastgen.events.schema import TableForm

# By kind of column, as `events.schema` names them.
POLARS_TYPES: dict[str, type[pl.DataType]] = {
    "str": pl.String,
    "i8": pl.Int8,
    "i16": pl.Int16,
    "i64": pl.Int64,
    "f32": pl.Float32,
}


def polars_schema(form: TableForm) -> pl.Schema:
    """Make the schema of a dataset's event table."""
    return pl.Schema({c.name: POLARS_TYPES[c.kind]() for c in stored_columns(form)})


def scan_events(dataset: str | Path) -> pl.LazyFrame:
    """Scan the events of a dataset.

    The manifest, and the sizes and footers of the files, are checked here. Polars reads the rows later. It
    fails at a changed bit in a page that is compressed by zstd. With snappy or no compression, or if the
    dataset was made before zstd pages had checksums, it returns the changed values. `fastgen verify` finds
    them.

    Parameters
    ----------
    dataset
        Folder that `fastgen build` made.

    Returns
    -------
    polars.LazyFrame
        Columns and types of docs/model.md, 5.1; location_id as Int8 in every layout; rows in the dataset's
        order. Filters on location_id read only that location's files, unless a folder above the dataset is
        named key=value.

    Raises
    ------
    DataError
        If the folder has no manifest.
    DamageError
        If the manifest or the end of a file is damaged.
    """
    index = read_index(dataset)
    return scan_files(index, index.files)


def scan_files(index: DatasetIndex, files: Sequence[EventPart]) -> pl.LazyFrame:
    """Scan some files of a dataset, at least one; otherwise as `scan_events`."""
    # To open a file is to check its size and footer; Polars reads it by its path.
    for file in files:
        with file.open():
            pass
    names = [column.name for column in stored_columns(index.table_form)]
    # Absolute: Polars takes a relative path such as file:x for a URL.
    paths = [file.path.absolute() for file in files]
    if index.layout is Layout.SINGLE:
        return pl.scan_parquet(paths, glob=False, hive_partitioning=False).select(names)
    if "=" in str(index.folder.absolute()):
        # Polars would also make columns of the folders above that are named KEY=VALUE.
        frames = [
            pl.scan_parquet(
                [file.path.absolute() for file in some], glob=False, hive_partitioning=False
            ).with_columns(pl.lit(location_id, pl.Int8).alias("location_id"))
            for location_id, some in groupby(files, key=lambda file: file.location_id)
        ]
        return pl.concat(frames).select(names)
    keys: dict[str, pl.DataType] = {"location_id": pl.Int8()}
    if index.partition_by is PartitionBy.LOCATION_DAY:
        keys["day"] = pl.Int32()
    # Explicit paths keep the manifest's order: a scan of the folder would sort location_id=10 before 2.
    return pl.scan_parquet(paths, glob=False, hive_partitioning=True, hive_schema=keys).select(names)
