"""Read the lines of orders that come from outside: a growing file, the standard input, files of a folder."""

from __future__ import annotations

import os
import select
import stat
import sys
import time
from collections import deque
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple, Protocol

from fastgen.errors import DataError, ScenarioError
from fastgen.files import check_input, open_regular
from fastgen.live_kitchens.order_lines import Line, LineCutter

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

STDIN = "-"
# Bytes that are read at once: also a bound of the orders that are taken at once.
_READ_BYTES = 32_768
_IGNORED_PREFIXES, _IGNORED_SUFFIXES = (".", "_"), (".tmp", ".staged")
# A file system may give the same time to two changes of a folder within this period.
_SAME_TIME_NS = 1_000_000_000


class Position(NamedTuple):
    """How far a file was taken.

    Attributes
    ----------
    offset
        Bytes that were taken; -1: all, and for good.
    number
        Lines that were taken.
    is_inside_long
        Whether the next byte belongs to a line that was too long, and was rejected.
    """

    offset: int = 0
    number: int = 0
    is_inside_long: bool = False


DONE = -1
# By the name of a file.
Positions = dict[str, Position]


class Reading(NamedTuple):
    """Lines that were read at once.

    Attributes
    ----------
    source
        Name of the file; "-" is the standard input.
    lines
        The lines.
    positions
        How far files are taken with them.
    """

    source: str
    lines: list[Line]
    positions: Positions


class OrderInput(Protocol):
    """An input of orders."""

    def read(self) -> Reading | None:
        """Read some lines that are there, without waiting; None: there is nothing new."""


class InputPaths(NamedTuple):
    """The inputs of a run: a file of orders, or "-" for the standard input, and a folder; None: none."""

    orders: str | Path | None
    orders_from: Path | None


def check_inputs(
    orders: str | Path | None, orders_from: str | Path | None, own: Collection[Path | None]
) -> InputPaths:
    """Check that inputs are there, before anything is written.

    Parameters
    ----------
    orders, orders_from
        See `InputPaths`.
    own
        Files that the run writes itself: reading them would never end.

    Raises
    ------
    ScenarioError
        If there is no such file or folder, or the run writes it.
    """
    if orders is not None and str(orders) != STDIN:
        orders = check_input(orders, "orders")
        try:
            open_regular(orders).close()
        except OSError as error:
            raise ScenarioError(f"orders: expected a file, or -, got {orders}: {error.strerror}.") from None
        if orders.resolve() in {path.resolve() for path in own if path is not None}:
            raise ScenarioError(f"orders: expected a file that the run doesn't write, got {orders}.")
    if str(orders) == STDIN and sys.stdin is None:
        raise ScenarioError("orders: expected a standard input, since - stands for it, got none.")
    folder = None if orders_from is None else check_input(orders_from, "orders_from")
    if folder is not None and not folder.is_dir():
        raise ScenarioError(f"orders_from: expected a folder, got {folder}, which is none.")
    return InputPaths(orders, folder)


def open_inputs(paths: InputPaths, positions: Mapping[str, Position]) -> list[OrderInput]:
    """Open the inputs of a run.

    Parameters
    ----------
    paths
        The inputs.
    positions
        How far files were taken before.
    """
    inputs: list[OrderInput] = []
    if isinstance(paths.orders, Path):
        inputs.append(GrowingFile(paths.orders, positions))
    elif paths.orders is not None:
        inputs.append(StdinInput())
    if paths.orders_from is not None:
        inputs.append(Folder(paths.orders_from, positions))
    return inputs


class StdinInput:
    """The standard input: what is taken is taken, and the sender knows it by its receipt."""

    def __init__(self) -> None:
        self._stream: IO[bytes] | None = sys.stdin.buffer
        self._cutter = LineCutter()

    def read(self) -> Reading | None:
        """Read what has come."""
        if self._stream is None or not select.select([self._stream], [], [], 0)[0]:
            return None
        # Past the buffer of the stream: bytes in there would be unknown to select.
        data = os.read(self._stream.fileno(), _READ_BYTES)
        if not data:  # the sender has closed it: a last line may lack its end
            self._stream = None
            return Reading(STDIN, self._cutter.finish(), {})
        return Reading(STDIN, self._cutter.cut(data), {})


class GrowingFile:
    """A file that lines are appended to; a line is taken when it has its end.

    Parameters
    ----------
    path
        The file.
    positions
        How far files were taken before.
    """

    def __init__(self, path: Path, positions: Mapping[str, Position]) -> None:
        self._path, self._name = path, str(path.absolute())
        at = positions.get(self._name, Position())
        self._cutter, self._offset = LineCutter(at.number, is_inside_long=at.is_inside_long), at.offset

    def read(self) -> Reading | None:
        """Read what was appended.

        Raises
        ------
        DataError
            If the file is shorter than what was taken of it.
        """
        try:
            size = self._path.stat().st_size
        except OSError:  # it was moved away: perhaps it comes back
            return None
        if size < self._offset:
            raise DataError(
                f"{self._path}: expected a file that only grows, {self._offset} bytes or more, got {size}. "
                "Give new orders in a file of another name."
            )
        if size == self._offset:
            return None
        data = _read_at(self._path, self._offset)
        self._offset += len(data)
        lines, cutter = self._cutter.cut(data), self._cutter
        # A line without its end is read once more after a restart.
        at = Position(self._offset - len(cutter.rest), cutter.number, cutter.is_inside_long)
        return Reading(str(self._path), lines, {self._name: at})


class Folder:
    """A folder that files are put into; a file is taken once, by its name, when it is whole.

    Parameters
    ----------
    path
        The folder.
    positions
        How far files were taken before.
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
        self._open: tuple[str, LineCutter, int] | None = None

    def read(self) -> Reading | None:
        """Read some lines of a file that is whole."""
        if self._open is None:
            self._look()
            if not self._ready:
                return None
            name = self._ready.popleft()
            at = self._begun.pop(name, Position())
            self._open = (name, LineCutter(at.number, is_inside_long=at.is_inside_long), at.offset)
        name, cutter, offset = self._open
        try:
            data = _read_at(self._path / name, offset)
        except OSError:  # it was taken away, or may not be read: its name is not taken then
            self._open = None
            return None
        lines = cutter.cut(data)
        if len(data) < _READ_BYTES:  # the end of the file
            lines += cutter.finish()
            at, self._open = Position(DONE, cutter.number), None
            self._taken.add(name)
        else:
            offset += len(data)
            at = Position(offset - len(cutter.rest), cutter.number, cutter.is_inside_long)
            self._open = (name, cutter, offset)
        return Reading(str(self._path / name), lines, {f"{self._name}{os.sep}{name}": at})

    def _look(self) -> None:
        """Find files that are new, and those of them that didn't change since the look before."""
        changed_ns, now_ns = self._path.stat().st_mtime_ns, time.time_ns()
        # Listing a folder of many files costs far more than asking for its time.
        known_ns, at_ns = self._listed
        if changed_ns != known_ns or at_ns - known_ns < _SAME_TIME_NS or self._new:
            self._listed = (changed_ns, now_ns)
            found = self._list()
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
                try:
                    status = entry.stat()
                except OSError:  # it was taken away meanwhile
                    continue
                if stat.S_ISREG(status.st_mode):
                    found[name] = (status.st_size, status.st_mtime_ns)
        return found


def _read_at(path: Path, offset: int) -> bytes:
    with open_regular(path) as file:
        file.seek(offset)
        return file.read(_READ_BYTES)
