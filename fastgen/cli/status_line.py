"""Show how far a run is that goes on without end: one live line on a terminal, else lines as in a log."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.status import Status


class StatusLine:
    """The live line of a run, drawn while a `with` block runs.

    Parameters
    ----------
    say
        Prints a line of the log, if stderr is no terminal.
    first
        Text of the line until there is something to show.
    """

    def __init__(self, say: Callable[[str], None], first: str) -> None:
        self._say, self._first = say, first
        self._status: Status | None = None

    def __enter__(self) -> Self:
        """Draw the live line."""
        if sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415  # only a terminal pays for it

            self._status = Console(stderr=True).status(self._first)
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the live line."""
        if self._status is not None:
            self._status.stop()


def count(number: int, what: str) -> str:
    """Write a number of things, such as "1 file" or "2,000 files"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
