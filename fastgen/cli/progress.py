"""Show a build's progress on stderr: a bar on a terminal, else only lines about slow steps."""

from __future__ import annotations

import sys
from threading import Lock
from typing import TYPE_CHECKING, Self

from numba.core import event

from fastgen.building.job import Progress
from fastgen.cli.compiling import CompileListener
from fastgen.cli.printing import escape, say

if TYPE_CHECKING:
    from rich import progress as bars

REDRAW_S = 0.1  # least time between two drawings of the bar


class TerminalProgress(Progress):
    """Prints lines about slow steps on stderr, and draws a bar there if it is a terminal."""

    def __init__(self) -> None:
        self._bar: bars.Progress | None = None
        self._task: bars.TaskID | None = None
        self._orders = self._made = 0
        self._drawn_s = 0.0
        self._listener = CompileListener(self.announce)
        self._lock = Lock()

    def __enter__(self) -> Self:
        """Announce compilation from now on."""
        event.register("numba:compile", self._listener)
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the bar, also after an error."""
        event.unregister("numba:compile", self._listener)
        if self._bar is not None:
            self._bar.stop()

    def announce(self, line: str) -> None:
        """Print a line, above the bar if there is one."""
        if self._bar is None:
            say(line, err=True)
        else:
            self._bar.console.print(escape(line), markup=False, highlight=False, emoji=False)

    def start(self, events_expected: float) -> None:
        """Draw the bar."""
        if not sys.stderr.isatty():
            return
        from rich import progress as bars  # noqa: PLC0415  # only a terminal pays for it
        from rich.console import Console  # noqa: PLC0415

        self._bar = bars.Progress(
            bars.BarColumn(),
            bars.TaskProgressColumn(),
            bars.TextColumn("{task.fields[orders]:,} orders"),
            bars.TextColumn("{task.completed:,.0f} events"),
            bars.TextColumn("{task.fields[rate]:,.0f} events/s"),
            bars.TimeRemainingColumn(),
            console=Console(stderr=True),
            auto_refresh=False,  # it takes a thread, and a process with threads can't be copied for workers
        )
        # At least one: a bar of nothing would be complete from the start.
        self._task = self._bar.add_task("", total=max(1.0, events_expected), orders=0, rate=0.0)
        self._bar.start()

    def keep(self, orders: int, events: int) -> None:
        """Count what an earlier run made; it doesn't count for events a second."""
        self._show(orders, events, 0)

    def advance(self, orders: int, events: int) -> None:
        """Count what this run made."""
        self._show(orders, events, events)

    def _show(self, orders: int, events: int, made: int) -> None:
        if self._bar is None or self._task is None:
            return
        with self._lock:  # workers that are threads report at the same time
            self._orders += orders
            self._made += made
            elapsed = self._bar.tasks[self._task].elapsed or 0.0
            rate = self._made / elapsed if elapsed else 0.0
            now = self._bar.get_time()
            if redraw := now - self._drawn_s >= REDRAW_S:
                self._drawn_s = now
            self._bar.update(self._task, advance=events, orders=self._orders, rate=rate, refresh=redraw)
