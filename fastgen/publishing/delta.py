"""Publish a table as one version of a Delta table."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Schema
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, create_table_with_add_actions

from fastgen.errors import OutputError
from fastgen.publishing.parquet_files import write_files
from fastgen.records import parse_json

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.publishing.parquet_files import TableFile
    from fastgen.publishing.publication import Publication
    from fastgen.publishing.table import Table

_KEY = "fastgen.publication"


class _Version(NamedTuple):
    """Newest version of a table: its number, its columns, and the bytes of each of its files by name."""

    number: int
    columns: set[str]
    files: dict[str, int]


def can_open(folder: Path) -> bool:
    """Say whether a folder has a Delta table with a log that can be read."""
    return _read_version(folder) is not None


def has_publication(table: Table, folder: Path, publication: Publication) -> bool:
    """Say whether a table has the rows of a publication, and all its files are there."""
    version = _read_version(folder)
    # Sizes are compared, not bytes: that finds a file that was cut off without reading the table.
    return (
        version is not None
        and _is_unchanged(version, table, folder, publication)
        and all(_has_size(folder / unquote(path), size) for path, size in version.files.items())
    )


def is_unchanged(table: Table, folder: Path, publication: Publication) -> bool:
    """Say whether a table's rows are unchanged, and no column removed, since a publication was committed."""
    version = _read_version(folder)
    return version is not None and _is_unchanged(version, table, folder, publication)


def is_name_of(path: str, publication: Publication) -> bool:
    """Say whether a data file has a name that a publication gives to its files."""
    return re.search(rf"-v\d+-{publication.id[:12]}\.parquet$", path) is not None


def _read_version(folder: Path) -> _Version | None:
    """Read the newest version of a table; None if there is no table, or none that can be read."""
    try:
        delta = DeltaTable(_address(folder))
        actions = pa.table(delta.get_add_actions())
        columns = {field.name for field in delta.schema().fields}
    except (DeltaError, OSError, ValueError):
        return None
    files = zip(actions["path"].to_pylist(), actions["size_bytes"].to_pylist(), strict=True)
    return _Version(delta.version(), columns, dict(files))


def _address(folder: Path) -> str:
    """Write a folder so that deltalake, which takes a:b for a URI, reads it as a path."""
    return str(folder.absolute())


def _is_unchanged(version: _Version, table: Table, folder: Path, publication: Publication) -> bool:
    if not version.columns.issuperset(table.schema.names):
        return False
    by_log = _ask_log(folder, version.number, publication)
    if by_log is None:  # after a checkpoint, older log files may be deleted
        return all(is_name_of(path, publication) for path in version.files)
    return by_log


def _ask_log(folder: Path, version: int, publication: Publication) -> bool | None:
    """Say whether a publication made the last version that changed rows; None: the log begins later.

    The log files are read, because `DeltaTable.history` is empty if the path has a `#`, and because it names
    operations without saying whether they change rows (OPTIMIZE and SET TBLPROPERTIES don't).
    """
    # From the newest version back to the last one that changed rows.
    for number in range(version, -1, -1):
        try:
            # Delta names the log file of a version by its number, in 20 digits.
            text = (folder / "_delta_log" / f"{number:020d}.json").read_text(encoding="utf-8")
            actions = [parse_json(line) for line in text.split("\n") if line.strip()]
            ids = [action["commitInfo"].get(_KEY) for action in actions if "commitInfo" in action]
            changed = any(values.get("dataChange") for action in actions for values in action.values())
        except (OSError, ValueError, TypeError, AttributeError):  # missing, or not a Delta log
            return None
        if any(ids):
            return publication.id in ids
        if changed:
            return False
    return None


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def publish_delta(table: Table, folder: Path, publication: Publication) -> int:
    """Write a table's files, then make them the only content of its next version in one commit.

    A run that is killed before the commit leaves the version that was there. The next run replaces the files
    that it wrote, since it gives the same names. Older versions keep their files until a VACUUM.

    Returns
    -------
    int
        Number of rows.

    Raises
    ------
    OutputError
        If a file can't be written, or another writer commits at the same time.
    """
    before = _read_version(folder)
    try:
        version = 0 if before is None else before.number + 1
        files = write_files(table, folder, f"-v{version}-{publication.id[:12]}")
        folder.mkdir(parents=True, exist_ok=True)
        create_table_with_add_actions(
            _address(folder),
            Schema.from_arrow(table.schema),
            [_add_action(file) for file in files],
            mode="error" if before is None else "overwrite",
            partition_by=["location_id"] if table.by_location else None,
            description=f"fastgen dataset {publication.digest}",
            commit_properties=CommitProperties(custom_metadata={_KEY: publication.id}),
        )
    except DeltaError as error:
        reason = " ".join(str(error).split())[:200]
        raise OutputError(f"{folder}: expected to commit a Delta table, got {reason}.") from None
    return sum(file.rows for file in files)


def _add_action(file: TableFile) -> AddAction:
    # Delta has the values of partitions as text.
    values = {} if file.location_id is None else {"location_id": str(file.location_id)}
    return AddAction(file.path, file.bytes, values, 0, data_change=True, stats=json.dumps(_stats(file)))


def _stats(file: TableFile) -> dict[str, Any]:
    """Make the statistics by which readers skip files: rows, and first and last time."""
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
