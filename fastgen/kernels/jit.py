"""Compile kernels one way: cached on disk, without the GIL, with IEEE arithmetic as written.

`fastmath` stays off: it lets the compiler reorder sums and fuse products, and so changes results between machines.
Whoever wants kernels as plain Python (coverage, tracebacks) sets NUMBA_DISABLE_JIT=1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

Kernel = TypeVar("Kernel", bound="Callable[..., Any]")


def jit(kernel: Kernel) -> Kernel:
    """Compile a loop over arrays; called from Python, cached on disk."""
    return cast("Kernel", numba.njit(kernel, cache=True, nogil=True, error_model="numpy"))


def inline(kernel: Kernel) -> Kernel:
    """Compile a scalar step that only other kernels call; LLVM inlines it where that pays."""
    return cast("Kernel", numba.njit(kernel, nogil=True, error_model="numpy"))
