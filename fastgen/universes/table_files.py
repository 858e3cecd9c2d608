"""Write the tables of a site day by day: DATASET/universe/tables/NAME/site=SITE/part-FIRST-LAST.parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import numpy as np
import polars as pl

from fastgen.dataset.manifest_entries import FileEntry
from fastgen.dataset.result_tables import DAY_TABLES
from fastgen.files import hash_file
from fastgen.queueing.activity import Activity, describe_equipment, no_activity
from fastgen.queueing.day_log import join_logs
from fastgen.queueing.measures import make_edges, measure_day
from fastgen.units import US_PER_MIN
from fastgen.universes.day_tables import epoch_us, make_order_lines, make_orders, make_steps
from fastgen.universes.measure_tables import make_metrics, make_station_metrics
from fastgen.universes.numbering import read_numbered
from fastgen.universes.part_files import site_folder, write_part
from fastgen.universes.run_folder import check_file
from fastgen.universes.site_tables import make_disturbances, make_kitchens, make_people, make_stations

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fastgen.queueing.day_log import DayLog
    from fastgen.universes.day_tables import Menu
    from fastgen.universes.site_plan import SitePlan

INTERVAL_US = 15 * US_PER_MIN
# Steps at which days are written together: some 30 MB in memory.
_ROWS = 250_000


class SiteTables:
    """Writes the tables of a site, whole days at a time.

    Parameters
    ----------
    tables
        Folder of all tables.
    plan, menu
        What the site is, and what the items of the templates are called.
    carried
        `state` of a writer that has written the days before; None: begin with day 0.
    interval_us
        Length of the intervals of the measures, microseconds.
    """

    def __init__(
        self,
        tables: Path,
        plan: SitePlan,
        menu: Menu,
        carried: Mapping[str, Any] | None = None,
        interval_us: int = INTERVAL_US,
    ) -> None:
        self._tables, self._plan, self._menu, self._interval_us = tables, plan, menu, interval_us
        self._equipment = describe_equipment(plan.capacity, plan.changes, plan.weather)
        self._epoch = epoch_us(plan.start)
        self._activity = no_activity() if carried is None else _read_activity(carried)
        # SHA-256 of each table's file, by the name of the file. A state of an older version has none.
        self._hashes: dict[str, dict[str, str]] = {} if carried is None else dict(carried.get("hashes", {}))
        self._logs: list[DayLog] = []
        self._rows = 0

    @property
    def state(self) -> dict[str, Any]:
        """What a writer of the next days goes on from, as JSON; all days before are written."""
        values = self._activity._asdict()
        lists = {name: value if isinstance(value, int) else value.tolist() for name, value in values.items()}
        return {**lists, "hashes": self._hashes}

    def add(self, log: DayLog) -> None:
        """Take the orders of the next day; they may be written later, with those of other days.

        Raises
        ------
        OutputError
            If a file can't be written.
        """
        self._logs.append(log)
        self._rows += len(log.steps)
        if self._rows >= _ROWS:
            self.flush()

    def flush(self) -> None:
        """Write all days that have been added.

        Raises
        ------
        OutputError
            If a file can't be written.
        """
        # A file without rows of a day would have no days in its name.
        if not self._logs:
            return
        days = [log.day for log in self._logs]
        name = f"part-{days[0]:05d}-{days[-1]:05d}.parquet"
        self._hashes[name] = {
            table: write_part(frame, self._folder(table) / name) for table, frame in self._make().items()
        }
        self._logs.clear()
        self._rows = 0

    def _make(self) -> dict[str, pl.DataFrame]:
        """Make the tables of all days that have been added, at once: a table costs the same for any day."""
        log = join_logs(self._logs)
        edges, day = [], []
        for one in self._logs:
            begins_us, ends_us = (self._plan.day_start_us(one.day + i) for i in range(2))
            # Of a run that is stopped within the day, nothing later has happened.
            of_day = make_edges(begins_us, max(begins_us, min(ends_us, one.cut_us)), self._interval_us)
            edges.append(of_day[:-1])
            day.append(np.full(len(of_day) - 1, one.day))
        of_all = np.concatenate([*edges, of_day[-1:]])
        site, pools, self._activity = measure_day(self._activity, log, self._equipment, of_all)
        days = np.concatenate(day)
        return {
            "orders": make_orders(log, self._equipment, self._epoch),
            "order_lines": make_order_lines(log, self._menu, self._epoch),
            "steps": make_steps(log, self._epoch),
            "metrics": make_metrics(days, site, self._epoch),
            "station_metrics": make_station_metrics(days, site, pools, self._equipment, self._epoch),
        }

    def write_site(self) -> None:
        """Write the tables of what the site is.

        Raises
        ------
        OutputError
            If a file can't be written.
        """
        made = {
            "kitchens": make_kitchens(self._plan),
            "stations": make_stations(self._plan),
            "persons": make_people(self._plan),
            "disturbances": make_disturbances(self._plan),
        }
        for table, frame in made.items():
            write_part(frame, self._folder(table) / "part-00000.parquet")

    def remove_from(self, day: int) -> None:
        """Remove the files of a day and of later ones, which another run has left."""
        for table in DAY_TABLES:
            for path in self._folder(table).glob("part-*.parquet"):
                # A file never has days of both sides: all are written before a snapshot.
                if int(path.name.split("-")[1]) >= day:
                    path.unlink()

    def check(self) -> None:
        """Check that the files of the days before have the bytes that were written.

        Raises
        ------
        DamageError
            If one is missing or damaged.
        """
        numbered = read_numbered(self._tables, self._plan.site.info.name)
        for name, hashes in self._hashes.items():
            for table, sha256 in hashes.items():
                wanted = {sha256, numbered.get(name)} if table == "orders" else {sha256}
                check_file(self._folder(table) / name, wanted)

    def _folder(self, table: str) -> Path:
        return site_folder(self._tables, table, self._plan.site.info.name)


def _read_activity(carried: Mapping[str, Any]) -> Activity:
    """Read `SiteTables.state`."""
    *empty, _ = no_activity()
    # A list without rows has lost its number of columns.
    arrays = [
        np.array(carried[name], np.int64).reshape(-1, none.shape[1])
        for name, none in zip(Activity._fields, empty, strict=False)
    ]
    return Activity._make((*arrays, carried["n_left_open"]))


def _count_rows(path: Path) -> int:
    scan = pl.scan_parquet(path.absolute(), glob=False, hive_partitioning=False)
    n: int = scan.select(pl.len()).collect().item()
    return n


def list_tables(tables: Path, root: Path) -> list[FileEntry]:
    """List all files of the tables with rows, bytes and hashes, by their paths relative to a folder."""
    return [
        FileEntry(
            path.relative_to(root).as_posix(),
            _count_rows(path),
            path.stat().st_size,
            hash_file(path),
        )
        for path in sorted(tables.rglob("*.parquet"))
    ]


def scan_table(tables: Path, name: str) -> pl.LazyFrame:
    """Scan a table of all sites, with the column `site`."""
    # By explicit paths, absolute: Polars takes * and [ of a path for a pattern, KEY=VALUE of any folder for a
    # column, and a relative path such as file:x for a URL.
    return pl.concat(
        pl.scan_parquet(
            sorted(folder.absolute().glob("*.parquet")), glob=False, hive_partitioning=False
        ).with_columns(site=pl.lit(unquote(folder.name.removeprefix("site=")), pl.String))
        for folder in sorted((tables / name).iterdir())
    )
