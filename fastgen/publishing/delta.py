"""Commit files as one version of a Delta table."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pyarrow as pa
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
# Versions that change files, and no row.
_HOUSEKEEPING = {"OPTIMIZE", "VACUUM START", "VACUUM END"}


def is_table(folder: Path) -> bool:
    """Whether a Delta table is there."""
    return bool(DeltaTable.is_deltatable(str(folder)))


def holds_publication(folder: Path, publication: Publication) -> bool:
    """Whether a table's rows are those of a publication, by its log, and every file of it is there."""
    if _origin(folder) != publication.id:
        return False
    actions = pa.table(DeltaTable(str(folder)).get_add_actions())
    files = zip(actions["path"].to_pylist(), actions["size_bytes"].to_pylist(), strict=True)
    return all(_has_size(folder / unquote(path), size) for path, size in files)


def holds_other(folder: Path, publication: Publication) -> bool:
    """Whether somebody has committed other rows to a table, after or instead of a publication's."""
    return is_table(folder) and _origin(folder) != publication.id


def _origin(folder: Path) -> str | None:
    """Id of the publication that a table's rows are of, by its log; None: of none."""
    try:
        versions = DeltaTable(str(folder)).history() if is_table(folder) else []
    except (DeltaError, ValueError):
        return None
    ids = (version.get(_KEY) for version in versions if version.get("operation") not in _HOUSEKEEPING)
    return next(ids, None)


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


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
    there = is_table(folder)
    try:
        version = DeltaTable(str(folder)).version() + 1 if there else 0
        files = write_files(table, folder, f"-v{version}-{publication.id[:12]}")
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
