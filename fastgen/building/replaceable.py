"""Know what in a folder a build may replace: its own, and with --overwrite what is a dataset's by its name.

A build's own is what a manifest lists, and what an unfinished run of the same build has left. While a dataset
is being replaced its manifest lies in the work folder, so that a killed run still knows what is whose. All
else is a user's: it is not touched without --overwrite, and what no dataset has not even with it.
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
    remove,
)
from fastgen.dataset.layout import EVENTS, LOCK, MANIFEST, TABLES, WORK, Layout, table_path
from fastgen.dataset.manifest import Manifest, read_manifest
from fastgen.errors import DataError, OutputError
from fastgen.files import kind_of
from fastgen.inputs.tables import holds_table

if TYPE_CHECKING:
    from collections.abc import Collection

    from fastgen.building.plan import BuildPlan

_PART = re.compile(rf"{re.escape(EVENTS)}/location_id=\d+(/day=\d+)?/part-\d{{5,}}-\d{{5,}}\.parquet")
_OWN = "|".join(map(re.escape, (BUILD_FILE, LOCK, MANIFEST, EVENTS, *map(table_path, TABLES))))
# In the work folder, also half-written: files that a build makes, receipts, and runs of other processes.
_OF_BUILDS = re.compile(
    rf"{_OWN}|{_PART.pattern}|{RECEIPTS}/[^/]+\.json|({RUN}|{ENDED})[0-9a-f]{{32}}/[^/]+|(.*/)?\.[^/]+\.tmp"
)
_NAMED_AT_MOST = 8


def check_nothing_in_the_way(plan: BuildPlan, out: Path, *, overwrite: bool) -> None:
    """Check, before anything is made, that a build replaces nothing of a user's.

    Parameters
    ----------
    plan
        The plan.
    out
        Folder of the dataset.
    overwrite
        Whether the user wants what is there replaced.

    Raises
    ------
    OutputError
        If something is in the way; it is named.
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
    """Check that in the work folder is nothing but what builds put there.

    Raises
    ------
    OutputError
        If there is; it is named.
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
    """Remove what an unfinished run of another build has put in place, but tables that say the same."""
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
        Whether all may go that is a dataset's by its name, not only what the manifest lists.
    """
    listed = _listed(out)
    for name in _event_names(out):
        if name not in keep and (_may_remove(name, listed) if overwrite else name in (listed or ())):
            (out / name).unlink()
    if not is_folder(out / EVENTS):
        return
    for folder, _, _ in os.walk(out / EVENTS, topdown=False):
        with contextlib.suppress(OSError):  # not empty: something to keep is in it
            Path(folder).rmdir()


def _own_names(plan: BuildPlan, out: Path) -> set[str]:
    """Names of what a manifest of this very build lists, or what an unfinished run has put in place."""
    if (out / MANIFEST).exists() or is_of_build(out / WORK, plan.build_id):
        return (_listed(out) or set()) | placed_names(plan, out)
    return placed_by_another(out)


def _listed(out: Path) -> set[str] | None:
    """Names in the dataset's manifest, or in that of the dataset being replaced; None: there is none."""
    for folder in (out, out / WORK):
        with contextlib.suppress(DataError):
            manifest: Manifest = read_manifest(folder, with_days=False)
            return {entry.path for entry in (*manifest.files, *manifest.tables)}
    return None


def _may_remove(name: str, listed: set[str] | None) -> bool:
    """Whether an event file may go with --overwrite; links go, never what they point to."""
    if listed is None:  # whatever wrote it
        return name == EVENTS or name.endswith(".parquet") or _is_skipped(name)
    return name == EVENTS or name in listed or _PART.fullmatch(name) is not None


def _event_names(out: Path) -> list[str]:
    """List what is at the events' place: one file, or all files and links below a folder."""
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
    """Whether readers of a folder of data skip a file, by the convention of Hadoop."""
    return Path(name).name.startswith((".", "_"))


def _enumerate(names: list[str]) -> str:
    more = len(names) - _NAMED_AT_MOST
    return ", ".join(names[:_NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
