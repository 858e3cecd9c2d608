"""Write files so that they appear whole or not at all, in folders that can be written to."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from fastgen.errors import OutputError, ScenarioError

if TYPE_CHECKING:
    from io import BufferedReader

# What mounts in user space and network file systems answer to a call that they don't have.
_NO_SUCH_CALL = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}
_PATH_MAX, NAME_MAX = 4095, 255
# Characters of a wrong text that an error shows.
_SHOWN = 60
# A path that went through pathlib has lost its second slash.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


def is_url(text: str | Path) -> bool:
    """Whether a place is a URL, such as s3://bucket/x, and no path."""
    return _URL.match(str(text)) is not None


def try_lock(descriptor: int, path: Path) -> bool:
    """Lock an open file for this process, without waiting; the kernel lets go of it when the process ends.

    Some file systems know no locks (NFS without a lock daemon, some mounts in user space). There it is taken
    for locked: to keep a second run out is a help, to refuse the only one would be none.

    Parameters
    ----------
    descriptor, path
        The file.

    Returns
    -------
    bool
        False if another process has locked it.

    Raises
    ------
    OutputError
        If it can't be said whether one has.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _NO_SUCH_CALL | {errno.ENOLCK}:
            return True
        # Some network file systems say so of a range that is locked.
        if error.errno in {errno.EWOULDBLOCK, errno.EACCES}:
            return False
        raise OutputError(f"{path}: expected to lock the file, got: {error.strerror}.") from None
    return True


def check_name(name: str | Path) -> Path:
    """Check that a text can be the path of a file or folder, there or not.

    Raises
    ------
    ScenarioError
        If it is empty or blank, longer than a file system takes, or has a null byte.
    """
    text = os.fsencode(name)
    if not text:
        raise ScenarioError("expected a path, got an empty text, as of a variable that is not set.")
    if text.isspace():
        raise ScenarioError(f"expected a path, got blanks alone, {os.fsdecode(text)!r}.")
    if b"\0" in text:
        raise ScenarioError(f"expected a path without null bytes, got {os.fsdecode(text)[:_SHOWN]!r}.")
    if len(text) > _PATH_MAX or any(len(part) > NAME_MAX for part in text.split(b"/")):
        raise ScenarioError(
            f"expected a path of at most {_PATH_MAX} bytes, {NAME_MAX} between two slashes, got {len(text)} "
            f"bytes, {os.fsdecode(text)[:_SHOWN]!r} and so on."
        )
    return Path(name)


def check_input(name: str | Path, what: str) -> Path:
    """Check that a text can be the path of something to read: `Path("")` would be the current folder.

    Parameters
    ----------
    name
        The path.
    what
        What to call it in an error.

    Raises
    ------
    ScenarioError
        As `check_name`.
    """
    try:
        return check_name(name)
    except ScenarioError as error:
        raise ScenarioError(f"{what}: {error}") from None


def check_folder(name: str | Path) -> Path:
    """Check that a folder could be written to, before any work is done; nothing is made.

    Parameters
    ----------
    name
        Folder, there or not.

    Raises
    ------
    ScenarioError
        If it is no name: empty, too long, not in UTF-8, a URL, or the root of all folders.
    OutputError
        If it, or the nearest one above that exists, is no folder or may not be written to.
    """
    try:
        folder = check_name(name)
        os.fsencode(folder).decode("utf-8")
    except UnicodeDecodeError:
        raise ScenarioError(f"output: expected a name in UTF-8, got {os.fsencode(name)!r}.") from None
    except ScenarioError as error:
        raise ScenarioError(f"output: {error}") from None
    if is_url(name):
        raise ScenarioError(f"output: expected a path of this machine, got the URL {str(name)!r}.")
    above = folder.absolute()
    while not os.path.lexists(above):  # also where a folder on the way may not be entered
        above = above.parent
    if above.is_symlink() and not above.exists():
        raise OutputError(f"{folder}: expected a folder to write to, got {kind_of(above)}, {above}.")
    if not above.is_dir():
        raise OutputError(f"{folder}: expected a folder to write to, got: Not a directory.")
    if os.path.realpath(folder) == os.path.realpath(os.sep):  # also as // or by way of links
        raise ScenarioError(
            f"output: expected a folder of its own, got {folder}, which has all others in it."
        )
    if not os.access(above, os.W_OK | os.X_OK):
        raise OutputError(f"{folder}: expected a folder to write to, got: {_why_not(above)}.")
    return folder


def kind_of(path: Path) -> str:
    """Say what is at a place."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "a link that leads back to itself"
        return "a link to nothing" if path.is_symlink() else os.strerror(error.errno or errno.EIO)
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a file" if stat.S_ISREG(mode) else "a device or a pipe"


def refuse_folder(folder: Path, error: OSError) -> OutputError:
    """Make the error for a folder that can't be made, or a lock in it; what is in its place is named."""
    place = Path(error.filename or folder)
    if isinstance(error, IsADirectoryError):
        return OutputError(f"{place}: expected a file to lock, got a folder.")
    if os.path.lexists(place) and not place.is_dir():
        return OutputError(f"{place}: expected a folder to write to, got {kind_of(place)}.")
    return OutputError(f"{folder}: expected a folder to write to, got: {error.strerror or error}.")


def _why_not(folder: Path) -> str:
    """Say why nothing can be written to a folder."""
    is_read_only = os.statvfs(folder).f_flag & os.ST_RDONLY
    return os.strerror(errno.EROFS if is_read_only else errno.EACCES)


def hidden_beside(path: Path, suffix: str) -> Path:
    """Name a file or folder that belongs to one beside it, short whatever that is called."""
    name = f".{path.name}{suffix}"
    if len(os.fsencode(name)) > NAME_MAX:
        name = f".{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]}{suffix}"
    return path.with_name(name)


def check_file(name: str | Path, what: str) -> Path:
    """Check that a file of that name could be made or replaced; nothing is made.

    Parameters
    ----------
    name
        File, there or not.
    what
        What to call it in an error.

    Raises
    ------
    ScenarioError
        If it is no name, or names a folder, a device or a pipe.
    """
    path = check_input(name, what)
    try:
        mode = path.stat().st_mode
    except OSError:
        mode = stat.S_IFREG  # not there, or not to be seen: whoever writes it will say so
    if stat.S_ISDIR(mode) or path.name in ("", ".."):
        raise ScenarioError(f"{what}: expected a file, got the folder {str(path)!r}.")
    if not stat.S_ISREG(mode):
        raise ScenarioError(f"{what}: expected a file, got {path}, which is a device or a pipe.")
    return path


def open_regular(path: Path) -> BufferedReader:
    """Open a file to read it to its end.

    Raises
    ------
    OSError
        If it can't be read, or is a device or a pipe, which may never end. A pipe that a shell has opened
        (`<(command)`) is read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe would wait for its other end
    except ValueError:
        raise OSError(errno.EINVAL, "a name with a null byte", str(path)) from None
    mode = os.fstat(descriptor).st_mode
    is_opened = stat.S_ISFIFO(mode) and os.path.realpath(path).startswith("/proc/")
    if not (stat.S_ISREG(mode) or is_opened):
        os.close(descriptor)
        what = os.strerror(errno.EISDIR) if stat.S_ISDIR(mode) else "a device or a pipe"
        raise OSError(errno.EINVAL, what, str(path))
    os.set_blocking(descriptor, True)
    return os.fdopen(descriptor, "rb")


def read_regular(path: Path) -> bytes:
    """Read a file to its end; errors as `open_regular`."""
    with open_regular(path) as file:
        return file.read()


def write_whole(path: Path, data: bytes, *, make_folder: bool = True) -> None:
    """Write bytes to a file that no reader ever sees half-written, and that survives a power cut.

    A file of that name is replaced.

    Parameters
    ----------
    path
        Where the file shall appear.
    data
        Its content.
    make_folder
        Whether missing folders are made.

    Raises
    ------
    OutputError
        If the folder can't be made or the file can't be written; nothing of it is left then.
    """
    # A leading dot: readers of a folder of data skip such names.
    temporary = hidden_beside(path, f".{os.getpid()}.tmp")
    try:
        if make_folder:
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
        sync_folder(path.parent)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{path}: expected to write {len(data)} bytes, got {reason}.") from None


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes; errors as `open_regular`."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Make new names in a folder durable, where the file system can: a name lives in the folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SUCH_CALL:
            raise
    finally:
        os.close(descriptor)
