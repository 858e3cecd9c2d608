"""Tables of tests: those of the small universe, after some days."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastgen.templates.reading import read_universe
from fastgen.universes.day_tables import Menu
from fastgen.universes.numbering import number_orders
from fastgen.universes.site_plan import plan_sites
from fastgen.universes.site_run import run_days
from fastgen.universes.table_files import SiteTables, scan_table
from tests.universes.small_universe import write_universe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import polars as pl

    from fastgen.queueing.day_log import DayLog
    from fastgen.universes.site_plan import SitePlan

# The clocks of the west go forward on day 2.
START = dt.date(2024, 3, 8)
SEED = 5
DAYS = 5


@dataclass(frozen=True)
class Run:
    """A site that has run: its plan, its logs, and the folder of the tables."""

    plan: SitePlan
    menu: Menu
    logs: list[DayLog]
    tables: Path


def run_sites(folder: Path, **sites: Mapping[str, object]) -> list[Run]:
    """Run the sites of a small universe, without writing anything."""
    templates, roads = write_universe(folder, **{name: dict(site) for name, site in sites.items()})
    universe = read_universe(templates)
    plans = plan_sites(universe, SEED, START, roads, lambda _: None)
    return [Run(plan, Menu.of(universe), [*run_days(plan, DAYS)], folder / "tables") for plan in plans]


def write_tables(runs: list[Run]) -> None:
    """Write the tables of all sites, with ids of orders as a dataset of these sites has them."""
    counts = np.array([[len(log.orders) for log in run.logs] for run in runs]).T
    first = (np.cumsum(counts.ravel()) - counts.ravel()).reshape(counts.shape)
    for i, run in enumerate(runs):
        tables = SiteTables(run.tables, run.plan, run.menu)
        tables.write_site()
        for log in run.logs:
            tables.add(log)
        tables.flush()
        number_orders(run.tables, run.plan.site.info.name, SEED, first[:, i])


def read(run: Run, name: str) -> pl.DataFrame:
    """Read a table of one site, without the column of its name."""
    return scan_table(run.tables, name).filter(site=run.plan.site.info.name).drop("site").collect()
