"""Publish tables into a folder, as Delta tables or as plain Parquet files."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from fastgen.errors import OutputError
from fastgen.files import check_folder, sync_folder, write_whole
from fastgen.publishing.parquet_files import list_files, write_files
from fastgen.publishing.publication import (
    State,
    read_state,
    refuse_changed,
    refuse_other,
    work_folder,
    write_state,
)
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
    which keeps the tables that are whole; so does one that finds files missing. With `overwrite` every table
    is made anew.

    Raises
    ------
    OutputError
        If something else is there and shall not be overwritten, another run is at work, or the disk refuses.
    """
    folder, names = check_folder(target.path), [table.name for table in tables]
    if not overwrite and _is_finished(target, names, publication):
        return ()
    with work_folder(folder / WORK) as work:
        # Another run may have ended meanwhile.
        if not overwrite and _is_finished(target, names, publication):
            return ()
        before = None if overwrite else read_state(folder)
        kept = [name for name in names if _is_whole(target, name, publication, before)]
        files = {name: sizes for name, sizes in before.files.items() if name in kept} if before else {}
        write_state(folder, State(publication, finished=False, files=files))
        to_make = [table for table in tables if table.name not in kept]
        for table in to_make:
            announce(f"writing {table.name}")
            _make(target.form, table, folder, work, publication)
            if target.form is Form.PARQUET:
                files[table.name] = list_files(folder / table.name)
            write_state(folder, State(publication, finished=False, files=files))
        for name, script in _scripts(target, names).items():
            write_whole(folder / name, script)
        write_state(folder, State(publication, finished=True, files=files))
    return tuple(table.name for table in to_make)


def _is_finished(target: Target, names: Sequence[str], publication: Publication) -> bool:
    """Whether all tables of a publication are there, every file of them, and the scripts beside them.

    Raises
    ------
    OutputError
        If others are there.
    """
    folder, state = target.path, read_state(target.path)
    if state is None or state.publication.id != publication.id:
        if state is not None or any((folder / name).exists() for name in names):
            raise refuse_other(folder, None if state is None else state.publication)
        return False
    if not state.finished:
        return False
    if target.form is Form.DELTA:
        from fastgen.publishing.delta import holds_other  # noqa: PLC0415  # an extra

        for name in names:
            if holds_other(folder / name, publication):
                raise refuse_changed(folder / name)
    if not all(_is_whole(target, name, publication, state) for name in names):
        return False
    # They state where the folder is, and it may have been moved.
    return all(_reads(folder / name, script) for name, script in _scripts(target, names).items())


def _is_whole(target: Target, name: str, publication: Publication, state: State | None) -> bool:
    """Whether a table was made by an earlier run of this publication, and every file of it is there."""
    if state is None or state.publication.id != publication.id:
        return False
    folder = target.path / name
    if target.form is Form.DELTA:
        from fastgen.publishing.delta import holds_publication  # noqa: PLC0415  # an extra

        return holds_publication(folder, publication)
    return name in state.files and list_files(folder) == state.files[name]


def _scripts(target: Target, names: Sequence[str]) -> dict[str, bytes]:
    return {
        file: view_script(engine, target.form, target.path, names).encode()
        for engine, file in VIEW_FILES.items()
    }


def _reads(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() == content
    except OSError:
        return False


def _make(form: Form, table: Table, folder: Path, work: Path, publication: Publication) -> None:
    place = folder / table.name
    try:
        if form is Form.DELTA:
            from fastgen.publishing.delta import is_table, publish_delta  # noqa: PLC0415  # an extra

            if not is_table(place):  # files of another form, or of a run that was killed
                _remove(place)
            publish_delta(table, place, publication)
            return
        write_files(table, work / table.name)
        _remove(place)
        (work / table.name).replace(place)
        sync_folder(folder)
    except OSError as error:
        raise OutputError(f"{place}: expected to write a table, got {error.strerror}.") from None


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
