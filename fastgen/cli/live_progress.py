"""Show the state of running kitchens: one live line on a terminal, else a line for each batch."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.status import Status

    from fastgen.live_kitchens.options import Batch
    from fastgen.live_kitchens.run import Due

US_PER_S = 1_000_000


class LiveProgress:
    """Shows the kitchens' time, open orders, number of events, and lag.

    Parameters
    ----------
    say
        Prints a line if stderr is no terminal.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._status: Status | None = None
        self._events = 0

    def __enter__(self) -> Self:
        """Draw the live line."""
        if sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415  # only a terminal pays for it

            self._status = Console(stderr=True).status("writing the history")
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the live line."""
        if self._status is not None:
            self._status.stop()

    def show(self, batch: Batch) -> None:
        """Show the state after a batch."""
        self._events += batch.events
        reached = batch.clock.shown(batch.watermark_us // US_PER_S)
        if self._status is not None:
            self._status.update(f"{reached}  {batch.orders_open:,} orders open  {self._events:,} events")
        elif batch.events:
            files = f"{len(batch.files)} {'file' if len(batch.files) == 1 else 'files'}"
            what = "history, " if batch.is_history else ""
            self._say(
                f"{reached}  {what}{batch.events:,} events in {files}  {batch.orders_open:,} orders open"
            )


def describe(due: Due) -> list[str]:
    """Describe what a run would write at once."""
    clock = due.clock
    what = "history" if due.is_history else "what fell due since the last run"
    return [
        f"due      {what}",
        f"window   {clock.shown(due.from_us // US_PER_S)} to {clock.shown(due.end_us // US_PER_S)}",
        f"events   about {due.events:,.0f}",
    ]
