"""Load Numba and the kernels quickly, in a process that is fastgen's own."""

from __future__ import annotations

import contextlib
import gc
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def quick_imports() -> Iterator[None]:
    """Load the compiled kernels and what else a command imports in this block, without detours.

    Two detours are left out. Garbage collection: imports make many objects and no garbage, and going over
    them again and again is a tenth of the time; the objects are set aside from later collections too. And
    SciPy: where it is installed, Numba loads its linear algebra (a fifth of a second) only to see whether
    matrices could be multiplied in kernels; ours multiply none. While Numba looks, SciPy seems missing;
    afterwards it can be imported as ever.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        with _without_scipy():
            import numba.np.arraymath  # noqa: F401, PLC0415  # where Numba looks for SciPy
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
