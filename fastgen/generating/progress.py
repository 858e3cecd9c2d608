"""Show a progress bar while events are made, in a notebook or a terminal."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextlib.contextmanager
def progress_of(events: float) -> Iterator[Callable[[int], None]]:
    """Show a bar while the block runs, in a notebook or a terminal; elsewhere nothing.

    Parameters
    ----------
    events
        How many events are expected.

    Yields
    ------
    Callable
        To be called with the number of events made since the last call.
    """
    if not (sys.stderr.isatty() or "ipykernel" in sys.modules):
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415  # slow to load
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("making events", total=events)
        yield lambda made: bar.advance(task, made)
