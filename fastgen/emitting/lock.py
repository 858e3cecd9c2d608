"""Keep a second process out while the first one lives."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fastgen.errors import OutputError
from fastgen.files import NO_SUCH_CALL, refuse_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What the error about a lock that is taken says, unless the caller has other words.
_EXPECTED = "no other run at work here, but one is"


@contextmanager
def hold_lock(path: Path, what: Path, expected: str = _EXPECTED) -> Iterator[None]:
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


def check_free(path: Path, what: Path) -> None:
    """Raise the error of `hold_lock` if another process has locked a file; nothing is changed."""
    if is_locked(path):
        raise OutputError(f"{what}: expected {_EXPECTED}.")


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


def try_lock(descriptor: int, path: Path) -> bool:
    """Lock an open file for this process, without waiting; the lock ends with the process.

    Some file systems have no locks (NFS without a lock daemon, some FUSE mounts). There the lock counts as
    taken: the run goes on without protection against a second one, rather than not at all.

    Parameters
    ----------
    descriptor, path
        The open file, and its name for errors.

    Returns
    -------
    bool
        False if another process has the lock.

    Raises
    ------
    OutputError
        If the file system fails in another way.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in NO_SUCH_CALL | {errno.ENOLCK}:
            return True
        # POSIX allows both for a file that another process has locked; some network file systems use EACCES.
        if error.errno in {errno.EWOULDBLOCK, errno.EACCES}:
            return False
        raise OutputError(f"{path}: expected to lock the file, got: {error.strerror}.") from None
    return True
