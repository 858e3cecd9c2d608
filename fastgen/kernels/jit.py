"""Compile kernels one way: cached on disk, without the GIL, with IEEE arithmetic as written.

`fastmath` stays off: it lets the compiler reorder sums and fuse products, and so changes results between
machines. Whoever wants kernels as plain Python (coverage, tracebacks) sets NUMBA_DISABLE_JIT=1;
NUMBA_CACHE_DIR moves the cache.

What the first run on a machine waits for is compiling, so kernels are written to compile fast. They are given
their scratch memory: one that allocates arrays takes a third longer. Their arguments are arrays and numbers:
wherever a field of a tuple of arrays is used, LLVM takes apart all of them. A literal argument, and each type
of an argument, makes a version of its own. What NumPy does as fast on many orders at once is no kernel.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

# What no kernel needs and what costs a third of the time to compile: wrappers for C, array expressions.
_LEAN = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, "no_rewrites": True}

# Modules outside of the folders `kernels` whose constants kernels import: Numba compiles the values in.
CONSTANTS = ("units.py", "events/schema.py", "wire/rows.py")

Kernel = TypeVar("Kernel", bound="Callable[..., Any]")


@cache
def _sources_stamp() -> str:
    """Hash the sources of all kernels, and of the constants in them.

    Numba itself compares only the file that a cached kernel stands in. After an edit of a step or a constant
    of another file it would go on with the old code.
    """
    digest, package = hashlib.sha256(), Path(__file__).parents[1]
    constants = [package / name for name in CONSTANTS]
    for path in [*sorted(package.rglob("kernels/*.py")), *constants]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def jit(kernel: Kernel) -> Kernel:
    """Compile a loop over arrays; called from Python, cached on disk where a folder can be written."""
    try:
        dispatcher = numba.njit(kernel, cache=True, **_LEAN)
    except RuntimeError:  # numba found no folder for its cache
        return cast("Kernel", numba.njit(kernel, **_LEAN))
    if not numba.config.DISABLE_JIT:
        dispatcher._cache._cache_file._source_stamp = _sources_stamp()  # noqa: SLF001  # no public way
    return cast("Kernel", dispatcher)


def step(kernel: Kernel) -> Kernel:
    """Compile a scalar step of several kernels; LLVM inlines it where that pays."""
    return cast("Kernel", numba.njit(kernel, no_cpython_wrapper=True, **_LEAN))


def inline(kernel: Kernel) -> Kernel:
    """Put a part of one kernel in its place before that is compiled: cheaper than a function of its own."""
    return cast("Kernel", numba.njit(kernel, inline="always", no_cpython_wrapper=True, **_LEAN))
