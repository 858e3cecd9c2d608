"""Run the sites of a universe, and record their orders day by day, so that memory doesn't grow."""

from __future__ import annotations

import shutil
import signal
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from threading import Event, current_thread, main_thread
from typing import TYPE_CHECKING

from fastgen.files import hash_file
from fastgen.universes.recorded_orders import RecordedOrders, join_recorded, record_day, write_recorded
from fastgen.universes.run_folder import (
    ORDERS,
    SNAPSHOTS,
    TABLES,
    RecordedFile,
    SiteRecord,
    check_files,
)
from fastgen.universes.site_run import SiteRun
from fastgen.universes.snapshots import find_snapshot, read_snapshot, write_snapshot
from fastgen.universes.table_files import SiteTables

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fastgen.queueing.day_log import DayLog
    from fastgen.universes.day_tables import Menu
    from fastgen.universes.site_plan import SitePlan


@dataclass(frozen=True)
class Span:
    """How far a run goes, and how often it keeps its state.

    Attributes
    ----------
    days
        Days to record.
    stop_at_us
        Where the run stops on its last day, microseconds since the epoch; None: after the last day.
    snapshot_every
        Days between two snapshots.
    epoch
        Time of day 0, 00:00 of the dataset.
    """

    days: int
    stop_at_us: int | None
    snapshot_every: int
    epoch: dt.datetime

    def end_us(self, plan: SitePlan) -> int:
        """Compute where a site stops: where its last day is complete, unless the run stops earlier."""
        whole = plan.day_start_us(self.days + 1)
        return whole if self.stop_at_us is None else min(whole, self.stop_at_us)


def record_sites(
    plans: Sequence[SitePlan],
    menu: Menu,
    universe: Path,
    span: Span,
    workers: int,
    advance: Callable[[int], None],
) -> dict[str, SiteRecord]:
    """Run all sites, each from its last snapshot on, and write their tables.

    Parameters
    ----------
    plans
        The sites.
    menu
        What the items of the templates are called.
    universe
        The folder `universe` of the dataset.
    span
        How far they run.
    workers
        Sites that run at the same time.
    advance
        Called with a number of days that a site has run, by several threads.

    Returns
    -------
    dict of SiteRecord
        What each site has recorded, by its name.

    Raises
    ------
    OutputError
        If a file can't be written.
    DamageError
        If the snapshot of a site is damaged.
    """
    _take_interrupts()
    is_over = Event()

    def record(plan: SitePlan) -> SiteRecord:
        return _SiteRecorder(plan, menu, universe, span, is_over).run(advance)

    # Threads, because the loop and the draws of a site are compiled code, which releases the GIL.
    with ThreadPoolExecutor(workers) as pool:
        running = {plan.site.info.name: pool.submit(record, plan) for plan in plans}
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


class _SiteRecorder:
    """Records one site."""

    _tables: SiteTables

    def __init__(self, plan: SitePlan, menu: Menu, universe: Path, span: Span, is_over: Event) -> None:
        name = plan.site.info.name
        self._plan, self._universe, self._span, self._is_over = plan, universe, span, is_over
        self._menu = menu
        self._snapshots, self._orders = universe / SNAPSHOTS / name, universe / ORDERS / name
        self._waiting: list[RecordedOrders] = []

    def run(self, advance: Callable[[int], None]) -> SiteRecord:
        """Run the site to its end, and return what it has recorded."""
        end_us = self._span.end_us(self._plan)
        run, record = self._begin(end_us)
        advance(run.n_taken)
        for log in run.run_to(end_us):
            self._add(log)
            advance(1)
            if self._is_over.is_set():
                raise CancelledError
            # By the number of the day, not of days run: so files are cut alike, whenever a run was stopped.
            if run.n_taken % self._span.snapshot_every == 0:
                record = self._flush(record)
                self._keep(run, record)
        record = self._flush(record)
        self._keep(run, record)
        for log in run.take_incomplete(self._span.days):
            self._add(log)
        return self._flush(record)

    def _add(self, log: DayLog) -> None:
        self._waiting.append(record_day(self._plan, log))
        self._tables.add(log)

    def _begin(self, end_us: int) -> tuple[SiteRun, SiteRecord]:
        """Go on from the last snapshot, if it isn't beyond the end; remove what was recorded after it."""
        run, record, carried = None, SiteRecord(), None
        path = find_snapshot(self._snapshots)
        if path is not None:
            run, stated = read_snapshot(self._plan, path)
            record, carried = SiteRecord.of(stated["record"]), stated["measures"]
        # A snapshot beyond the end is of a longer run that never was finished.
        if run is None or run.clock_us > end_us:
            run, record, carried = SiteRun.begin(self._plan), SiteRecord(), None
            shutil.rmtree(self._snapshots, ignore_errors=True)
        self._tables = SiteTables(self._universe / TABLES, self._plan, self._menu, carried)
        self._tables.remove_from(len(record.n_orders))
        self._tables.write_site()
        self._tables.check()
        check_files(self._universe, record.files)
        known = {self._universe / file.path for file in record.files}
        for path in self._orders.glob("*") if self._orders.is_dir() else ():
            if path not in known:
                path.unlink(missing_ok=True)
        return run, record

    def _flush(self, record: SiteRecord) -> SiteRecord:
        """Write the orders that wait in memory, if there are any, as a file of their days."""
        if not self._waiting:
            return record
        self._tables.flush()
        recorded = join_recorded(self._waiting)
        first = len(record.n_orders)
        last = first + len(self._waiting) - 1
        path = self._orders / f"part-{first:05d}-{last:05d}.parquet"
        write_recorded(recorded, path)
        counts = tuple(len(day.draw) for day in self._waiting)
        self._waiting = []
        file = RecordedFile(str(path.relative_to(self._universe)), first, last, hash_file(path))
        return replace(
            record,
            n_orders=(*record.n_orders, *counts),
            longest_preparation_us=max(record.longest_preparation_us, recorded.longest_preparation_us()),
            files=(*record.files, file),
        )

    def _keep(self, run: SiteRun, record: SiteRecord) -> None:
        # After the files that it lists: those of a run that is killed before it are removed by the next one.
        carried = {"record": record.to_dict(), "measures": self._tables.state}
        write_snapshot(run, carried, self._snapshots, self._span.epoch)
