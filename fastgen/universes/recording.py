"""Run a site of a universe, and record its orders day by day, so that memory doesn't grow."""

from __future__ import annotations

import shutil
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

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
    from collections.abc import Callable
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


class SiteTask(NamedTuple):
    """The recording of one site.

    Attributes
    ----------
    plan
        The site.
    menu
        What the items of the templates are called.
    universe
        The folder `universe` of the dataset.
    span
        How far the site runs.
    """

    plan: SitePlan
    menu: Menu
    universe: Path
    span: Span

    @property
    def site(self) -> str:
        """Name of the site."""
        return self.plan.site.info.name


def record_site(task: SiteTask, advance: Callable[[int], None], is_over: Callable[[], bool]) -> SiteRecord:
    """Run a site from its last snapshot on, and write its tables, orders and snapshots.

    Parameters
    ----------
    task
        The site, and how far it runs.
    advance
        Called with a number of days that the site has run.
    is_over
        Called after each day of the site, before it is written; returns whether nobody waits for the rest.

    Returns
    -------
    SiteRecord
        What the site has recorded.

    Raises
    ------
    OutputError
        If a file can't be written.
    DamageError
        If the last snapshot of the site is damaged.
    CancelledError
        If nobody waits for the rest.
    """
    return _SiteRecorder(task, is_over).run(advance)


class _SiteRecorder:
    """Records one site."""

    _tables: SiteTables

    def __init__(self, task: SiteTask, is_over: Callable[[], bool]) -> None:
        self._plan, self._menu, self._universe, self._span = task
        self._is_over = is_over
        self._snapshots = self._universe / SNAPSHOTS / task.site
        self._orders = self._universe / ORDERS / task.site
        self._waiting: list[RecordedOrders] = []

    def run(self, advance: Callable[[int], None]) -> SiteRecord:
        """Run the site to its end, and return what it has recorded."""
        end_us = self._span.end_us(self._plan)
        run, record = self._begin(end_us)
        advance(run.n_taken)
        for log in run.run_to(end_us):
            self._add(log)
            advance(1)
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
        # Before the day is written, and maybe other days with it.
        if self._is_over():
            raise CancelledError
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
