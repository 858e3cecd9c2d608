"""Read the files of a dataset's dimension tables, and check them by the manifest."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from fastgen.errors import DamageError
from fastgen.files import read_regular

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.manifest_entries import FileEntry


def read_table_file(folder: Path, entry: FileEntry) -> bytes:
    """Read the bytes of a table's file.

    Parameters
    ----------
    folder, entry
        The dataset's folder, and the manifest's entry of the file.

    Raises
    ------
    DamageError
        If it isn't the file of the manifest.
    """
    path = folder / entry.path
    try:
        data = read_regular(path)
    except OSError as error:
        what = f"{path}: expected the file that the manifest names, got {error.strerror}."
        raise DamageError(what, folder) from None
    # Tables are small: they are hashed whole, and parsed from the same bytes.
    if hashlib.sha256(data).hexdigest() != entry.sha256:
        what = f"{path}: expected the table that the manifest states, got another or a damaged one."
        raise DamageError(what, folder)
    return data
