"""Keep what belongs to a replay where no reader of its folder looks, and bound to that folder.

Many readers take every file below a folder, whatever it is called (Polars, a DuckDB pattern such as
`landing/**`). So the state, the lock and the staged files of `landing` are beside it, in `.landing.fastgen`,
on the same file system: from there a rename puts a file into the folder. A folder that nothing can be put
beside, such as a mount point, has them inside, in `landing/_fastgen`; so have the folders of older replays.

The two are bound by a name, which both carry: the control folder in a file, and the folder that is read in
the name of an empty folder, which shows no reader a file. Inside, the file alone is enough. Staged files have
names of their own, so that a pattern over the folders above, such as `**/*.jsonl`, leaves them out too.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from fastgen.errors import DataError
from fastgen.files import sync_folder, write_whole

INSIDE = "_fastgen"
_SUFFIX = ".fastgen"
_NAME_FILE = "folder.id"
_MARK = ".fastgen-"
_STATE, _LOCK, _STAGING, _STAGED = "state.json", "lock", "staging", ".staged"
# What a file system takes for a name, and what the file of a name may have; it has 33.
_NAME_MAX, _ID_MAX = 255, 100


@dataclass(frozen=True)
class Control:
    """What belongs to the replay into a folder.

    Attributes
    ----------
    folder
        The folder that is read.
    path
        The folder of what is not for readers.
    """

    folder: Path
    path: Path

    @property
    def is_inside(self) -> bool:
        """Whether readers of the whole folder have to leave something out."""
        return self.path.name == INSIDE

    @property
    def state(self) -> Path:
        """State file, unless another one is named."""
        return self.path / _STATE

    @property
    def lock(self) -> Path:
        """File that is locked by a replay at work."""
        return self.path / _LOCK

    @property
    def staging(self) -> Path:
        """Folder of files that are not yet to be seen."""
        return self.path / _STAGING

    def staged(self, name: str) -> Path:
        """Path of a file while it is staged."""
        return self.staging / (name if self.is_inside else f"{name}{_STAGED}")

    def names(self) -> set[str]:
        """List the names that the two folders carry.

        Raises
        ------
        DataError
            If the file of the name is damaged.
        """
        name = _read_name(self.path / _NAME_FILE)
        marks = {path.name.removeprefix(_MARK) for path in self.folder.glob(f"{_MARK}*")}
        return marks | (set() if name is None else {name})

    def missing(self, name: str) -> Path | None:
        """Find the place of the name that has none, None if both have it."""
        if _read_name(self.path / _NAME_FILE) is None:
            return self.path / _NAME_FILE
        return None if self.is_inside or self._mark(name).exists() else self._mark(name)

    def bind(self, name: str) -> None:
        """Give both folders a name, where they have none."""
        if _read_name(self.path / _NAME_FILE) is None:
            write_whole(self.path / _NAME_FILE, f"{name}\n".encode())
        if self.missing(name):
            self._mark(name).mkdir()
            sync_folder(self.folder)

    def _mark(self, name: str) -> Path:
        return self.folder / f"{_MARK}{name}"


def find_control(folder: Path) -> Control:
    """Find, or choose, where the things of a folder are that are not for its readers.

    Parameters
    ----------
    folder
        The folder; it need not exist.
    """
    inside = folder / INSIDE
    # By whatever name or link a folder is called, what belongs to it is in one place.
    is_plain = folder.name not in ("", "..") and not folder.is_symlink()
    place = folder if is_plain else folder.resolve()
    beside = place.with_name(f".{place.name}{_SUFFIX}")
    if os.path.lexists(inside):
        return Control(folder, inside)
    if os.path.lexists(beside) or _can_be_beside(place, beside):
        return Control(folder, beside)
    return Control(folder, inside)


def _can_be_beside(place: Path, beside: Path) -> bool:
    """Whether files can be staged beside a folder and be renamed into it."""
    if len(os.fsencode(beside.name)) > _NAME_MAX:
        return False
    if not place.exists():
        return True  # it will be made there
    try:
        return os.access(place.parent, os.W_OK | os.X_OK) and _mount_of(place) == _mount_of(place.parent)
    except OSError:  # not to be read
        return False


def _mount_of(folder: Path) -> tuple[int, str]:
    """Find the device of a folder and, where the system says so, the number of its mount."""
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
