"""Tell a user that kernels are being compiled, in commands that may not need any."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from fastgen.loading import postponed_kernels

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def announced_late_compiling() -> Iterator[None]:
    """Say on stderr when a kernel is compiled in this block; import Numba only if the block does."""
    # Importing Numba takes longer than many a small slice, so it waits for the first kernel.
    with ExitStack() as listening:

        def listen() -> None:
            from fastgen.cli.compiling import announced_compiling  # noqa: PLC0415  # heavy

            listening.enter_context(announced_compiling())

        with postponed_kernels(listen):
            yield
