"""Publish tables into a folder, as Delta tables or as plain Parquet files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fastgen.errors import OutputError
from fastgen.files import check_folder, read_regular, remove, sync_folder, write_whole
from fastgen.publishing.parquet_files import list_files, write_files
from fastgen.publishing.publication import (
    STATE,
    PublicationState,
    check_scratch,
    read_publication_state,
    refuse_changed,
    refuse_other,
    scratch_folder,
    write_publication_state,
)
from fastgen.publishing.tables import TABLE_NAMES, may_end_early
from fastgen.publishing.target import Form
from fastgen.publishing.views import VIEW_FILES, view_script

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from fastgen.publishing.publication import Publication
    from fastgen.publishing.table import Table
    from fastgen.publishing.target import Target

SCRATCH = ".publishing"


def places_of_tables(folder: Path) -> list[Path]:
    """List a folder of tables and the folders in it that a publication replaces, existing or not."""
    return [folder, folder / SCRATCH, *(folder / name for name in TABLE_NAMES)]


def check_tables_folder(target: Target, *, overwrite: bool) -> None:
    """Refuse a folder that can't take the tables of a publication; create and change nothing.

    Raises
    ------
    ScenarioError
        If the path is not possible.
    OutputError
        If something else is there and `overwrite` is not set, or nothing can be written there.
    """
    folder = check_folder(target.path)
    check_scratch(folder / SCRATCH)
    for name in (STATE, *VIEW_FILES.values()):
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            raise OutputError(f"{path}: expected a file to write, got a folder.")
    if not overwrite:
        state = read_publication_state(folder)
        if state is None and any(os.path.lexists(folder / name) for name in TABLE_NAMES):
            raise refuse_other(folder, None)
        if state is not None and state.publication.form != target.form:
            raise refuse_other(folder, state.publication)


def publish_folder(
    target: Target,
    tables: Sequence[Table],
    publication: Publication,
    announce: Callable[[str], None],
    *,
    overwrite: bool,
) -> tuple[str, ...]:
    """Publish tables, each in a folder of its name; return the names of those that were written.

    Each table appears complete, the events last. If a run is killed, or if files are missing later, the next
    run keeps the complete tables and writes the others. With `overwrite` every table is written again;
    without it, only files that are known to be fastgen's are removed.

    Raises
    ------
    OutputError
        If something else is there and `overwrite` is not set, another run publishes there, or a file can't be
        written.
    """
    folder = target.path
    if not overwrite and _is_finished(target, tables, publication):
        return ()
    with scratch_folder(folder / SCRATCH) as scratch:
        # Another run may have finished before this one got the lock.
        if not overwrite and _is_finished(target, tables, publication):
            return ()
        before = None if overwrite else read_publication_state(folder)
        to_make = [table for table in tables if not _is_whole(target, table, publication, before)]
        for table in to_make:
            if before is not None and not _may_replace(target, table, publication, before):
                raise refuse_changed(folder / table.name)
        # Before the first is removed: a later run may replace these too, if this one is killed.
        replaced = {table.name: _all_files(folder / table.name) for table in to_make}
        files = dict(before.files) if before else {}
        # A table is listed again when it is complete.
        files = {name: sizes for name, sizes in files.items() if name not in replaced}

        def save(*, finished: bool) -> None:
            state = PublicationState(publication, finished, files, {} if finished else replaced)
            write_publication_state(folder, state)

        def note(name: str, sizes: Mapping[str, int]) -> None:
            files[name] = sizes
            save(finished=False)

        save(finished=False)
        if overwrite:
            _remove_other_tables(folder, tables)
        for table in to_make:
            announce(f"writing {table.name}")
            _make(target, table, scratch, publication, note)
        for name, script in _scripts(target, tables).items():
            write_whole(folder / name, script)
        save(finished=True)
    return tuple(table.name for table in to_make)


def _remove_other_tables(folder: Path, tables: Sequence[Table]) -> None:
    """Remove tables that a dataset published here before had, and this one hasn't."""
    for name in {*TABLE_NAMES} - {table.name for table in tables}:
        remove(folder / name)


def _is_finished(target: Target, tables: Sequence[Table], publication: Publication) -> bool:
    """Say whether all tables of a publication are there, with every file, and the scripts beside them.

    Raises
    ------
    OutputError
        If other tables are there.
    """
    folder, state = target.path, read_publication_state(target.path)
    if state is None or state.publication.id != publication.id:
        if state is not None or any(os.path.lexists(folder / table.name) for table in tables):
            raise refuse_other(folder, None if state is None else state.publication)
        return False
    if not state.finished or not all(_is_whole(target, table, publication, state) for table in tables):
        return False
    # The scripts have the folder's path, and it may have been moved.
    return all(_has_content(folder / name, script) for name, script in _scripts(target, tables).items())


def _is_whole(target: Target, table: Table, publication: Publication, state: PublicationState | None) -> bool:
    """Say whether an earlier run of this publication completed a table, and all its files are there."""
    if state is None or state.publication.id != publication.id:
        return False
    place = target.path / table.name
    if target.form is Form.DELTA:
        from fastgen.publishing.delta import has_publication  # noqa: PLC0415  # an extra

        return has_publication(table, place, publication)
    return table.name in state.files and list_files(place) == state.files[table.name]


def _may_replace(target: Target, table: Table, publication: Publication, state: PublicationState) -> bool:
    """Say whether all files in a table's place are fastgen's, or were there when an `overwrite` run began."""
    place = target.path / table.name
    known = {
        *state.files.get(table.name, {}).items(),
        *state.replaced.get(table.name, {}).items(),
    }
    # Neither written by a run of this publication nor there before it.
    strange = [path for path, size in _all_files(place).items() if (path, size) not in known]
    if target.form is Form.PARQUET:
        return not strange
    from fastgen.publishing.delta import is_name_of, is_unchanged  # noqa: PLC0415  # an extra

    # A run that was killed before its commit leaves data files without a log.
    return is_unchanged(table, place, publication) or all(is_name_of(path, publication) for path in strange)


def _all_files(place: Path) -> dict[str, int]:
    """List the bytes of each file in a folder, by name; "." if the path is that of a file or a link."""
    if place.is_symlink() or place.is_file():
        return {".": place.lstat().st_size}
    files = (path for path in place.rglob("*") if path.is_symlink() or not path.is_dir())
    return {path.relative_to(place).as_posix(): path.lstat().st_size for path in files}


def _scripts(target: Target, tables: Sequence[Table]) -> dict[str, bytes]:
    instants, early = {table.name: _instants(table) for table in tables}, may_end_early(tables)
    return {
        file: view_script(engine, target.form, target.path, instants, may_end_early=early).encode()
        for engine, file in VIEW_FILES.items()
    }


def _instants(table: Table) -> list[str]:
    """Name the columns of a table that are instants in UTC."""
    return [field.name for field in table.schema if str(field.type) == "timestamp[us, tz=UTC]"]


def _has_content(path: Path, content: bytes) -> bool:
    try:
        return read_regular(path) == content
    except OSError:
        return False


def _make(
    target: Target,
    table: Table,
    scratch: Path,
    publication: Publication,
    note: Callable[[str, Mapping[str, int]], None],
) -> None:
    """Write one table in its place; `note` records the files of a Parquet table."""
    place = target.path / table.name
    try:
        if target.form is Form.DELTA:
            from fastgen.publishing.delta import can_open, publish_delta  # noqa: PLC0415  # an extra

            if not can_open(place):  # files of another form or of a killed run, or a damaged log
                remove(place)
            publish_delta(table, place, publication)
            return
        made = scratch / table.name
        write_files(table, made, named=place)
        remove(place)
        # The state must list the new files after the old ones are gone, since both may have the same sizes,
        # and before the new ones are moved: a run killed in between would leave a table that no state lists.
        note(table.name, list_files(made))
        made.replace(place)
        sync_folder(target.path)
    except OSError as error:
        raise OutputError(f"{place}: expected to write a table, got {error.strerror}.") from None
