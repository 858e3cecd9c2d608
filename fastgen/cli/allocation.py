"""Set how memory is allocated in a command that reads all rows of a dataset."""

from __future__ import annotations

import ctypes

# Parameters of glibc's mallopt(3).
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_KEPT_BYTES = 64 * 2**20


def reuse_freed_memory() -> None:
    """Let large arrays reuse the memory of those before them, and keep little more than that.

    A batch of rows takes arrays of some MB. By default glibc gives each of them back to the system, which has
    to clear its pages for the next one: a tenth of the processor time of `fastgen verify` and more.
    """
    import pyarrow as pa  # noqa: PLC0415  # heavy

    # PyArrow's own allocator keeps 80 MB of what it has freed.
    pa.set_memory_pool(pa.system_memory_pool())
    # Systems with another C library do as they always do.
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        # One heap for all threads: each has a time of its own at which it holds the most.
        mallopt(_M_ARENA_MAX, 1)
