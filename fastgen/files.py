"""Check that files and folders can be written, and write files so that they appear whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from fastgen.errors import OutputError, ScenarioError
from fastgen.paths import check_input, check_name, hidden_beside, is_url

if TYPE_CHECKING:
    from io import BufferedReader

# Error numbers of network file systems and FUSE mounts for a call that they don't implement.
NO_SUCH_CALL = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}
# Bytes of the pipes of a shell, by device and inode: a pipe gives them once, and some inputs are read twice.
_piped: dict[tuple[int, int], bytes] = {}


def check_folder(name: str | Path) -> Path:
    """Check that a folder can be written to, or created, before any work is done; create nothing.

    Parameters
    ----------
    name
        Path of the folder, which needn't exist.

    Raises
    ------
    ScenarioError
        If the path is empty, too long, not UTF-8, a URL, or the root folder.
    OutputError
        If it, or its nearest parent that exists, is not a folder or not writable.
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
    while not os.path.lexists(above):  # false, not an error, below a folder without permission to enter
        above = above.parent
    if above.is_symlink() and not above.exists():
        raise OutputError(f"{folder}: expected a folder to write to, got {kind_of(above)}, {above}.")
    if not above.is_dir():
        raise OutputError(f"{folder}: expected a folder to write to, got: Not a directory.")
    if os.path.realpath(folder) == os.path.realpath(os.sep):  # also for // and for links to it
        raise ScenarioError(
            f"output: expected a folder of its own, got {folder}, which has all others in it."
        )
    if not os.access(above, os.W_OK | os.X_OK):
        raise OutputError(f"{folder}: expected a folder to write to, got: {_why_not(above)}.")
    return folder


def kind_of(path: Path) -> str:
    """Say in words what a path leads to, for an error about something else that was expected there."""
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
    """Make the error for a folder, or a lock file in it, that can't be created; it names what is there."""
    path = Path(error.filename or folder)
    if isinstance(error, IsADirectoryError):
        return OutputError(f"{path}: expected a file to lock, got a folder.")
    if os.path.lexists(path) and not path.is_dir():
        # The lock file of an earlier run, in a folder that has become read-only.
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            return OutputError(f"{path}: expected a file to lock, got: {error.strerror}.")
        return OutputError(f"{path}: expected a folder to write to, got {kind_of(path)}.")
    return OutputError(f"{folder}: expected a folder to write to, got: {error.strerror or error}.")


def _why_not(folder: Path) -> str:
    """Give the system's words for the reason why a folder is not writable."""
    is_read_only = os.statvfs(folder).f_flag & os.ST_RDONLY
    return os.strerror(errno.EROFS if is_read_only else errno.EACCES)


def check_file(name: str | Path, what: str) -> Path:
    """Check that a file can be created or replaced under a path; create nothing.

    Parameters
    ----------
    name
        Path of the file, which needn't exist.
    what
        Name of the option or argument, for errors.

    Raises
    ------
    ScenarioError
        If it is not a possible path, or the path of a folder, a device or a pipe.
    """
    path = check_input(name, what)
    try:
        mode = path.stat().st_mode
    except OSError:
        mode = stat.S_IFREG  # it doesn't exist, or isn't accessible: then the write raises the error
    if stat.S_ISDIR(mode) or path.name in ("", ".."):
        raise ScenarioError(f"{what}: expected a file, got the folder {str(path)!r}.")
    if not stat.S_ISREG(mode):
        raise ScenarioError(f"{what}: expected a file, got {path}, which is a device or a pipe.")
    return path


def check_place(path: Path, what: str = "file") -> Path:
    """Check that a file, or what it is called, can be put into the folder of its path; create nothing.

    Raises
    ------
    OutputError
        If there is no such folder, or it is not writable.
    """
    folder = path.parent
    if not folder.is_dir():
        reason = os.strerror(errno.ENOTDIR if folder.exists() else errno.ENOENT)
    elif not os.access(folder, os.W_OK | os.X_OK):
        reason = _why_not(folder)
    else:
        return path
    raise OutputError(f"{path}: expected to write the {what}, got {reason}.")


def open_regular(path: Path) -> BufferedReader:
    """Open a file to read it to its end.

    Raises
    ------
    OSError
        If it can't be read, or is a device or a pipe, which may have no end. The exception is a pipe that a
        shell has opened, `<(command)`.
    """
    try:
        # Without O_NONBLOCK, opening a named pipe waits for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
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
    """Read a whole file, or a pipe that a shell has opened, however often; errors as `open_regular`."""
    with open_regular(path) as file:
        found = os.fstat(file.fileno())
        if stat.S_ISREG(found.st_mode):
            return file.read()
        pipe = (found.st_dev, found.st_ino)
        if pipe not in _piped:
            _piped[pipe] = file.read()
        return _piped[pipe]


def write_whole(path: Path, data: bytes, *, make_folder: bool = True, name: Path | None = None) -> None:
    """Write a file that no reader ever sees half-written, and that survives a power cut.

    The bytes go into a temporary file in the same folder, are flushed to disk, and the file is renamed. An
    existing file is replaced.

    Parameters
    ----------
    path
        Path of the file.
    data
        Its content.
    make_folder
        Whether to create missing folders.
    name
        The path that an error names, where `path` will be renamed to it later; None: `path`.

    Raises
    ------
    OutputError
        If a folder can't be created or the file can't be written; no temporary file is left then.
    """
    # Readers of data folders skip names with a leading dot.
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
        raise OutputError(f"{name or path}: expected to write {len(data)} bytes, got {reason}.") from None


def remove(path: Path) -> None:
    """Remove a file or a link, or a folder with all that is in it; it needn't exist."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def hash_file(path: Path) -> str:
    """Compute the SHA-256 of a file's bytes, in hexadecimal; errors as `open_regular`."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Flush a folder to disk: a new or renamed file survives a power cut only if its folder does."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in NO_SUCH_CALL:
            raise
    finally:
        os.close(descriptor)
