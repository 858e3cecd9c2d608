"""Write a file so that it appears whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fastgen.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write bytes to a file that no reader ever sees half-written, and that survives a power cut.

    Missing folders are made; a file of that name is replaced.

    Parameters
    ----------
    path
        Where the file shall appear.
    data
        Its content.

    Raises
    ------
    OutputError
        If the folder can't be made or the file can't be written; nothing of it is left then.
    """
    # A leading dot: readers of a folder of data skip such names.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{path}: expected to write {len(data)} bytes, got {reason}.") from None


def _sync_folder(folder: Path) -> None:
    """Make a rename durable: the name lives in the folder, not in the file."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
