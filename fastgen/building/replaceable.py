"""Decide which files of a folder a build may replace.

- Its own files: those in the manifest, and those that an unfinished run of the same build has made. While a
  dataset is being replaced, its manifest is in the work folder, so that the list survives a killed run.
- With --overwrite, also files that have the name of a dataset's file.
- All other files belong to the user, and are never touched.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from fastgen.building.receipts import (
    BUILD_FILE,
    ENDED,
    RECEIPTS,
    RUN,
    is_of_build,
    placed_by_another,
    placed_names,
)
from fastgen.dataset.layout import EVENTS, LOCK, MANIFEST, TABLES, WORK, Layout, table_path
from fastgen.dataset.manifest import Manifest, read_manifest
from fastgen.errors import DataError, OutputError
from fastgen.files import kind_of, remove
from fastgen.inputs.tables import holds_table

if TYPE_CHECKING:
    from collections.abc import Collection

    from fastgen.building.plan import BuildPlan

_PART = re.compile(rf"{re.escape(EVENTS)}/location_id=\d+(/day=\d+)?/part-\d{{5,}}-\d{{5,}}\.parquet")
_OWN = "|".join(map(re.escape, (BUILD_FILE, LOCK, MANIFEST, EVENTS, *map(table_path, TABLES))))
# Files in the work folder: finished files, receipts, runs of other processes, and temporary files of all
# these.
_OF_BUILDS = re.compile(
    rf"{_OWN}|{_PART.pattern}|{RECEIPTS}/[^/]+\.json|({RUN}|{ENDED})[0-9a-f]{{32}}/[^/]+|(.*/)?\.[^/]+\.tmp"
)
_NAMED_AT_MOST = 8  # files that an error names


def check_nothing_in_the_way(plan: BuildPlan, out: Path, *, overwrite: bool) -> None:
    """Check, before any file is made, that a build replaces no file of a user.

    Parameters
    ----------
    plan
        The plan.
    out
        Folder of the dataset.
    overwrite
        Whether the user has allowed to replace files that have the name of a dataset's file.

    Raises
    ------
    OutputError
        If a file is in the way; the error names it.
    """
    folders = [name for name in (MANIFEST, *map(table_path, TABLES)) if is_folder(out / name)]
    hive = plan.layout is Layout.HIVE
    events = [name for name in _event_names(out) if not (hive and _is_skipped(name))]
    listed = _listed(out)
    kept = folders + [name for name in events if not _may_remove(name, listed)]
    if overwrite:
        if kept:
            raise OutputError(
                f"{out}: expected only a dataset to overwrite, got {_enumerate(kept)}: "
                "move that away, or use another folder with -o."
            )
        return
    tables = [
        table_path(table)
        for table in TABLES
        if os.path.lexists(out / table_path(table)) and not holds_table(plan.dims, table, out)
    ]
    tables = [name for name in tables if name not in folders]
    own = _own_names(plan, out) if events or tables else ()
    foreign = [name for name in folders + events + tables if name not in own]
    for_good = [name for name in foreign if name in kept]
    if not foreign:
        return
    way_out = ". Use --overwrite to replace what is there, or another folder with -o."
    if for_good:  # also with --overwrite
        rest = " and use --overwrite for the rest" if len(for_good) < len(foreign) else ""
        way_out = f": move that away{rest}, or use another folder with -o."
    named = _enumerate(for_good or foreign)
    raise OutputError(f"{out}: expected no files of others in the way of the dataset, got {named}{way_out}")


def check_work_folder(out: Path) -> None:
    """Check that the work folder has only files of builds: it is removed with all its files.

    Raises
    ------
    OutputError
        If it has another file; the error names it.
    """
    work = out / WORK
    if os.path.lexists(work) and not work.is_dir():
        raise OutputError(
            f"{work}: expected a folder of an unfinished build or nothing, got {kind_of(work)}: "
            "move that away, or use another folder with -o."
        )
    names = [path.relative_to(work) for path in work.rglob("*") if path.is_symlink() or not path.is_dir()]
    foreign = sorted(f"{WORK}/{name}" for name in names if not _OF_BUILDS.fullmatch(str(name)))
    if foreign:
        raise OutputError(
            f"{out}: expected nothing but an unfinished build in {WORK}, got {_enumerate(foreign)}: "
            "move that away, or use another folder with -o."
        )


def remove_placed(plan: BuildPlan, out: Path) -> None:
    """Remove the files that an unfinished run of another build has put in place, except for equal tables."""
    if (out / MANIFEST).exists() or is_of_build(out / WORK, plan.build_id):
        return
    same = {table_path(table) for table in TABLES if holds_table(plan.dims, table, out)}
    for name in placed_by_another(out) - same:
        remove(out / name)


def remove_older(out: Path, keep: Collection[str], *, overwrite: bool) -> None:
    """Remove the event files of an older dataset, and the folders that they leave empty.

    Parameters
    ----------
    out
        Folder of the dataset, its manifest moved into the work folder.
    keep
        Event files that stay.
    overwrite
        Whether to remove all files that have the name of a dataset's event file; else only those that the
        manifest lists.
    """
    listed = _listed(out)
    for name in _event_names(out):
        if name not in keep and (_may_remove(name, listed) if overwrite else name in (listed or ())):
            (out / name).unlink()
    if not is_folder(out / EVENTS):
        return
    for folder, _, _ in os.walk(out / EVENTS, topdown=False):  # innermost folders first
        with contextlib.suppress(OSError):  # not empty: something to keep is in it
            Path(folder).rmdir()


def _own_names(plan: BuildPlan, out: Path) -> set[str]:
    """List this build's own files: those in its manifest, and those that an unfinished run put in place."""
    if (out / MANIFEST).exists() or is_of_build(out / WORK, plan.build_id):
        return (_listed(out) or set()) | placed_names(plan, out)
    return placed_by_another(out)


def _listed(out: Path) -> set[str] | None:
    """List the files in the manifest of the dataset, or of the one being replaced; None if there is none."""
    for folder in (out, out / WORK):
        with contextlib.suppress(DataError):  # no manifest here, or one that can't be read
            manifest: Manifest = read_manifest(folder, with_days=False)
            return {entry.path for entry in (*manifest.files, *manifest.tables)}
    return None


def _may_remove(name: str, listed: set[str] | None) -> bool:
    """Say whether --overwrite may remove an event file. Of a link, only the link itself is removed."""
    if listed is None:  # not a dataset of fastgen: another writer's file names count too
        return name == EVENTS or name.endswith(".parquet") or _is_skipped(name)
    return name == EVENTS or name in listed or _PART.fullmatch(name) is not None


def _event_names(out: Path) -> list[str]:
    """List the files at the path of the events: that file itself, or all files and links in that folder."""
    events = out / EVENTS
    if not is_folder(events):
        return [EVENTS] if os.path.lexists(events) else []
    names = []
    for folder, folders, files in os.walk(events):
        below = Path(folder).relative_to(out)
        links = [name for name in folders if Path(folder, name).is_symlink()]
        names += [str(below / name) for name in (*files, *links)]
    return sorted(names)


def is_folder(path: Path) -> bool:
    """Whether a path is a folder, and no link to one."""
    return path.is_dir() and not path.is_symlink()


def _is_skipped(name: str) -> bool:
    """Say whether readers of data folders skip a file by its name, as Hadoop began to do."""
    return Path(name).name.startswith((".", "_"))


def _enumerate(names: list[str]) -> str:
    more = len(names) - _NAMED_AT_MOST
    return ", ".join(names[:_NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
