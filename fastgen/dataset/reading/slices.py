"""Scan a period of a dataset lazily; only files that can have its events are opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from fastgen.dataset.index import read_index, select_ids
from fastgen.dataset.instants import Instant, parse_instant
from fastgen.dataset.reading.scan import polars_schema, scan_files

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def slice_events(
    dataset: str | Path, start: Instant, end: Instant, *, locations: Iterable[str] | None = None
) -> pl.LazyFrame:
    """Scan the events of a window of dataset time.

    Only files that can have such events are opened, and only row groups whose statistics of ts_seconds
    overlap the window are read. The files are checked as in `scan_events`.

    Parameters
    ----------
    dataset
        Folder that `fastgen build` made.
    start, end
        The window; its end is excluded. Each is a day number (70), "70T18:30", "2024-03-11T18:30", a date,
        or a datetime (without a time zone: dataset time).
    locations
        Codes or ids; None: all.

    Returns
    -------
    polars.LazyFrame
        The stored columns, as `scan_events` gives them, rows in the dataset's order.

    Raises
    ------
    DataError
        If the folder has no manifest.
    DamageError
        If the manifest or the end of a file is damaged.
    ScenarioError
        If an instant can't be parsed, or a location is not in the dataset.
    """
    index = read_index(dataset)
    ids = select_ids(index, locations)
    start_s = parse_instant(start, index.epoch_s, "start")
    end_s = parse_instant(end, index.epoch_s, "end")
    schema = polars_schema(index.table_form)
    files = index.files_between(start_s, end_s, ids)
    # Polars can't scan an empty list of files.
    if not files or start_s >= end_s:
        return pl.LazyFrame(schema=schema)
    frame = scan_files(index, files).filter(pl.col("ts_seconds") >= start_s, pl.col("ts_seconds") < end_s)
    return frame if ids is None else frame.filter(pl.col("location_id").is_in(list(ids)))
