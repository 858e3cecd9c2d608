"""End a command that runs on and on, at a good moment."""

from __future__ import annotations

import signal
from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType


def ended_by_signals() -> Event:
    """Give an event that the first SIGTERM or Ctrl-C sets; the second one ends the process at once."""
    stop = Event()

    def end(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    # SIGTERM is how systemd and Kubernetes end a service.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return stop
