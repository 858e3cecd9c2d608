"""The interface between a run of a universe and what does its work: threads of this process, or a cluster."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from threading import Event, current_thread, main_thread
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from fastgen.building.workers import make_with_workers
from fastgen.universes.recording import SiteTask, record_site
from fastgen.universes.run_folder import SiteRecord

if TYPE_CHECKING:
    from fastgen.building.job import Engine

# Records sites; calls a function with the number of days that a site has run, maybe in another thread.
# Returns what each site has recorded, by its name.
RecordSites: TypeAlias = Callable[[Sequence[SiteTask], Callable[[int], None]], dict[str, SiteRecord]]


class RunEngine(NamedTuple):
    """What does the work of a run.

    Attributes
    ----------
    record
        Records all sites.
    build
        Makes the events of the orders that they have recorded.
    """

    record: RecordSites
    build: Engine


def local_engine(workers: int | None) -> RunEngine:
    """Make the engine that works on this machine.

    Parameters
    ----------
    workers
        Sites that run at the same time, and workers of the build; None: as many as cores.
    """
    return RunEngine(partial(record_in_threads, workers=workers), partial(make_with_workers, workers=workers))


def record_in_threads(
    tasks: Sequence[SiteTask], advance: Callable[[int], None], *, workers: int | None
) -> dict[str, SiteRecord]:
    """Record sites in threads of this process.

    The loop and the draws of a site are compiled code, and Polars and PyArrow write its tables: none of them
    needs the GIL. Two threads took as long as two processes that shared the sites (docs/universe.md), and
    Polars hangs in a copy of a process that has used it.

    Parameters
    ----------
    tasks
        The sites.
    advance
        Called with a number of days that a site has run, by several threads.
    workers
        Sites that run at the same time; None: as many as cores.

    Returns
    -------
    dict of SiteRecord
        What each site has recorded, by its name.

    Raises
    ------
    OutputError, DamageError
        As `record_site`; the other sites then end at the end of a day.
    """
    _take_interrupts()
    is_over = Event()
    with ThreadPoolExecutor(min(workers or os.cpu_count() or 1, len(tasks))) as pool:
        running = {task.site: pool.submit(record_site, task, advance, is_over.is_set) for task in tasks}
        try:
            # As soon as one fails, or Ctrl-C reaches this thread, the others have nothing to work for.
            for one in as_completed(running.values()):
                one.result()
        except BaseException:
            is_over.set()
            pool.shutdown(cancel_futures=True)
            raise
    return {name: one.result() for name, one in running.items()}


def _take_interrupts() -> None:
    """Let Ctrl-C end a run: Polars takes it while one of its threads computes, and may forget it."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is not None and current_thread() is main_thread():
        # Setting the handler anew replaces the one that Polars has put before it.
        signal.signal(signal.SIGINT, handler)
