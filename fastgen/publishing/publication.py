"""Know a publication by the dataset that it holds, and whether it is finished.

A folder of tables has the file `_fastgen.json` (readers skip such names): it says "publishing" from before
the first table is touched until after the last one is whole, then "finished".
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, Self

from fastgen.errors import OutputError
from fastgen.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastgen.dataset.manifest import Manifest

# Raised when what is published of one dataset changes.
PUBLICATION_VERSION = 1
STATE = "_fastgen.json"
_LOCK = "lock"


class Publication(NamedTuple):
    """Which dataset is published, and from which version of these rules.

    Attributes
    ----------
    id
        Hash of all that decides the published rows.
    digest
        The dataset's digest, for people.
    finished
        Whether every table is whole.
    """

    id: str
    digest: str
    finished: bool = False

    @classmethod
    def of(cls, manifest: Manifest) -> Self:
        """Name the publication of a dataset."""
        tables = [[entry.path, entry.sha256] for entry in manifest.tables]
        parts = [PUBLICATION_VERSION, manifest.digest, manifest.sequence_kind, tables]
        return cls(hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32], manifest.digest)


def read_state(folder: Path) -> Publication | None:
    """Read what a folder says of its publication; None where it says nothing that can be understood."""
    try:
        raw = json.loads((folder / STATE).read_text(encoding="utf-8"))
        return Publication(str(raw["id"]), str(raw["digest"]), raw["state"] == "finished")
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_state(folder: Path, publication: Publication) -> None:
    """Write it, whole or not at all."""
    state = "finished" if publication.finished else "publishing"
    raw = {"state": state, "digest": publication.digest, "id": publication.id}
    write_whole(folder / STATE, (json.dumps(raw) + "\n").encode())


def refuse_other(place: Path, found: Publication | None) -> OutputError:
    """Make the error for a place that holds something else."""
    what = "tables of another origin" if found is None else f"the tables of dataset {found.digest[:16]}"
    return OutputError(
        f"{place}: expected a new place or this dataset's tables, got {what}: "
        "use --overwrite, or publish elsewhere."
    )


@contextmanager
def work_folder(place: Path) -> Iterator[Path]:
    """Open a folder for half-made files beside or in a place, for one run at a time; removed at the end.

    After a kill it is left, and the next run empties it.

    Raises
    ------
    OutputError
        If it can't be made, or another run is at work in it.
    """
    try:
        place.mkdir(parents=True, exist_ok=True)
        lock = os.open(place / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise OutputError(f"{place.parent}: expected a folder to write to, got: {error.strerror}.") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # A run that ends removes the folder: a lock on what is gone would keep nobody out.
            alone = os.path.samestat(os.fstat(lock), (place / _LOCK).stat())
        except OSError:
            alone = False
        if not alone:
            raise OutputError(f"{place.parent}: expected no other run that publishes here, but one does.")
        try:
            _remove_content(place)
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)
    finally:
        os.close(lock)


def _remove_content(place: Path) -> None:
    for path in place.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != _LOCK:
            path.unlink()
