"""Define the paths of a dataset."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path

from fastgen.errors import ScenarioError
from fastgen.model import dimensions

EVENTS = "events.parquet"
MANIFEST = "manifest.json"
TABLES = tuple(dimensions.TABLES)
# Spark, DuckDB and Polars skip names that start with a dot when they read a folder.
WORK = ".building"
# In it, while a build is unfinished.
LOCK = "lock"

# Small enough for readers to skip most of a file by time; a multiple of 8, which `digest_file` relies on.
ROW_GROUP_ROWS = 64_000


class Layout(StrEnum):
    """Whether the events are one file, or many in folders by location."""

    HIVE = "hive"
    SINGLE = "single"


class PartitionBy(StrEnum):
    """Columns that name the folders of the hive layout."""

    LOCATION = "location_id"
    LOCATION_DAY = "location_id,day"


class Writer(StrEnum):
    """What encodes the event files."""

    FASTGEN = "fastgen"
    POLARS = "polars"


def part_path(location_id: int, first_day: int, last_day: int, partition_by: PartitionBy) -> str:
    """Return the path of an event file in the hive layout, relative to the dataset."""
    folder = f"{EVENTS}/location_id={location_id}"
    if partition_by is PartitionBy.LOCATION_DAY:
        folder += f"/day={first_day}"
    return f"{folder}/part-{first_day:05d}-{last_day:05d}.parquet"


def table_path(table: str) -> str:
    """Return the path of a dimension table, relative to the dataset."""
    return f"{table}.parquet"


def is_part(place: Path, dataset: Path) -> bool:
    """Whether a path, existing or not, is a dataset's folder, one of its files, or below its events."""
    # Resolved, so that a link into the dataset counts as being in it.
    there, here = (Path(os.path.realpath(path)) for path in (place, dataset))
    if there == here:
        return True
    # Other names in the folder are not of the dataset, so files may be put there.
    own = {EVENTS, MANIFEST, WORK, *map(table_path, TABLES)}
    return here in there.parents and there.relative_to(here).parts[0] in own


def check_no_part(place: Path, what: str, *, may_be_whole: bool = False) -> None:
    """Refuse a place to write to that belongs to a dataset, whichever, finished or being built.

    Parameters
    ----------
    place
        File or folder, there or not.
    what
        What to call it in an error.
    may_be_whole
        Whether it may be a dataset's folder itself.

    Raises
    ------
    ScenarioError
        If it is.
    """
    there = Path(os.path.realpath(place))
    for folder in there.parents if may_be_whole else (there, *there.parents):
        if _holds_dataset(folder) and is_part(there, folder):
            raise ScenarioError(f"{what}: expected a place apart from the dataset {folder}, got {place}.")


def _holds_dataset(folder: Path) -> bool:
    is_finished = (folder / MANIFEST).is_file() and os.path.lexists(folder / EVENTS)
    return is_finished or (folder / WORK / LOCK).is_file()
