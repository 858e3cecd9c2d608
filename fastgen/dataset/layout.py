"""Define the paths of a dataset."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from fastgen.errors import ScenarioError
from fastgen.model import dimensions

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENTS = "events.parquet"
MANIFEST = "manifest.json"
TABLES = tuple(dimensions.TABLES)
# Spark, DuckDB and Polars skip names that start with a dot when they read a folder.
WORK = ".building"
# What was run to make the orders, where a universe was.
UNIVERSE = "universe"
# The file in the work folder that an unfinished build locks.
LOCK = "lock"

# Small enough for readers to skip most of a file by time; a multiple of 8, which `digest_file` relies on.
ROW_GROUP_ROWS = 64_000


class Layout(StrEnum):
    """Form of the events: files in folders by location, or a single file."""

    HIVE = "hive"
    SINGLE = "single"


class PartitionBy(StrEnum):
    """Columns that name the folders of the hive layout."""

    LOCATION = "location_id"
    LOCATION_DAY = "location_id,day"


class Writer(StrEnum):
    """Encoder of the event files."""

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
    """Whether a path, existing or not, is a dataset's folder, one of its files, or in a folder of these."""
    # Resolved, so that a link into the dataset counts as being in it.
    there, here = (Path(os.path.realpath(path)) for path in (place, dataset))
    if there == here:
        return True
    # Other names in the folder are not of the dataset, so files may be put there.
    own = {EVENTS, MANIFEST, WORK, UNIVERSE, *map(table_path, TABLES)}
    return here in there.parents and there.relative_to(here).parts[0] in own


def check_no_part(place: Path, what: str, *, may_be_whole: bool = False) -> None:
    """Check that a place to write to is not part of any dataset, finished or being built.

    Parameters
    ----------
    place
        File or folder, which needn't exist.
    what
        Name of the option or argument, for errors.
    may_be_whole
        Whether it may be the folder of a dataset itself.

    Raises
    ------
    ScenarioError
        If it is part of a dataset; the error names both.
    """
    there = Path(os.path.realpath(place))
    for folder in _datasets_around(there):
        if is_part(there, folder) and not (may_be_whole and folder == there):
            raise _refuse_place(place, what, folder)


def check_outside(place: Path, what: str) -> None:
    """Check that a place to write to is not in the folder of any dataset, finished or being built.

    Parameters
    ----------
    place
        File or folder, which needn't exist.
    what
        Name of the option or argument, for errors.

    Raises
    ------
    ScenarioError
        If it is the folder of a dataset, or anywhere below it; the error names both.
    """
    for folder in _datasets_around(Path(os.path.realpath(place))):
        raise _refuse_place(place, what, folder)


def _datasets_around(place: Path) -> Iterator[Path]:
    """Find the datasets whose folder a resolved path is, or is in, the nearest first."""
    return filter(_holds_dataset, (place, *place.parents))


def _holds_dataset(folder: Path) -> bool:
    is_finished = (folder / MANIFEST).is_file() and os.path.lexists(folder / EVENTS)
    return is_finished or (folder / WORK / LOCK).is_file()


def _refuse_place(place: Path, what: str, dataset: Path) -> ScenarioError:
    return ScenarioError(f"{what}: expected a place apart from the dataset {dataset}, got {place}.")
