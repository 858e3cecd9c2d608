"""Keep a second replay out, as long as the first one lives and no longer."""

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
    """Hold the lock of a file in this block; the kernel lets go of it when the process ends, however it ends.

    Where the file system knows no locks, nobody is kept out, see `try_lock`.

    Parameters
    ----------
    path
        The file; made if missing, and left there: removing it would let two processes lock two files.
    what
        What is locked, for the error.

    Raises
    ------
    OutputError
        If another replay holds it, or it can't be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise refuse_folder(what, error) from None
    try:
        if not try_lock(descriptor, path):
            raise OutputError(f"{what}: expected no other replay at work here, but one is.")
        yield
    finally:
        os.close(descriptor)
