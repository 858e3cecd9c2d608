"""Read a dataset's events lazily, with the same columns whatever its layout."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from fastgen.dataset.layout import EVENTS, Layout, PartitionBy
from fastgen.dataset.manifest import read_manifest
from fastgen.events.schema import COLUMNS

_DTYPES: dict[str, type[pl.DataType]] = {
    "str": pl.String,
    "i8": pl.Int8,
    "i16": pl.Int16,
    "i64": pl.Int64,
    "f32": pl.Float32,
}


def event_schema(sequence_kind: str) -> pl.Schema:
    """Columns and types of the event table, for a dataset's type of sequence."""
    kinds = {c.name: sequence_kind if c.name == "sequence" else c.kind for c in COLUMNS}
    return pl.Schema({name: _DTYPES[kind]() for name, kind in kinds.items()})


def scan_events(dataset: str | Path) -> pl.LazyFrame:
    """Scan the events of a dataset.

    Parameters
    ----------
    dataset
        Folder that `fastgen build` made.

    Returns
    -------
    polars.LazyFrame
        Columns and types of SPEC 3, location_id as Int8 in every layout; rows in the dataset's order. Filters
        on location_id read only that location's files.

    Raises
    ------
    DataError
        If the folder has no manifest.
    """
    folder = Path(dataset)
    manifest = read_manifest(folder)
    names = [column.name for column in COLUMNS]
    if manifest.layout is Layout.SINGLE:
        return pl.scan_parquet(folder / EVENTS, glob=False).select(names)
    keys: dict[str, pl.DataType] = {"location_id": pl.Int8()}
    if manifest.partition_by is PartitionBy.LOCATION_DAY:
        keys["day"] = pl.Int32()
    # The manifest's order, not the folder's: folders sort as text.
    files = [folder / entry.path for entry in manifest.files]
    return pl.scan_parquet(files, glob=False, hive_partitioning=True, hive_schema=keys).select(names)
