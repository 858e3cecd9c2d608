"""Load Numba and the kernels quickly, in a process that is fastgen's own, or only when they are needed."""

from __future__ import annotations

import contextlib
import gc
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_when_loaded: list[Callable[[], object]] = []
_own_process = False


def numba_is_loaded() -> bool:
    """Say whether kernels cost nothing more to load."""
    return "numba" in sys.modules


@contextlib.contextmanager
def postponed_kernels(when_loaded: Callable[[], object]) -> Iterator[None]:
    """Leave it to the work in this block whether kernels are loaded, in a process that is fastgen's own.

    Parameters
    ----------
    when_loaded
        Called once Numba is there, before any kernel is.
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
    """Import modules with kernels in this block, in the middle of the work."""
    if not _own_process or numba_is_loaded():
        yield
        return
    with uncollected():
        while _when_loaded:
            _when_loaded.pop()()
        yield


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Import modules in this block without collecting garbage, in a process that is fastgen's own.

    Imports make many objects and hardly any garbage: to go over the objects again and again is a tenth of a
    command's start. They are set aside from later collections too.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()
