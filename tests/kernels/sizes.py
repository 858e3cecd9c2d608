"""Choose sample sizes: full with compiled kernels, smaller where they run as plain Python."""

from __future__ import annotations

from numba import config

COMPILED = not config.DISABLE_JIT


def sample_size(compiled: int, plain: int) -> int:
    """Return the size for the way in which kernels run."""
    return compiled if COMPILED else plain
