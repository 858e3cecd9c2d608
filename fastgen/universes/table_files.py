"""Write the tables of a site day by day: DATASET/universe/tables/NAME/site=SITE/part-FIRST-LAST.parquet."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from fastgen.dataset.manifest_entries import FileEntry
from fastgen.files import hash_file, write_whole
from fastgen.kernels.order_ids import write_order_ids
from fastgen.queueing.activity import Activity, describe_equipment, no_activity
from fastgen.queueing.day_log import join_logs
from fastgen.queueing.measures import make_edges, measure_day
from fastgen.rng import Purpose, stream
from fastgen.units import US_PER_MIN
from fastgen.universes.day_tables import epoch_us, make_order_lines, make_orders, make_steps
from fastgen.universes.measure_tables import make_metrics, make_station_metrics
from fastgen.universes.site_tables import make_disturbances, make_kitchens, make_people, make_stations

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.queueing.day_log import DayLog
    from fastgen.universes.day_tables import Menu
    from fastgen.universes.site_plan import SitePlan

DAY_TABLES = ("orders", "order_lines", "steps", "metrics", "station_metrics")
SITE_TABLES = ("kitchens", "stations", "persons", "disturbances")
TABLES = (*SITE_TABLES, *DAY_TABLES)
INTERVAL_US = 15 * US_PER_MIN
# Steps at which days are written together: some 30 MB in memory.
_ROWS = 250_000
# Rows are sorted by day, so a reader who asks for some days skips most row groups of a large file.
_GROUP_ROWS = 128_000
# What Hive, and so Spark, writes as %XX in the name of a folder.
_ESCAPED = frozenset("\"#%'*/:=?\\{}[]^\x7f")


def site_folder(tables: Path, name: str, site: str) -> Path:
    """Return the folder of a site's files in a table; readers take the site from its name."""
    escaped = "".join(f"%{ord(c):02X}" if c in _ESCAPED or c < " " else c for c in site)
    return tables / name / f"site={escaped}"


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
        self._logs: list[DayLog] = []
        self._rows = 0

    @property
    def state(self) -> dict[str, Any]:
        """What a writer of the next days goes on from, as JSON; all days before are written."""
        values = self._activity._asdict()
        return {name: value if isinstance(value, int) else value.tolist() for name, value in values.items()}

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
        for table, frame in self._make().items():
            folder = site_folder(self._tables, table, self._plan.site.info.name)
            _write(frame, folder / name)
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
            folder = site_folder(self._tables, table, self._plan.site.info.name)
            _write(frame, folder / "part-00000.parquet")

    def remove_from(self, day: int) -> None:
        """Remove the files of a day and of later ones, which another run has left."""
        for table in DAY_TABLES:
            folder = site_folder(self._tables, table, self._plan.site.info.name)
            for path in folder.glob("part-*.parquet"):
                # A file never has days of both sides: all are written before a snapshot.
                if int(path.name.split("-")[1]) >= day:
                    path.unlink()


def _read_activity(carried: Mapping[str, Any]) -> Activity:
    """Read `SiteTables.state`."""
    *empty, _ = no_activity()
    # A list without rows has lost its number of columns.
    arrays = [
        np.array(carried[name], np.int64).reshape(-1, none.shape[1])
        for name, none in zip(Activity._fields, empty, strict=False)
    ]
    return Activity._make((*arrays, carried["n_left_open"]))


def number_orders(tables: Path, site: str, seed: int, first_index: NDArray[np.int64]) -> None:
    """Fill in the ids of a site's orders, which are those of the dataset's events.

    Parameters
    ----------
    tables, site
        Folder of all tables, and name of the site.
    seed
        Seed of the dataset.
    first_index
        int64 (n_days,), index in the dataset of each day's first order; see `OrderSource`.

    Raises
    ------
    OutputError
        If a file can't be written.
    """
    address = stream(seed, 0, Purpose.ORDER_ID)
    for path in sorted(site_folder(tables, "orders", site).glob("part-*.parquet")):
        orders = pl.read_parquet(path, hive_partitioning=False)
        index = first_index[orders["day"].to_numpy()] + orders["order_number"].to_numpy()
        view = np.empty((len(index), 2), np.int64)
        write_order_ids(address, index, view)
        # A view of 16 bytes: the length in 4 bytes, then at most 8 characters, and zeros.
        ids = [text[4:].rstrip(b"\0").decode() for text in view.view("V16").ravel().tolist()]
        numbered = orders.with_columns(order_id=pl.Series(ids, dtype=pl.String))
        # A longer run finds those of the days before numbered already, and leaves their files as they are.
        if not numbered.equals(orders):
            _write(numbered, path)


def list_tables(tables: Path, root: Path) -> list[FileEntry]:
    """List all files of the tables with rows, bytes and hashes, by their paths relative to a folder."""
    return [
        FileEntry(
            path.relative_to(root).as_posix(),
            pl.scan_parquet(path, hive_partitioning=False).select(pl.len()).collect().item(),
            path.stat().st_size,
            hash_file(path),
        )
        for path in sorted(tables.rglob("*.parquet"))
    ]


def scan_table(tables: Path, name: str) -> pl.LazyFrame:
    """Scan a table of all sites, with the column `site`."""
    return pl.scan_parquet(
        tables / name / "**/*.parquet", hive_partitioning=True, hive_schema={"site": pl.String}
    )


def _write(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame into a Parquet file, whole or not at all; the same bytes with the same Polars."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=3, row_group_size=_GROUP_ROWS)
    write_whole(path, buffer.getvalue())
