"""Tell a user that the kernels are being compiled, which takes a while and happens once."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from numba.core import event

from fastgen.cli.printing import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class CompileListener(event.Listener):  # type: ignore[misc]  # Numba comes without types
    """Tells of the first compilation: with a warm cache there is none.

    Parameters
    ----------
    announce
        What to call with a line.
    """

    def __init__(self, announce: Callable[[str], None]) -> None:
        self._announce = announce
        self._told = False

    def on_start(self, event: Any) -> None:  # noqa: ARG002  # the name that Numba calls
        """Take the start of a compilation."""
        if not self._told:
            self._told = True
            self._announce("compiling the kernels, once on this machine: a few seconds")

    def on_end(self, event: Any) -> None:
        """Take the end of a compilation."""


@contextmanager
def announced_compiling() -> Iterator[None]:
    """Say on stderr when a kernel is compiled in this block."""
    listener = CompileListener(lambda line: say(line, err=True))
    event.register("numba:compile", listener)
    try:
        yield
    finally:
        event.unregister("numba:compile", listener)
