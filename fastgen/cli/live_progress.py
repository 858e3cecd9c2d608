"""Show the state of running kitchens: one live line on a terminal, else a line for each batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.cli.status_line import StatusLine, count
from fastgen.units import US_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastgen.live_kitchens.options import Batch
    from fastgen.live_kitchens.run import Due


class LiveProgress(StatusLine):
    """Shows the kitchens' time, open orders, number of events, and lag.

    Parameters
    ----------
    say
        Prints a line if stderr is no terminal.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(say, "writing the history")
        self._events = 0

    def show(self, batch: Batch) -> None:
        """Show the state after a batch."""
        self._events += batch.events
        reached = batch.clock.shown(batch.watermark_us // US_PER_S)
        if self._status is not None:
            self._status.update(
                f"{reached}  {count(batch.orders_open, 'order')} open  {count(self._events, 'event')}"
            )
        elif batch.events:
            what = "history, " if batch.is_history else ""
            self._say(
                f"{reached}  {what}{count(batch.events, 'event')} in {count(len(batch.files), 'file')}  "
                f"{count(batch.orders_open, 'order')} open"
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
