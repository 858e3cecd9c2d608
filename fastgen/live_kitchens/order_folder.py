"""Take the files that appear in a folder, each once, by its name, when it is whole."""

from __future__ import annotations

import os
import stat
import time
from collections import deque
from typing import TYPE_CHECKING

from fastgen.files import kind_of
from fastgen.live_kitchens.order_reading import (
    DONE,
    READ_BYTES,
    Position,
    Reading,
    read_at,
    refuse_other_form,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fastgen.live_kitchens.order_lines import Line, LineCutter

_IGNORED_PREFIXES, _IGNORED_SUFFIXES = (".", "_"), (".tmp", ".staged")
# A file system may give the same time to two changes of a folder within this period.
_SAME_TIME_NS = 1_000_000_000
# Looks are at least so far apart: a file that is written in place changes meanwhile.
_LOOK_US = 200_000
# Stands for size and time of what is no file, so that it is the same at two looks.
_NO_FILE = (-1, -1)


class Folder:
    """A folder that files are put into.

    What can't be read is refused once. It is tried again when the folder changes, and after a restart:
    somebody may have mended it.

    Parameters
    ----------
    path, positions
        As `order_inputs.open_inputs` has them.
    """

    def __init__(self, path: Path, positions: Mapping[str, Position]) -> None:
        self._path, self._name = path, str(path.absolute())
        prefix = f"{self._name}{os.sep}"
        own = {name.removeprefix(prefix): at for name, at in positions.items() if name.startswith(prefix)}
        self._taken = {name for name, at in own.items() if at.offset == DONE}
        self._begun = {name: at for name, at in own.items() if at.offset != DONE}
        # Files that are new, with what they were at the look before; and those that are whole.
        self._new: dict[str, tuple[int, int]] = {}
        self._ready: deque[str] = deque()
        self._listed = (0, 0)
        self._looked_us = -_LOOK_US
        self._is_lost = False
        self._open: tuple[str, LineCutter, int] | None = None

    def read(self, now_us: int, /) -> Reading | None:
        """Read some lines of a file that is whole, or say of one why it can't be read."""
        # Either way: somebody may set the clock back.
        if self._open is None and abs(now_us - self._looked_us) >= _LOOK_US:
            self._looked_us = now_us
            try:
                self._look()
            except OSError as error:  # perhaps a mount that comes back
                return self._lose(error)
            self._is_lost = False
        while self._open is not None or self._ready:
            # Those that were refused before say nothing again, and the next one must not wait for them.
            reading = self._read_on(*self._open) if self._open else self._begin(self._ready.popleft())
            if reading is not None:
                return reading
        return None

    def _begin(self, name: str) -> Reading | None:
        """Open a file; say why it can't be."""
        at = self._begun.get(name, Position())
        # Opening a pipe would end its writer.
        kind = kind_of(self._path / name)
        if kind != "a file":
            return self._refuse(name, at, f"expected a file, got: {kind}.")
        self._open = (name, at.cutter(), at.offset)
        return None

    def _read_on(self, name: str, cutter: LineCutter, offset: int) -> Reading | None:
        """Read some lines of the open file; say why it can't be read."""
        try:
            data = read_at(self._path / name, offset)
        except OSError as error:
            self._open = None
            at = Position.after(cutter, offset)
            return self._refuse(name, at, f"expected a file that can be read, got: {error.strerror}.")
        refusal = refuse_other_form(data) if offset == 0 else None
        lines: list[Line] = []
        if refusal is not None:
            at, self._open = Position(DONE, is_refused=True), None
        elif len(data) < READ_BYTES:
            lines = cutter.cut(data) + cutter.finish()
            at, self._open = Position(DONE, cutter.number), None
        else:
            lines, offset = cutter.cut(data), offset + len(data)
            at, self._open = Position.after(cutter, offset), (name, cutter, offset)
        self._begun.pop(name, None)
        if at.offset == DONE:
            self._taken.add(name)
        return self._make(name, lines, at, refusal)

    def _refuse(self, name: str, at: Position, why: str) -> Reading | None:
        """Reject a file that can't be read; None: that is known."""
        is_known = self._begun.get(name, Position()).is_refused
        self._begun[name] = at._replace(is_refused=True)
        return None if is_known else self._make(name, [], self._begun[name], why)

    def _lose(self, error: OSError) -> Reading | None:
        """Say that the folder itself can't be read; None: that is known."""
        is_known, self._is_lost = self._is_lost, True
        why = f"expected a folder that can be read, got: {error.strerror}."
        return None if is_known else Reading(str(self._path), [], {}, why)

    def _make(self, name: str, lines: list[Line], at: Position, refusal: str | None) -> Reading:
        # Nothing to keep while a line has no end yet: it is read once more after a restart.
        is_kept = bool(lines) or at.offset == DONE or at.is_refused
        positions = {f"{self._name}{os.sep}{name}": at} if is_kept else {}
        return Reading(str(self._path / name), lines, positions, refusal)

    def _look(self) -> None:
        """Find files that are new, and those of them that didn't change since the look before."""
        changed_ns, now_ns = self._path.stat().st_mtime_ns, time.time_ns()
        # Listing a folder of many files costs far more than asking for its time.
        known_ns, at_ns = self._listed
        if changed_ns != known_ns or at_ns - known_ns < _SAME_TIME_NS or self._new:
            found = self._list()
            self._listed = (changed_ns, now_ns)
            self._ready.extend(sorted(name for name, seen in found.items() if self._new.get(name) == seen))
            ready = set(self._ready)
            self._new = {name: seen for name, seen in found.items() if name not in ready}

    def _list(self) -> dict[str, tuple[int, int]]:
        found = {}
        with os.scandir(self._path) as entries:
            for entry in entries:
                name = entry.name
                if (
                    name in self._taken
                    or name.startswith(_IGNORED_PREFIXES)
                    or name.endswith(_IGNORED_SUFFIXES)
                ):
                    continue
                seen = _look_at(entry)
                if seen != _NO_FILE or not self._begun.get(name, Position()).is_refused:
                    found[name] = seen
        return found


def _look_at(entry: os.DirEntry[str]) -> tuple[int, int]:
    """Find size and time of a file; `_NO_FILE`: it is none, or can't be looked at."""
    try:
        status = entry.stat()
    except OSError:
        return _NO_FILE
    return (status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else _NO_FILE
