"""Tell a user that kernels are being compiled: it takes some seconds, once on a machine."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from numba.core import event

from fastgen.cli.printing import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class CompileListener(event.Listener):  # type: ignore[misc]  # Numba comes without types
    """Announces the first compilation of a process. If the kernels are cached, there is none.

    Parameters
    ----------
    announce
        Called with one line of text.
    """

    def __init__(self, announce: Callable[[str], None]) -> None:
        self._announce = announce
        self._has_announced = False

    def on_start(self, event: Any) -> None:  # noqa: ARG002  # the name that Numba calls
        """Announce the compilation if it is the first one."""
        # Dozens of kernels follow one another: one line for all of them.
        if not self._has_announced:
            self._has_announced = True
            self._announce("compiling the kernels, once on this machine: a few seconds")

    def on_end(self, event: Any) -> None:
        """Do nothing; Numba requires the method."""


@contextmanager
def announced_compiling() -> Iterator[None]:
    """Say on stderr when a kernel is compiled in this block."""
    listener = CompileListener(lambda line: say(line, err=True))
    # Numba sends this event when it compiles, not when it reads a kernel from its cache.
    event.register("numba:compile", listener)
    try:
        yield
    finally:
        event.unregister("numba:compile", listener)
