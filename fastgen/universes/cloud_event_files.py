"""Write the CloudEvents of a run as JSON lines: one file, or a folder with a file a day."""

from __future__ import annotations

import datetime as dt
import itertools
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING

import polars as pl

from fastgen.dataset.layout import check_outside
from fastgen.errors import OutputError, ScenarioError
from fastgen.files import check_file, check_folder, check_place, remove, sync_folder
from fastgen.paths import check_apart, hidden_beside
from fastgen.universes.cloud_events import make_events, read_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_DAY = dt.timedelta(days=1)
# A path that ends in it is that of a file.
SUFFIX = ".jsonl"
# Days after the last one of a run on which a customer may still eat.
_DAYS_AFTER = 3
# Rows of tables, of some days, for each part in which a day's events are made: about 50 MB of them.
_ROWS = 200_000


def check_target(path: Path, dataset: Path) -> None:
    """Check that events can be written to a path, before anything is run; create nothing.

    Parameters
    ----------
    path
        The path.
    dataset
        Folder of the dataset to be made, in which they can't be.

    Raises
    ------
    ScenarioError
        If it is no possible path, or in a dataset.
    OutputError
        If it is not writable, or a folder there has other files.
    """
    check_outside(path, "cloudevents")
    check_apart(path, "cloudevents", dataset, "dataset")
    # Nor may the dataset be in the folder of the events, which can have no other files.
    if Path(os.path.realpath(dataset)).is_relative_to(os.path.realpath(path)):
        raise ScenarioError(f"cloudevents: expected a place apart from the dataset {dataset}, got {path}.")
    if path.suffix == SUFFIX:
        check_place(check_file(path, "cloudevents"), "events")
        return
    check_folder(path)
    others = sorted(one.name for one in path.iterdir() if one.suffix != SUFFIX) if path.is_dir() else []
    if others:
        raise OutputError(
            f"{path}: expected a new folder, or one of events alone, got one with {others[0]}; a file "
            f"needs a name that ends in {SUFFIX}."
        )


def write_cloud_events(
    tables: Path,
    path: Path,
    epoch: dt.datetime,
    days: int,
    until: dt.datetime | None,
    eating: Mapping[str, dt.timedelta],
) -> int:
    """Write the events of all sites in the order of time, whole or not at all; return their number.

    Parameters
    ----------
    tables
        Folder of the result tables.
    path
        A file, whose name ends in `SUFFIX`, or a folder, which gets a file for each day of UTC. What is there
        is replaced.
    epoch
        Time of day 0, 00:00 UTC.
    days
        Days of the run.
    until
        Where the run was stopped; None: after its last day.
    eating
        How long the customers of each site eat.

    Raises
    ------
    OutputError
        If a file can't be written.
    """
    unfinished = hidden_beside(path, f".{os.getpid()}.tmp")
    # Days of places in the east begin on the day of UTC before.
    batches = (
        (begins, lines)
        for utc_day in range(-1, days + _DAYS_AFTER)
        for begins, lines in _make_day(tables, epoch, utc_day, until, eating)
    )
    try:
        if path.suffix == SUFFIX:
            with unfinished.open("wb") as file:
                n = sum(_write(lines, file) for _, lines in batches)
                os.fsync(file.fileno())
        else:
            n = _write_folder(batches, unfinished)
            remove(path)
        unfinished.replace(path)
        sync_folder(path.absolute().parent)
    except OSError as error:
        # Those of Polars have no reason of their own.
        raise OutputError(f"{path}: expected to write events, got: {error.strerror or error}.") from None
    finally:
        remove(unfinished)
    return n


def _make_day(
    tables: Path,
    epoch: dt.datetime,
    utc_day: int,
    until: dt.datetime | None,
    eating: Mapping[str, dt.timedelta],
) -> Iterator[tuple[dt.datetime, pl.Series]]:
    """Make the events of a day of UTC, a part of the day at a time, which bounds the memory."""
    begins = epoch + utc_day * _DAY
    ends = begins + _DAY if until is None else min(begins + _DAY, until)
    found = read_day(tables, utc_day, eating)
    n_rows = sum(rows.select(pl.len()).collect().item() for rows in found)
    n_parts = 1 + n_rows // _ROWS
    for i in range(n_parts):
        first, last = (min(begins + _DAY * k / n_parts, ends) for k in (i, i + 1))
        if first < last:
            lines = make_events(found, first, last, eating)
            if len(lines):
                yield begins, lines


def _write_folder(batches: Iterable[tuple[dt.datetime, pl.Series]], folder: Path) -> int:
    """Write a file for each day that has events into a new folder; return the number of events."""
    folder.mkdir(parents=True)
    n = 0
    for day, of_day in itertools.groupby(batches, key=lambda batch: batch[0].date()):
        with (folder / f"{day}{SUFFIX}").open("wb") as file:
            n += sum(_write(lines, file) for _, lines in of_day)
            os.fsync(file.fileno())
    sync_folder(folder)
    return n


def _write(lines: pl.Series, file: IO[bytes]) -> int:
    """Write lines of JSON, which have no line breaks inside; return their number."""
    lines.to_frame().write_csv(file, include_header=False, quote_style="never")
    file.flush()
    return len(lines)
