"""Show the state of a running replay: one live line on a terminal, else a line for each window."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fastgen.cli.status_line import StatusLine, count
from fastgen.units import US_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastgen.replaying.options import Emitted


class ReplayStatus(StatusLine):
    """Shows simulated time, number of events, and lag.

    Parameters
    ----------
    say
        Prints a line if stderr is no terminal.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(say, "starting")
        self._events, self._began = 0, time.monotonic()

    def show(self, emitted: Emitted, now_us: int) -> None:
        """Show the state after a window.

        Parameters
        ----------
        emitted
            What the window had.
        now_us
            Wall clock, Unix microseconds.
        """
        clock = emitted.clock
        self._events += emitted.events
        reached = clock.shown(emitted.watermark)
        # Time since the last emitted second fell due, which is when it was over.
        lag_s = max(0.0, (now_us - clock.real_us(emitted.watermark + 1)) / US_PER_S)
        if self._status is not None:
            # Not divided by zero, if the first window comes at once.
            rate = self._events / max(time.monotonic() - self._began, 1e-3)
            self._status.update(
                f"simulated time {reached}  {count(self._events, 'event')}  {rate:,.0f} events/s  "
                f"lag {lag_s:.1f} s"
            )
        elif emitted.events:  # a log needs no line for windows without events
            self._say(
                f"{reached}  {count(emitted.events, 'event')} in {count(len(emitted.files), 'file')}  "
                f"lag {lag_s:.1f} s"
            )
