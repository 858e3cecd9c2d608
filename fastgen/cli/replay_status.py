"""Show how a running replay stands: one live line on a terminal, a line a window elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.status import Status

    from fastgen.replaying.options import Emitted

US_PER_S = 1_000_000


class ReplayStatus:
    """Shows simulated time, events a second, and lag.

    Parameters
    ----------
    say
        Prints a line, where there is no terminal.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._status: Status | None = None
        self._events, self._began = 0, time.monotonic()

    def __enter__(self) -> Self:
        """Draw the line."""
        if sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415  # only a terminal pays for it

            self._status = Console(stderr=True).status("starting")
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the line down."""
        if self._status is not None:
            self._status.stop()

    def show(self, emitted: Emitted, now_us: int) -> None:
        """Show a window.

        Parameters
        ----------
        emitted
            The window.
        now_us
            Wall clock, Unix microseconds.
        """
        clock = emitted.clock
        self._events += emitted.events
        reached = clock.shown(emitted.watermark)
        # How long ago the last second emitted was due.
        lag_s = max(0.0, (now_us - clock.real_us(emitted.watermark + 1)) / US_PER_S)
        if self._status is not None:
            rate = self._events / max(time.monotonic() - self._began, 1e-3)
            self._status.update(
                f"simulated time {reached}  {self._events:,} events  {rate:,.0f} events/s  lag {lag_s:.1f} s"
            )
        elif emitted.events:
            self._say(
                f"{reached}  {emitted.events:,} events in {len(emitted.files)} "
                f"{'file' if len(emitted.files) == 1 else 'files'}  lag {lag_s:.1f} s"
            )
