"""Import Numba and the kernels quickly, and only if they are needed.

Importing Numba takes about half a second. Commands that may not need it, such as a small replay, put the
import off; all commands switch garbage collection off while they import.
"""

from __future__ import annotations

import contextlib
import gc
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# What to call once Numba is imported; see `postponed_kernels`.
_when_loaded: list[Callable[[], object]] = []
# Whether the block of `postponed_kernels` is running; only commands have one, never a user's program.
_own_process = False


def numba_is_loaded() -> bool:
    """Say whether this process has imported Numba, so that kernels are cheap to use."""
    return "numba" in sys.modules


@contextlib.contextmanager
def postponed_kernels(when_loaded: Callable[[], object]) -> Iterator[None]:
    """Let the work in this block import kernels only if it needs them; for commands.

    Parameters
    ----------
    when_loaded
        Called as soon as Numba is imported, before any kernel is: now, or in `needed_kernels`.
    """
    global _own_process  # noqa: PLW0603  # there is one process
    if numba_is_loaded():
        when_loaded()
        yield
        return
    _when_loaded.append(when_loaded)
    _own_process = True
    try:
        yield
    finally:
        _own_process = False
        _when_loaded.clear()


@contextlib.contextmanager
def needed_kernels() -> Iterator[None]:
    """Import modules with kernels in this block, in the middle of a command's work."""
    if not _own_process or numba_is_loaded():
        yield
        return
    with uncollected():
        while _when_loaded:
            _when_loaded.pop()()
        yield


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Import modules in this block without garbage collection; only for commands and Spark's workers.

    Imports make many objects and hardly any garbage. Examining them takes 0.4 s of processor time when a
    command starts. The objects are excluded from later collections, too.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
        if numba_is_loaded():
            # Else Numba imports another hundred modules when a kernel is called for the first time.
            from numba.core.registry import cpu_target  # noqa: PLC0415  # loads Numba

            cpu_target.typing_context.refresh()
            cpu_target.target_context.refresh()
    finally:
        gc.freeze()
        if collecting:
            gc.enable()
