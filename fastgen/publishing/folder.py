"""Publish tables into a folder, as Delta tables or as plain Parquet files."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from fastgen.errors import OutputError
from fastgen.files import check_folder, sync_folder, write_whole
from fastgen.publishing.parquet_files import files_mark, write_files
from fastgen.publishing.publication import read_state, refuse_other, work_folder, write_state
from fastgen.publishing.target import Form
from fastgen.publishing.views import VIEW_FILES, view_script

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fastgen.publishing.publication import Publication
    from fastgen.publishing.tables import Table
    from fastgen.publishing.target import Target

WORK = ".publishing"


def publish_folder(
    target: Target,
    tables: Sequence[Table],
    publication: Publication,
    announce: Callable[[str], None],
    *,
    overwrite: bool,
) -> tuple[str, ...]:
    """Publish tables, each in a folder of its name; return the names of those made now.

    Tables appear whole, one after another, the events last. A run that is killed is finished by the next one,
    which keeps the tables that are whole.

    Raises
    ------
    OutputError
        If something else is there and shall not be overwritten, another run is at work, or the disk refuses.
    """
    folder, names = check_folder(target.path), [table.name for table in tables]
    if _is_finished(folder, names, publication, overwrite=overwrite):
        return ()
    with work_folder(folder / WORK) as work:
        # Another run may have ended meanwhile.
        if _is_finished(folder, names, publication, overwrite=overwrite):
            return ()
        write_state(folder, publication)
        to_make = [t for t in tables if not _is_whole(target.form, folder / t.name, publication)]
        for table in to_make:
            announce(f"writing {table.name}")
            _make(target.form, table, folder, work, publication)
        for engine, name in VIEW_FILES.items():
            write_whole(folder / name, view_script(engine, target.form, folder, names).encode())
        write_state(folder, publication._replace(finished=True))
    return tuple(table.name for table in to_make)


def _is_finished(folder: Path, names: Sequence[str], publication: Publication, *, overwrite: bool) -> bool:
    """Whether all tables of a publication are there.

    Raises
    ------
    OutputError
        If others are, and shall not be overwritten.
    """
    state, there = read_state(folder), [(folder / name).exists() for name in names]
    if state is not None and state.id == publication.id:
        return state.finished and all(there)
    if not overwrite and (state is not None or any(there)):
        raise refuse_other(folder, state)
    return False


def _is_whole(form: Form, folder: Path, publication: Publication) -> bool:
    """Whether a table was made by an earlier run of this publication."""
    if form is Form.DELTA:
        from fastgen.publishing.delta import holds_publication  # noqa: PLC0415  # an extra

        return holds_publication(folder, publication)
    return files_mark(folder) == publication.id


def _make(form: Form, table: Table, folder: Path, work: Path, publication: Publication) -> None:
    if form is Form.DELTA:
        from fastgen.publishing.delta import publish_delta  # noqa: PLC0415  # an extra

        publish_delta(table, folder / table.name, publication)
        return
    write_files(table, work / table.name, publication.id)
    try:
        _remove(folder / table.name)
        (work / table.name).replace(folder / table.name)
        sync_folder(folder)
    except OSError as error:
        raise OutputError(
            f"{folder / table.name}: expected to write a table, got {error.strerror}."
        ) from None


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
