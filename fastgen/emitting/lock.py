"""Keep a second process out while the first one lives."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fastgen.errors import OutputError
from fastgen.files import refuse_folder, try_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def hold_lock(path: Path, what: Path) -> Iterator[None]:
    """Lock a file in this block; the kernel releases it when the process ends, however that happens.

    On a file system without locks, nobody is kept out; see `try_lock`.

    Parameters
    ----------
    path
        The file; made if missing, and never removed: otherwise two processes could lock two files.
    what
        What the file stands for, for the error.

    Raises
    ------
    OutputError
        If another process has locked it, or it can't be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise refuse_folder(what, error) from None
    try:
        if not try_lock(descriptor, path):
            raise OutputError(f"{what}: expected no other run at work here, but one is.")
        yield
    finally:
        os.close(descriptor)
