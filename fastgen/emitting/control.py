"""Find the control folder of a folder: for state, lock and staged files, away from the folder's readers.

Many readers take every file below a folder, whatever its name (Polars, DuckDB with `landing/**`). So the
control folder of `landing` is beside it, `.landing.fastgen`, on the same file system: a rename moves a file
from there into the folder. If nothing can be put beside a folder, such as a mount point, the control folder
is inside it, `landing/_fastgen`, as it is with the folders of older replays.

Both folders carry the same name, which binds them: the control folder has it in a file; the folder itself has
an empty folder of that name, in which readers find no file. With a control folder inside, the file is enough.
Staged files end in `.staged`, so that a pattern over the folders above, such as `**/*.jsonl`, doesn't match
them.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fastgen.errors import DataError
from fastgen.files import sync_folder, write_whole
from fastgen.paths import NAME_MAX

if TYPE_CHECKING:
    from collections.abc import Iterable

INSIDE = "_fastgen"
_SUFFIX = ".fastgen"
_NAME_FILE = "folder.id"
_MARK = ".fastgen-"
_STATE, _LOCK, _STAGING, _STAGED = "state.json", "lock", "staging", ".staged"
# Most bytes that are read of the file of a name; it has 33.
_ID_MAX = 100


@dataclass(frozen=True)
class Control:
    """A folder and its control folder.

    Attributes
    ----------
    folder
        The folder, which is for readers.
    path
        The control folder, which is not.
    """

    folder: Path
    path: Path

    @property
    def is_inside(self) -> bool:
        """Whether the control folder is inside the folder, so that readers have to leave it out."""
        return self.path.name == INSIDE

    @property
    def state(self) -> Path:
        """State file, unless the user names another one."""
        return self.path / _STATE

    @property
    def lock(self) -> Path:
        """File that a running process has locked."""
        return self.path / _LOCK

    @property
    def staging(self) -> Path:
        """Folder of the files that readers may not see yet."""
        return self.path / _STAGING

    def staged(self, name: str) -> Path:
        """Path of a file while it is staged."""
        # Inside a folder there is no ending: older replays had none, and their staged files are still found.
        return self.staging / (name if self.is_inside else f"{name}{_STAGED}")

    def are_staged(self, names: Iterable[str]) -> bool:
        """Whether all of these files are in staging."""
        return all(self.staged(name).exists() for name in names)

    def names(self) -> set[str]:
        """Collect the names that the two folders carry: none, one if they belong together, or more.

        Raises
        ------
        DataError
            If the file of the name is damaged.
        """
        name = _read_name(self.path / _NAME_FILE)
        # More than one, if somebody has copied the contents of another such folder into this one.
        marks = {path.name.removeprefix(_MARK) for path in self.folder.glob(f"{_MARK}*")}
        return marks | (set() if name is None else {name})

    def missing(self, name: str) -> Path | None:
        """Find the file or folder that should carry the name and is missing; None: both are there."""
        if _read_name(self.path / _NAME_FILE) is None:
            return self.path / _NAME_FILE
        return None if self.is_inside or self._mark(name).exists() else self._mark(name)

    def bind(self, name: str) -> None:
        """Give both folders the name, unless they have it."""
        if _read_name(self.path / _NAME_FILE) is None:
            write_whole(self.path / _NAME_FILE, f"{name}\n".encode())
        if self.missing(name):
            self._mark(name).mkdir()
            sync_folder(self.folder)

    def _mark(self, name: str) -> Path:
        return self.folder / f"{_MARK}{name}"


def find_control(folder: Path) -> Control:
    """Find the control folder of a folder; if there is none yet, choose its place.

    Parameters
    ----------
    folder
        The folder; it need not exist.
    """
    inside = folder / INSIDE
    # A folder has one control folder, whichever path or link names it.
    is_plain = folder.name not in ("", "..") and not folder.is_symlink()
    place = folder if is_plain else folder.resolve()
    beside = place.with_name(f".{place.name}{_SUFFIX}")
    # One that exists is used, even a link that leads nowhere: a second one would lack the state.
    if os.path.lexists(inside):
        return Control(folder, inside)
    if os.path.lexists(beside) or _can_be_beside(place, beside):
        return Control(folder, beside)
    return Control(folder, inside)


def _can_be_beside(place: Path, beside: Path) -> bool:
    """Whether the control folder can be beside a folder, so that files can be renamed from it."""
    if len(os.fsencode(beside.name)) > NAME_MAX:
        return False
    if not place.exists():
        return True  # both will be made on one file system
    try:
        return os.access(place.parent, os.W_OK | os.X_OK) and _mount_of(place) == _mount_of(place.parent)
    except OSError:  # one of them may not be read
        return False


def _mount_of(folder: Path) -> tuple[int, str]:
    """Find the device of a folder and, if the system tells it, the id of its mount."""
    # The device alone doesn't decide: a rename between two mounts of one device fails.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        lines = Path(f"/proc/self/fdinfo/{descriptor}").read_text(encoding="ascii").splitlines()
        mounts = [line for line in lines if line.startswith("mnt_id:")]
    except OSError:
        mounts = []
    finally:
        device = os.fstat(descriptor).st_dev
        os.close(descriptor)
    return device, "".join(mounts)


def _read_name(path: Path) -> str | None:
    """Read the name of a folder from its file, None if there is no such file."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise DataError(f"{path}: expected the file of a folder's name, got no regular file.")
        with path.open("rb") as file:
            raw = file.read(_ID_MAX + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"{path}: expected the file of a folder's name, got: {error.strerror}.") from None
    name = raw.decode("ascii", "replace").strip()
    if len(raw) > _ID_MAX or not name.isalnum():
        raise DataError(f"{path}: expected the name of a folder, 32 hex digits, got {raw[:32]!r}.")
    return name
