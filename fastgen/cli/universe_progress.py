"""Show the progress of a universe's run on stderr: a bar of days, then the bar of the build."""

from __future__ import annotations

import sys
from threading import Lock
from typing import TYPE_CHECKING

from fastgen.cli.progress import TerminalProgress
from fastgen.universes.run_options import RunProgress

if TYPE_CHECKING:
    from rich import progress as bars


class TerminalRunProgress(TerminalProgress, RunProgress):
    """Draws a bar of the days that sites have run, and then that of the build."""

    def __init__(self) -> None:
        super().__init__()
        self._days: bars.Progress | None = None
        self._days_task: bars.TaskID | None = None
        self._days_lock = Lock()

    def __exit__(self, *of_error: object) -> None:
        """Remove the bars, also after an error."""
        self._end_days()
        super().__exit__(*of_error)

    def start_days(self, n: int) -> None:
        """Draw the bar of days."""
        if not sys.stderr.isatty():
            return
        from rich import progress as bars  # noqa: PLC0415  # only a terminal pays for it
        from rich.console import Console  # noqa: PLC0415

        self._days = bars.Progress(
            bars.BarColumn(),
            bars.TaskProgressColumn(),
            bars.TextColumn("{task.completed:,.0f} days of sites"),
            bars.TimeRemainingColumn(),
            console=Console(stderr=True),
            auto_refresh=False,  # it takes a thread, and a process with threads can't be copied for workers
        )
        self._days_task = self._days.add_task("", total=max(1, n))
        self._days.start()

    def advance_days(self, n: int) -> None:
        """Count days that were run."""
        if self._days is not None and self._days_task is not None:
            with self._days_lock:  # sites run in threads
                self._days.update(self._days_task, advance=n, refresh=True)

    def start(self, events_expected: float) -> None:
        """Draw the bar of the build in place of that of the days."""
        self._end_days()
        super().start(events_expected)

    def _end_days(self) -> None:
        if self._days is not None:
            self._days.stop()
            self._days = None
