"""Sites in which every state of an order and of a person occurs, and their CloudEvents."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.universes.cloud_event_files import write_cloud_events
from fastgen.universes.site_run import run_days
from tests.universes.tables import DAYS, START, Run, run_sites, write_tables

if TYPE_CHECKING:
    from pathlib import Path

EPOCH = dt.datetime.combine(START, dt.time(), dt.UTC)
Event = dict[str, Any]


def run_eventful_sites(folder: Path) -> list[Run]:
    """Run two sites in which every state occurs: few stations, a closed kitchen, customers without a way."""
    made = []
    for run in run_sites(folder):
        plan, hour = run.plan, 3_600_000_000
        recipes = plan.population.recipes
        # All steps at the workstations, of which one is out of order: lines wait in their midst.
        recipes = recipes._replace(step_type=np.ones_like(recipes.step_type))
        begins = plan.day_start_us(1)
        closed = ((0, 1, 1), (begins + 12 * hour, 5, 0), (begins + 14 * hour, 5, 1))
        out_mm = plan.rides.out_mm.copy()
        out_mm[plan.homes.node[::20]] = -1
        plan = replace(
            plan,
            population=replace(plan.population, recipes=recipes),
            changes=closed,
            rides=plan.rides._replace(out_mm=out_mm),
        )
        made.append(replace(run, plan=plan, logs=[*run_days(plan, DAYS)]))
    write_tables(made)
    return made


def eats(run: Run) -> dt.timedelta:
    return dt.timedelta(microseconds=run.plan.capacity.eating_us)


def write(runs: list[Run], path: Path, until: dt.datetime | None = None) -> int:
    eating = {run.plan.site.info.name: eats(run) for run in runs}
    return write_cloud_events(runs[0].tables, path, EPOCH, DAYS, until, eating)
