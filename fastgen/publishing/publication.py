"""Know a publication by the dataset that it holds and its form, and whether it is finished.

A folder of tables has the file `_fastgen.json` (readers skip such names): it says "publishing" from before
the first table is touched until after the last one is whole, then "finished", and lists the files of every
Parquet table that is whole. Delta tables list their own. What it doesn't list is somebody else's.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple, Self

from fastgen.errors import OutputError
from fastgen.files import read_regular, refuse_folder, try_lock, write_whole
from fastgen.records import make_record, parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from fastgen.dataset.manifest import Manifest
    from fastgen.publishing.target import Form

# Raised when what is published of one dataset changes.
PUBLICATION_VERSION = 1
STATE = "_fastgen.json"
_LOCK = "lock"


class Publication(NamedTuple):
    """Which dataset is published, as what, and from which version of these rules.

    Attributes
    ----------
    id
        Hash of all that decides the published rows and their form.
    digest, form
        The dataset's digest and the form, for people.
    """

    id: str
    digest: str
    form: str

    @classmethod
    def of(cls, manifest: Manifest, form: Form) -> Self:
        """Name the publication of a dataset in a form."""
        tables = [[entry.path, entry.sha256] for entry in manifest.tables]
        parts = [PUBLICATION_VERSION, form, manifest.digest, manifest.sequence_kind, tables]
        return cls(hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32], manifest.digest, form)


class PublicationState(NamedTuple):
    """What a folder says of the publication in it.

    Attributes
    ----------
    publication
        Which it is.
    finished
        Whether every table is whole.
    files
        For each Parquet table that is whole, or is about to take its place, by name, the bytes of each of its
        files, by name.
    replaced
        While not finished: the files that were in the places of the tables to make when the run began; it may
        replace them, and so may the run that ends its work.
    """

    publication: Publication
    finished: bool
    files: Mapping[str, Mapping[str, int]]
    replaced: Mapping[str, Mapping[str, int]]


def read_publication_state(folder: Path) -> PublicationState | None:
    """Read what a folder says of its publication; None where it says nothing that can be understood."""
    try:
        raw = parse_json(read_regular(folder / STATE))
        publication = make_record(Publication, {key: raw[key] for key in Publication._fields})
        # The first states had no "replaced".
        files, replaced = _read_sizes(raw["files"]), _read_sizes(raw.get("replaced", {}))
        return PublicationState(publication, raw["state"] == "finished", files, replaced)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _read_sizes(raw: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    if not all(isinstance(size, int) for sizes in raw.values() for size in sizes.values()):
        raise TypeError("expected sizes in bytes")
    return {name: dict(sizes) for name, sizes in raw.items()}


def write_publication_state(folder: Path, state: PublicationState) -> None:
    """Write it, whole or not at all."""
    raw = {
        "state": "finished" if state.finished else "publishing",
        **state.publication._asdict(),
        "files": state.files,
        "replaced": state.replaced,
    }
    write_whole(folder / STATE, (json.dumps(raw) + "\n").encode())


def refuse_changed(place: Path) -> OutputError:
    """Make the error for tables of this publication that somebody has changed since."""
    return OutputError(
        f"{place}: expected this dataset's tables as they were published, got them changed since: "
        "use --overwrite, or publish elsewhere."
    )


def refuse_other(place: Path, found: Publication | None) -> OutputError:
    """Make the error for a place that holds something else."""
    what = "tables of another origin"
    if found is not None:
        what = f"the tables of dataset {found.digest[:16]} as {found.form}"
    return OutputError(
        f"{place}: expected a new place or this dataset's tables, got {what}: "
        "use --overwrite, or publish elsewhere."
    )


@contextmanager
def scratch_folder(place: Path) -> Iterator[Path]:
    """Open a folder for half-made files beside or in a place; removed at the end.

    It is for one run at a time, where the file system knows locks.

    After a kill it is left, and the next run empties it.

    Raises
    ------
    OutputError
        If it can't be made, or another run is at work in it.
    """
    made = [folder for folder in place.parents if not os.path.lexists(folder)]
    try:
        place.mkdir(parents=True, exist_ok=True)
        lock = os.open(place / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise refuse_folder(place.parent, error) from None
    try:
        # A run that ends removes the folder: a lock on what is gone would keep nobody out.
        if not (try_lock(lock, place / _LOCK) and _is_there(lock, place / _LOCK)):
            raise OutputError(f"{place.parent}: expected no other run that publishes here, but one does.")
        try:
            _remove_content(place)
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)
            with suppress(OSError):  # what came of the run is in it
                for folder in made:
                    folder.rmdir()
    finally:
        os.close(lock)


def _is_there(descriptor: int, path: Path) -> bool:
    """Whether an open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _remove_content(place: Path) -> None:
    for path in place.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != _LOCK:
            path.unlink()
