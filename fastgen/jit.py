"""Compile all kernels with the same settings: cached on disk, without the GIL, IEEE arithmetic as written.

`fastmath` stays off: it lets the compiler reorder sums and fuse products, so that results differ between
machines. NUMBA_DISABLE_JIT=1 runs kernels as plain Python, for coverage and tracebacks; NUMBA_CACHE_DIR moves
the cache.

The first run on a machine compiles all kernels, so they are written to compile fast:

- The caller passes scratch memory. A kernel that allocates arrays takes a third longer to compile.
- Arguments are arrays and numbers. For a tuple of arrays, LLVM unpacks all of them wherever one is used.
- Every argument has one type, and none is a literal: Numba compiles a version for each type and each literal.
- What NumPy does as fast, on many orders at once, is no kernel.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

# No kernel needs a wrapper for C or array expressions, and they take a third of the compile time.
_LEAN: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, "no_rewrites": True}
# For loops over a tuple of arrays, whose steps take the tuple: Numba counts references to each of its arrays
# at every call of a step, by atomic instructions. Without that, and with the steps pasted in, the loop of a
# queueing site runs eight times as fast. Such a kernel can't allocate.
_STATE = {**_LEAN, "_nrt": False}

# Modules outside of the folders `kernels` that compiled code depends on: constants, which Numba compiles in,
# and this module's settings.
OUTSIDE = ("jit.py", "units.py", "events/schema.py", "model/day_orders.py", "wire/rows.py")

Kernel = TypeVar("Kernel", bound="Callable[..., Any]")


@cache
def _sources_stamp() -> str:
    """Hash the sources of all kernels and of `OUTSIDE`, to make cached kernels stale when one changes.

    Numba itself compares only the file that defines the kernel. It would miss an edit of a step or a constant
    from another file that is compiled into the kernel.
    """
    digest, package = hashlib.sha256(), Path(__file__).parent
    outside = [package / name for name in OUTSIDE]
    for path in [*sorted(package.rglob("kernels/*.py")), *outside]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def jit(kernel: Kernel) -> Kernel:
    """Compile a loop over arrays that Python calls, and cache it on disk if a folder can be written."""
    return _compile(kernel, _LEAN)


def state_jit(kernel: Kernel) -> Kernel:
    """Compile a loop over a tuple of arrays; otherwise as `jit`."""
    return _compile(kernel, _STATE)


def _compile(kernel: Kernel, options: dict[str, Any]) -> Kernel:
    if numba.config.DISABLE_JIT:
        # Hashes and comparisons of words wrap around on purpose. Compiled code does so in silence; as plain
        # Python, NumPy would warn of it.
        return np.errstate(over="ignore")(kernel)
    try:
        dispatcher = numba.njit(kernel, cache=True, **options)
    except RuntimeError:  # numba found no folder for its cache
        return cast("Kernel", numba.njit(kernel, **options))
    dispatcher._cache._cache_file._source_stamp = _sources_stamp()  # noqa: SLF001  # no public way
    return cast("Kernel", dispatcher)


def step(kernel: Kernel) -> Kernel:
    """Compile a scalar function that only kernels call; LLVM decides where to inline it."""
    return cast("Kernel", numba.njit(kernel, no_cpython_wrapper=True, **_LEAN))


def state_step(kernel: Kernel) -> Kernel:
    """Compile a part of a `state_jit` kernel, which LLVM always pastes in."""
    return cast("Kernel", numba.njit(kernel, no_cpython_wrapper=True, forceinline=True, **_STATE))


def inline(kernel: Kernel) -> Kernel:
    """Paste a part of a kernel into it before compilation, which is faster than compiling a function."""
    return cast("Kernel", numba.njit(kernel, inline="always", no_cpython_wrapper=True, **_LEAN))
