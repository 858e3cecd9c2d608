"""Name every path of a dataset."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path

EVENTS = "events.parquet"
MANIFEST = "manifest.json"
TABLES = ("locations", "brands", "brand_locations", "menus", "categories", "items")
# Readers of a folder of data skip names that start with a dot.
WORK = ".building"

ROW_GROUP_ROWS = 64_000


class Layout(StrEnum):
    """How the rows are spread over files."""

    HIVE = "hive"
    SINGLE = "single"


class PartitionBy(StrEnum):
    """What the hive layout's folders are named after."""

    LOCATION = "location_id"
    LOCATION_DAY = "location_id,day"


def part_path(location_id: int, first_day: int, last_day: int, partition_by: PartitionBy) -> str:
    """Path of a part in the hive layout, relative to the dataset."""
    folder = f"{EVENTS}/location_id={location_id}"
    if partition_by is PartitionBy.LOCATION_DAY:
        folder += f"/day={first_day}"
    return f"{folder}/part-{first_day:05d}-{last_day:05d}.parquet"


def table_path(table: str) -> str:
    """Path of a dimension table, relative to the dataset."""
    return f"{table}.parquet"


def is_part(place: Path, dataset: Path) -> bool:
    """Whether a place, there or not, is a dataset's folder, one of its files, or below its events."""
    there, here = (Path(os.path.realpath(path)) for path in (place, dataset))
    if there == here:
        return True
    own = {EVENTS, MANIFEST, WORK, *map(table_path, TABLES)}
    return here in there.parents and there.relative_to(here).parts[0] in own
