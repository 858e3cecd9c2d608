"""Load Numba and the kernels quickly, in a process that is fastgen's own, or only when they are needed."""

from __future__ import annotations

import contextlib
import gc
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_when_loaded: list[Callable[[], object]] = []
_own_process = False


@contextlib.contextmanager
def quick_imports() -> Iterator[None]:
    """Load the compiled kernels and what else a command imports in this block, without detours.

    Two detours are left out. Garbage collection: imports make many objects and no garbage, and going over
    them again and again is a tenth of the time; the objects are set aside from later collections too. And
    SciPy: where it is installed, Numba loads its linear algebra (a fifth of a second) only to see whether
    matrices could be multiplied in kernels; ours multiply none. While Numba looks, SciPy seems missing;
    afterwards it can be imported as ever.
    """
    with uncollected():
        with _without_scipy():
            import numba.np.arraymath  # noqa: F401, PLC0415  # where Numba looks for SciPy
        yield


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
    with quick_imports():
        while _when_loaded:
            _when_loaded.pop()()
        yield


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Import modules in this block without going over the objects that they are made of."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


@contextlib.contextmanager
def _without_scipy() -> Iterator[None]:
    if "scipy" in sys.modules or "numba.np.arraymath" in sys.modules:
        yield
        return
    # None in this table makes `import scipy` raise ImportError.
    modules: dict[str, Any] = sys.modules
    modules["scipy"] = None
    try:
        yield
    finally:
        del modules["scipy"]
