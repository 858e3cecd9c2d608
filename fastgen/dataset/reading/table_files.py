"""Read the files of a dataset's dimension tables, held against its manifest."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from fastgen.errors import DamageError
from fastgen.files import read_regular

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.manifest_entries import FileEntry


def read_table_file(folder: Path, entry: FileEntry) -> bytes:
    """Read a table's file.

    Parameters
    ----------
    folder, entry
        The dataset's folder, and the file as its manifest states it.

    Raises
    ------
    DamageError
        If it is not the file that the manifest states.
    """
    path = folder / entry.path
    try:
        data = read_regular(path)
    except OSError as error:
        what = f"{path}: expected the file that the manifest names, got {error.strerror}."
        raise DamageError(what, folder) from None
    if hashlib.sha256(data).hexdigest() != entry.sha256:
        what = f"{path}: expected the table that the manifest states, got another or a damaged one."
        raise DamageError(what, folder)
    return data
