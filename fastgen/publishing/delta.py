"""Commit files as one version of a Delta table."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from deltalake import CommitProperties, DeltaTable, Schema
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, create_table_with_add_actions

from fastgen.errors import OutputError
from fastgen.publishing.parquet_files import write_files

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.publishing.parquet_files import TableFile
    from fastgen.publishing.publication import Publication
    from fastgen.publishing.tables import Table

_KEY = "fastgen.publication"


def holds_publication(folder: Path, publication: Publication) -> bool:
    """Whether a table's latest version is that of a publication."""
    if not DeltaTable.is_deltatable(str(folder)):
        return False
    try:
        (latest,) = DeltaTable(str(folder)).history(1)
    except (DeltaError, ValueError):
        return False
    return bool(latest.get(_KEY) == publication.id)


def publish_delta(table: Table, folder: Path, publication: Publication) -> int:
    """Write a table's files, then make them its next and only content in one commit.

    A run that is killed before that leaves the version that was there; what it wrote is replaced by the next
    run, which takes the same names. Older versions keep their files, until a VACUUM.

    Returns
    -------
    int
        Rows.

    Raises
    ------
    OutputError
        If the disk refuses, or another writer is at work.
    """
    there = DeltaTable.is_deltatable(str(folder))
    try:
        version = DeltaTable(str(folder)).version() + 1 if there else 0
        files = write_files(table, folder, publication.id, f"-v{version}-{publication.id[:12]}")
        folder.mkdir(parents=True, exist_ok=True)
        create_table_with_add_actions(
            str(folder),
            Schema.from_arrow(table.schema),
            [_add_action(file) for file in files],
            mode="overwrite" if there else "error",
            partition_by=["location_id"] if table.by_location else None,
            description=f"fastgen dataset {publication.digest}",
            commit_properties=CommitProperties(custom_metadata={_KEY: publication.id}),
        )
    except DeltaError as error:
        reason = " ".join(str(error).split())[:200]
        raise OutputError(f"{folder}: expected to commit a Delta table, got {reason}.") from None
    return sum(file.rows for file in files)


def _add_action(file: TableFile) -> AddAction:
    values = {} if file.location_id is None else {"location_id": str(file.location_id)}
    return AddAction(file.path, file.bytes, values, 0, data_change=True, stats=json.dumps(_stats(file)))


def _stats(file: TableFile) -> dict[str, Any]:
    """Statistics by which readers skip files: the stretch of time that each holds."""
    stats: dict[str, Any] = {"numRecords": file.rows}
    for key, second in (("minValues", file.first_s), ("maxValues", file.last_s)):
        if second is not None:
            ts = dt.datetime.fromtimestamp(second, dt.UTC)
            stats[key] = {
                "ts_seconds": second,
                "ts": ts.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                "date": ts.date().isoformat(),
            }
    if file.first_s is not None:
        stats["nullCount"] = {"ts_seconds": 0, "ts": 0, "date": 0}
    return stats
