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
def hold_lock(
    path: Path, what: Path, expected: str = "no other run at work here, but one is"
) -> Iterator[None]:
    """Lock a file in this block; the kernel releases it when the process ends, however that happens.

    On a file system without locks, no process is kept out; see `try_lock`.

    Parameters
    ----------
    path
        The file; made if missing. Only the process that holds the lock may remove it.
    what
        What the file stands for, for the error.
    expected
        What the error says that was expected.

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
        # A run may remove its folder, the file included, before it ends. A lock on the removed file would
        # exclude nobody.
        if not (try_lock(descriptor, path) and _is_there(descriptor, path)):
            raise OutputError(f"{what}: expected {expected}.")
        yield
    finally:
        os.close(descriptor)


def _is_there(descriptor: int, path: Path) -> bool:
    """Say whether an open file is still the one under its path."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def is_locked(path: Path) -> bool:
    """Say whether a process has locked a file; nothing is changed."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        return not try_lock(descriptor, path)
    finally:
        os.close(descriptor)
