"""Publish tables and views as one DuckDB file, which appears complete or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from fastgen.errors import FastgenError, OutputError, ScenarioError
from fastgen.files import check_file, check_folder, sync_folder
from fastgen.paths import check_name, hidden_beside
from fastgen.publishing.publication import (
    Publication,
    check_scratch,
    refuse_changed,
    refuse_other,
    scratch_folder,
)
from fastgen.publishing.tables import may_end_early
from fastgen.publishing.target import Form
from fastgen.publishing.views import load_views, view_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from fastgen.publishing.table import Table

# A table in the file that identifies the publication.
_MAKE_STATE = "CREATE TABLE fastgen_publication AS SELECT ?::VARCHAR AS id, ?::VARCHAR AS digest"
_READ_STATE = "SELECT id, digest FROM fastgen_publication"
_READ_NAMES = "SELECT table_name FROM information_schema.tables"
# By default DuckDB uses up to 80 % of the machine's memory.
_MEMORY_LIMIT = "512MB"


def places_of_file(path: Path) -> list[Path]:
    """List the files and folders that the publication of a DuckDB file writes, existing or not."""
    if not path.name:  # a folder such as "." or "/", which is no file in any case
        return [path]
    return [path, _log_of(path), _scratch_of(path)]


def check_duckdb_file(path: Path, *, overwrite: bool) -> None:
    """Refuse a path that can't be that of a published DuckDB file; create and change nothing.

    Raises
    ------
    ScenarioError
        If the path is not possible.
    OutputError
        If something else is there and `overwrite` is not set, a process writes to the file, or nothing can be
        written there.
    """
    check_folder(check_file(path, "to").parent)
    wal = _log_of(path)
    try:
        check_name(wal)
    except ScenarioError:
        n_bytes = len(os.fsencode(path.name))
        raise ScenarioError(
            f"to: expected a path that is short enough for the file that DuckDB writes beside it, {path.name}"
            f".wal: a name of at most 251 bytes, got {n_bytes}."
        ) from None
    check_file(wal, "to")
    check_scratch(_scratch_of(path))
    found, _ = _read_publication(path)  # raises if a process writes to it
    if overwrite:
        return
    if path.exists() and found is None:
        raise refuse_other(path, None)
    if wal.exists() and not path.exists():
        raise refuse_other(wal, None)


def _log_of(path: Path) -> Path:
    """Name the file in which DuckDB keeps changes until they are in the database."""
    return path.with_name(f"{path.name}.wal")


def _scratch_of(path: Path) -> Path:
    return hidden_beside(path, ".publishing")


def _address(path: Path) -> str:
    """Write a path so that DuckDB reads it as one: it takes sqlite:x for a file of another engine."""
    return str(path.absolute())


def publish_duckdb(
    path: Path,
    tables: Sequence[Table],
    publication: Publication,
    announce: Callable[[str], None],
    *,
    overwrite: bool,
) -> tuple[str, ...]:
    """Write all tables and views into a new file, then rename it; return the names of the tables.

    A file that another process has open for writing is not replaced: what that process writes would be lost.
    A process that reads keeps the old file until it closes it.

    Raises
    ------
    OutputError
        If something else is there and `overwrite` is not set, another run publishes there, or the file can't
        be written.
    """
    names = {*(table.name for table in tables), *view_names(may_end_early=may_end_early(tables))}
    if not overwrite and _is_finished(path, names, publication):
        return ()
    wal = _log_of(path)
    with scratch_folder(_scratch_of(path)) as scratch:
        # Another run may have finished before this one got the lock.
        if not overwrite and _is_finished(path, names, publication):
            return ()
        made, failed = scratch / "new.duckdb", list[FastgenError]()
        try:
            _fill(made, scratch, tables, publication, announce, failed)
            _read_publication(path)  # again, since writing the tables took a while
            wal.unlink(missing_ok=True)
            made.replace(path)
            sync_folder(path.parent)
        except (duckdb.Error, OSError) as error:
            if failed:  # the dataset is damaged, which DuckDB reports as its own error
                raise failed[0] from None
            reason = " ".join(str(error).split())[:200]
            raise OutputError(f"{path}: expected to write a DuckDB file, got {reason}.") from None
    return tuple(table.name for table in tables)


def _is_finished(path: Path, names: set[str], publication: Publication) -> bool:
    """Say whether a file has a publication, with every table and view.

    Raises
    ------
    OutputError
        If the file has something else.
    """
    if not path.exists():
        return False
    found, there = _read_publication(path)
    if found is None or found.id != publication.id:
        raise refuse_other(path, found)
    if not names <= there:
        raise refuse_changed(path)
    return True


def _fill(
    made: Path,
    scratch: Path,
    tables: Sequence[Table],
    publication: Publication,
    announce: Callable[[str], None],
    failed: list[FastgenError],
) -> None:
    """Write all tables and views into a new database; errors of the dataset are added to `failed`."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": _MEMORY_LIMIT,
        "temp_directory": _address(scratch / "spill"),
    }
    with duckdb.connect(_address(made), config=config) as connection:
        for table in tables:
            announce(f"writing {table.name}")
            connection.register("incoming", _without_zone(table, failed))
            connection.execute(f"CREATE TABLE {table.name} AS FROM incoming")
            connection.unregister("incoming")
        for name, select in load_views(may_end_early=may_end_early(tables)).items():
            connection.execute(f"CREATE VIEW {name} AS {select}")
        connection.execute(_MAKE_STATE, [publication.id, publication.digest])
        connection.execute("CHECKPOINT")


def _without_zone(table: Table, failed: list[FastgenError]) -> pa.RecordBatchReader:
    """Stream a table, with times as TIMESTAMP without a zone, which every session shows alike.

    DuckDB hides an error of the stream behind one of its own, so it is also added to `failed`.
    """
    naive = pa.timestamp("us")
    schema = pa.schema([f.with_type(naive) if pa.types.is_timestamp(f.type) else f for f in table.schema])

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            for batch in table.batches():
                columns = [c.cast(f.type) for c, f in zip(batch.columns, schema, strict=True)]
                yield pa.RecordBatch.from_arrays(columns, schema=schema)
        except FastgenError as error:
            failed.append(error)
            raise

    return pa.RecordBatchReader.from_batches(schema, batches())


def _read_publication(path: Path) -> tuple[Publication | None, set[str]]:
    """Read the publication in a DuckDB file, None if it has none, and the names of its tables and views.

    Raises
    ------
    OutputError
        If a process has it open for writing.
    """
    if not path.exists():
        return None, set()
    try:
        with duckdb.connect(_address(path), read_only=True) as connection:
            row = connection.execute(_READ_STATE).fetchone()
            names = {name for (name,) in connection.execute(_READ_NAMES).fetchall()}
    except duckdb.IOException as error:
        # DuckDB has no class of error for this; what else can't be opened is no publication.
        if "Could not set lock" in str(error):
            raise _in_use(path, "a process does") from None
        return None, set()
    except duckdb.ConnectionException:  # this process has it open with other options
        raise _in_use(path, "this process has it open") from None
    except duckdb.Error:
        return None, set()
    return (None if row is None else Publication(row[0], row[1], Form.DUCKDB)), names


def _in_use(path: Path, who: str) -> OutputError:
    return OutputError(f"{path}: expected a file that nobody writes to, but {who}: close it, then try again.")
