"""Find the road network of a location: a user's file, else the built-in one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fastgen.errors import DataError
from fastgen.files import read_regular
from fastgen.roads.offline import builtin_codes, read_builtin
from fastgen.roads.roads_file import SUFFIX

if TYPE_CHECKING:
    from pathlib import Path


def find_network(code: str, folder: Path | None) -> tuple[bytes, str]:
    """Read a location's network.

    Parameters
    ----------
    code
        Code of the location.
    folder
        Folder of CODE.roads files, or None.

    Returns
    -------
    tuple of (bytes, str)
        Bytes of a .roads file, and what to call it.

    Raises
    ------
    DataError
        If there is neither a file nor a built-in network, or the folder can't be read.
    """
    if folder is not None:
        if not os.path.isdir(folder):  # noqa: PTH112  # no error for what can be no path
            raise DataError(f"{folder}: expected a folder of {SUFFIX} files, got none.")
        path = folder / f"{code}{SUFFIX}"
        if path.exists():
            try:
                return read_regular(path), str(path)
            except OSError as error:
                raise DataError(f"{path}: expected a readable {SUFFIX} file, got {error.strerror}.") from None
    if code in builtin_codes():
        return read_builtin(code), f"the built-in network of {code}"
    where = f"{folder / (code + SUFFIX)}, or " if folder is not None else ""
    raise DataError(
        f"location {code}: expected a road network ({where}one of the built-in "
        f"{', '.join(builtin_codes())}), got none: make one with 'fastgen roads fetch' or "
        "'fastgen roads import' and build with --roads."
    )
