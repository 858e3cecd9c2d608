"""Identify a publication by its dataset and its form, and record whether it is finished.

A folder of tables has a state file, `_fastgen.json` (readers skip names that start with `_`). Its state is
"publishing" from before the first table is changed until after the last one is complete, then "finished". It
lists the files of every Parquet table that is complete; Delta tables list their own. Other files are not
fastgen's.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple, Self

from fastgen.emitting.lock import hold_lock
from fastgen.errors import OutputError
from fastgen.files import check_folder, read_regular, remove, write_whole
from fastgen.records import make_record, parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from fastgen.dataset.manifest import Manifest
    from fastgen.dataset.manifest_entries import FileEntry
    from fastgen.publishing.target import Form

# To be raised when the published rows of a dataset, or their form, change.
PUBLICATION_VERSION = 1
STATE = "_fastgen.json"
_LOCK = "lock"


class Publication(NamedTuple):
    """The identity of a publication: dataset, form, and version of these rules.

    Attributes
    ----------
    id
        Hash of everything that determines the published rows and their form.
    digest, form
        The dataset's digest and the form, for messages.
    """

    id: str
    digest: str
    form: str

    @classmethod
    def of(cls, manifest: Manifest, form: Form, results: Sequence[FileEntry] = ()) -> Self:
        """Identify the publication of a dataset in a form; results: the files of its result tables."""
        # The dataset's digest doesn't cover the dimension tables.
        tables = [[entry.path, entry.sha256] for entry in manifest.tables]
        parts = [PUBLICATION_VERSION, form, manifest.digest, manifest.sequence_kind, tables]
        # Others keep the ids that they had before there were result tables.
        parts += [[[entry.path, entry.sha256] for entry in results]] if results else []
        return cls(hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32], manifest.digest, form)


class PublicationState(NamedTuple):
    """Content of the state file of a folder.

    Attributes
    ----------
    publication
        The publication in the folder.
    finished
        Whether every table is complete.
    files
        Bytes of each file, by name, of each Parquet table, by name, that is complete or is about to be moved
        into place.
    replaced
        While not finished: in the same form, the files that the run found in the places of the tables that it
        makes. It may replace them, and so may a later run that completes its work.
    """

    publication: Publication
    finished: bool
    files: Mapping[str, Mapping[str, int]]
    replaced: Mapping[str, Mapping[str, int]]


def read_publication_state(folder: Path) -> PublicationState | None:
    """Read the state file of a folder; None if there is none, or one that can't be read."""
    try:
        raw = parse_json(read_regular(folder / STATE))
        publication = make_record(Publication, {key: raw[key] for key in Publication._fields})
        # State files of the first versions have no "replaced".
        files, replaced = _read_sizes(raw["files"]), _read_sizes(raw.get("replaced", {}))
        return PublicationState(publication, raw["state"] == "finished", files, replaced)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _read_sizes(raw: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    if not all(isinstance(size, int) for sizes in raw.values() for size in sizes.values()):
        raise TypeError("expected sizes in bytes")
    return {name: dict(sizes) for name, sizes in raw.items()}


def write_publication_state(folder: Path, state: PublicationState) -> None:
    """Write the state file of a folder, complete or not at all."""
    raw = {
        "state": "finished" if state.finished else "publishing",
        **state.publication._asdict(),
        "files": state.files,
        "replaced": state.replaced,
    }
    write_whole(folder / STATE, (json.dumps(raw) + "\n").encode())


def refuse_changed(place: Path) -> OutputError:
    """Make the error for tables of this publication that have been changed since."""
    return OutputError(
        f"{place}: expected this dataset's tables as they were published, got them changed since: "
        "use --overwrite, or publish elsewhere."
    )


def refuse_other(place: Path, found: Publication | None) -> OutputError:
    """Make the error for a place with another publication, or with other tables."""
    what = "tables of another origin"
    if found is not None:
        what = f"the tables of dataset {found.digest[:16]} as {found.form}"
    return OutputError(
        f"{place}: expected a new place or this dataset's tables, got {what}: "
        "use --overwrite, or publish elsewhere."
    )


def check_scratch(folder: Path) -> None:
    """Refuse a path that can't be that of a folder for unfinished files; create nothing.

    Raises
    ------
    OutputError
        If it is a link or no folder, or its parent is not writable.
    """
    if folder.is_symlink():  # a run empties it, and would empty the folder that the link leads to
        raise OutputError(f"{folder}: expected a folder for unfinished files, got a link.")
    check_folder(folder)


@contextmanager
def scratch_folder(folder: Path) -> Iterator[Path]:
    """Make and lock a folder for unfinished files; empty it first, and remove it at the end.

    Where the file system has locks, one run at a time can open it. A run that is killed leaves it, and the
    next run empties it: unlike a build's work folder, nothing in it is reused.

    Raises
    ------
    OutputError
        If it can't be made, or another run has locked it.
    """
    made = [parent for parent in folder.parents if not os.path.lexists(parent)]
    with hold_lock(folder / _LOCK, folder.parent, "no other run that publishes here, but one does"):
        try:
            for path in folder.iterdir():
                if path.name != _LOCK:
                    remove(path)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            # A run that failed leaves no folder that it made; after one that did not, the tables are in it.
            with suppress(OSError):
                for parent in made:
                    parent.rmdir()
