"""Follow a folder: take the files that appear, each once, and never fall far behind the newest."""

from __future__ import annotations

import heapq
import os
import re
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from fastgen.errors import DataError
from fastgen.files import kind_of
from fastgen.watching.files import PACKED, read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastgen.watching.files import Rows

# Names that `emitting.folder.FolderSink` gives its files.
NAME = re.compile(r"events-(\d{10,18})\.(jsonl|jsonl\.gz|parquet)")
# By what it puts into a folder and its control folder inside of it, see `emitting.control`.
_MARK, _NAME_FILE = ".fastgen-", ("_fastgen", "folder.id")
# About 45,000 events, more than those of all open orders: seconds of reading, also on a busy machine.
BEHIND_MAX = 16 << 20
# Of the files of a folder, however many, so many of the newest are looked at.
FILES_MAX = 5_000
# A file system may give the same time to two changes of a folder within this period.
SAME_TIME_NS = 1_000_000_000
# A large folder takes long to list: so many times longer it is left alone afterwards.
REST = 4
# Things that were wrong with files, of which the newest are kept.
TROUBLES_MAX = 20


class File(NamedTuple):
    """A file of events."""

    number: int
    suffix: str
    name: str


class Identity(NamedTuple):
    """What tells a folder from another one of its name."""

    device: int
    inode: int
    marks: frozenset[str]
    name_file: tuple[int, int] | None


class Folder:
    """A folder that a stream fills.

    Parameters
    ----------
    path
        The folder.
    behind_max
        Most bytes of lines to read; older files are skipped, so that what is read is always of the present.

    Attributes
    ----------
    is_there
        Whether the folder was there at the last look.
    has_restarted
        Whether another stream has begun in it; whoever has seen that sets it back.
    n_files, n_skipped
        Number of files read, in part or whole, and left out.
    troubles, n_troubles
        What was wrong with files, the newest last; and how many files had something wrong.
    """

    def __init__(self, path: Path, behind_max: int = BEHIND_MAX) -> None:
        self.path, self._behind_max = path, behind_max
        self.is_there, self.has_restarted = False, False
        self.n_files = self.n_skipped = self.n_troubles = 0
        self.troubles: deque[str] = deque(maxlen=TROUBLES_MAX)
        self._identity: Identity | None = None
        # Numbers up to the floor are left alone; of those above it, the taken ones are kept.
        self._floor = -1
        self._taken: set[int] = set()
        self._waiting: deque[tuple[File, int]] = deque()
        self._rows: Iterator[Rows] | None = None
        self._changed_ns = self._listed_ns = 0
        self._look_at = 0.0

    @property
    def is_behind(self) -> bool:
        """Whether files wait to be read."""
        return self._rows is not None or bool(self._waiting)

    def look(self) -> None:
        """Find the files that are new."""
        if time.monotonic() < self._look_at:
            return
        begun = time.monotonic()
        try:
            found = self.path.stat()
            # Listing a folder of many files costs far more than asking for its time.
            if self.is_there and found.st_mtime_ns == self._changed_ns < self._listed_ns - SAME_TIME_NS:
                return
            self._changed_ns, self._listed_ns = found.st_mtime_ns, time.time_ns()
            n_new, newest, marks = self._list()
            identity = Identity(found.st_dev, found.st_ino, marks, self._name_file())
        except OSError:
            self.is_there = False
            return
        self.is_there = True
        if self._identity not in (None, identity) and self._taken:
            self._restart(identity)
            return
        self._identity = identity
        self._look_at = time.monotonic() + REST * (time.monotonic() - begun)
        if newest:
            self._queue(newest, n_new)

    def read(self) -> Rows | None:
        """Read some rows; None: there are none now."""
        while self._rows is not None or self._waiting:
            if self._rows is None:
                file, last_bytes = self._waiting.popleft()
                self._rows = read_rows(self.path / file.name, file.suffix, last_bytes)
                self.n_files += 1
            try:
                return next(self._rows)
            except StopIteration:
                self._rows = None
            except DataError as error:
                self._rows = None
                self.troubles.append(str(error))
                self.n_troubles += 1
        return None

    def _list(self) -> tuple[int, list[File], frozenset[str]]:
        """List the folder: how many files are new, the newest of them in order, and the marks."""
        marks, n_new = set[str](), 0

        def new_files() -> Iterator[File]:
            nonlocal n_new
            with os.scandir(self.path) as entries:
                for entry in entries:
                    found = NAME.fullmatch(entry.name)
                    if found is None:
                        if entry.name.startswith(_MARK):
                            marks.add(entry.name)
                        continue
                    number = int(found[1])
                    if number > self._floor and number not in self._taken:
                        n_new += 1
                        yield File(number, found[2], entry.name)

        newest = heapq.nlargest(FILES_MAX, new_files())
        return n_new, newest[::-1], frozenset(marks)

    def _name_file(self) -> tuple[int, int] | None:
        try:
            found = self.path.joinpath(*_NAME_FILE).stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    def _queue(self, newest: list[File], n_new: int) -> None:
        """Put new files into the queue, and leave out old ones if they are too much to read."""
        files = sorted([*(file for file, _ in self._waiting), *newest])
        self._taken.update(file.number for file in newest)
        self._forget_numbers(is_cut=n_new > len(newest), lowest=newest[0].number)
        left, kept = self._behind_max, deque[tuple[File, int]]()
        for file in reversed(files):
            if left <= 0:
                break
            kept.appendleft((file, left))
            left -= self._size(file)
        n_left_out = len(files) - len(kept) + n_new - len(newest)
        if n_left_out and self._rows is not None:
            self._rows, n_left_out = None, n_left_out + 1
        self.n_skipped += n_left_out
        self._waiting = kept

    def _size(self, file: File) -> int:
        """Estimate the bytes of a file's lines."""
        try:
            return (self.path / file.name).stat().st_size * PACKED[file.suffix]
        except OSError:  # gone again, which reading it will say
            return 0

    def _forget_numbers(self, *, is_cut: bool, lowest: int) -> None:
        """Bound the numbers that are kept."""
        if is_cut:
            self._floor = max(self._floor, lowest - 1)
        elif len(self._taken) > 2 * FILES_MAX:
            self._floor = heapq.nlargest(FILES_MAX, self._taken)[-1] - 1
        self._taken = {number for number in self._taken if number > self._floor}

    def _restart(self, identity: Identity) -> None:
        """Begin anew: another stream fills the folder."""
        self._identity, self.has_restarted = identity, True
        self._floor, self._rows = -1, None
        self._taken.clear()
        self._waiting.clear()
        self._changed_ns = self._listed_ns = 0


def check_watched(path: Path) -> None:
    """Check that a folder can be watched.

    Raises
    ------
    DataError
        If it isn't there, is no folder, or can't be listed.
    """
    try:
        with os.scandir(path):
            pass
    except OSError as error:
        got = "nothing of that name" if isinstance(error, FileNotFoundError) else None
        if isinstance(error, NotADirectoryError):
            got = kind_of(path)
        got = got or f": {error.strerror}"
        raise DataError(
            f"{path}: expected the folder that a replay, a live run or a universe fills, got {got}."
        ) from None
