"""Read the lines of orders that come from outside: a growing file, the standard input, files of a folder."""

from __future__ import annotations

import os
import select
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from fastgen.errors import DataError, ScenarioError
from fastgen.files import kind_of
from fastgen.live_kitchens.order_folder import Folder
from fastgen.live_kitchens.order_lines import LineCutter
from fastgen.live_kitchens.order_reading import READ_BYTES, Position, Reading, read_at, refuse_other_form
from fastgen.paths import check_input

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastgen.live_kitchens.order_reading import OrderInput

STDIN = "-"
# Longer than a line's begin, which all lines have.
_KNOWN_BYTES = 100


class InputPaths(NamedTuple):
    """The inputs of a run: a file of orders, or "-" for the standard input, and a folder; None: none."""

    orders: str | Path | None
    orders_from: Path | None


def check_inputs(orders: str | Path | None, orders_from: str | Path | None) -> InputPaths:
    """Check that inputs are there, before anything is written.

    Parameters
    ----------
    orders, orders_from
        See `InputPaths`.

    Raises
    ------
    ScenarioError
        If there is no such file or folder, or it can't be read.
    """
    if orders is not None and str(orders) != STDIN:
        orders = check_input(orders, "orders")
        _check_growing(orders)
    if str(orders) == STDIN and sys.stdin is None:
        raise ScenarioError("orders: expected a standard input, since - stands for it, got none.")
    folder = None if orders_from is None else check_input(orders_from, "orders_from")
    if folder is not None and not folder.is_dir():
        raise ScenarioError(f"orders_from: expected a folder, got {folder}, which is none.")
    return InputPaths(orders, folder)


def _check_growing(path: Path) -> None:
    """Refuse what can't be followed as a growing file, or has no lines."""
    kind = kind_of(path)
    if kind != "a file":
        # Of a pipe, the size says nothing, so nothing of it would be read.
        raise ScenarioError(f"orders: expected a file, or -, got {path}: {kind}.")
    try:
        begin = read_at(path, 0)
    except OSError as error:
        raise ScenarioError(f"orders: expected a file, or -, got {path}: {error.strerror}.") from None
    refusal = refuse_other_form(begin)
    if refusal is not None:
        raise ScenarioError(f"orders: {path}: {refusal}")


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

    def read(self, _now_us: int, /) -> Reading | None:
        """Read what has come."""
        if self._stream is None or not select.select([self._stream], [], [], 0)[0]:
            return None
        # Past the buffer of the stream: bytes in there would be unknown to select.
        data = os.read(self._stream.fileno(), READ_BYTES)
        if not data:  # the sender has closed it: a last line may lack its end
            self._stream = None
            return Reading(STDIN, self._cutter.finish(), {})
        return Reading(STDIN, self._cutter.cut(data), {})


class GrowingFile:
    """A file that lines are appended to; a line is taken when it has its end.

    Parameters
    ----------
    path, positions
        As `open_inputs` has them.
    """

    def __init__(self, path: Path, positions: Mapping[str, Position]) -> None:
        self._path, self._name = path, str(path.absolute())
        at = positions.get(self._name, Position())
        self._cutter, self._offset = at.cutter(), at.offset
        # What is before the offset, as far as it is known: by it, another file is told from the same one.
        self._last = b"\n" if at.offset and not at.is_inside_long else b""

    def read(self, _now_us: int, /) -> Reading | None:
        """Read what was appended.

        Raises
        ------
        DataError
            If the file is shorter than what was taken of it, or another one has taken its place.
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
        n_known = len(self._last)
        try:
            data = read_at(self._path, self._offset - n_known)
        except OSError as error:
            raise DataError(
                f"{self._path}: expected a file of orders that can be read, got: {error.strerror}."
            ) from None
        # Of another file, the lines up to here would be lost, and the next one cut.
        if data[:n_known] != self._last:
            raise DataError(
                f"{self._path}: expected a file that only grows, got another one in its place. Give new "
                "orders in a file of another name."
            )
        self._last, self._offset = data[-_KNOWN_BYTES:], self._offset - n_known + len(data)
        lines = self._cutter.cut(data[n_known:])
        # Nothing to keep while a line has no end yet: it is read once more after a restart.
        at = {self._name: Position.after(self._cutter, self._offset)} if lines else {}
        return Reading(str(self._path), lines, at)
