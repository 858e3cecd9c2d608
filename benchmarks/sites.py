"""Sites of a universe for benchmarks: sf of the preset with as many customers as asked, all else in step."""

from __future__ import annotations

import copy
import datetime as dt
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.queueing.kernels import records as r
from fastgen.queueing.site import Demand
from fastgen.templates.preset_files import make_preset
from fastgen.templates.reading import read_universe
from fastgen.universes.site_plan import plan_sites
from tests.templates.folders import write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastgen.queueing.day_log import DayLog
    from fastgen.universes.site_plan import SitePlan

SEED = 1
START = dt.date(2024, 1, 1)


def plan_site(**changes: Any) -> SitePlan:
    """Plan the run of sf with some keys of its template changed."""
    files = {
        name: content for name, content in make_preset("canonical").items() if not name.startswith("sites/")
    }
    files["sites/sf.json"] = make_preset("canonical")["sites/sf.json"] | changes
    with tempfile.TemporaryDirectory() as folder:
        universe = read_universe(write(files, Path(folder)))
        (plan,) = plan_sites(universe, SEED, START, None, lambda _: None)
    return plan


def plan_customers(n: int) -> SitePlan:
    """Plan sf with a number of customers, and as many kitchens and couriers for each as the preset has."""
    site = copy.deepcopy(make_preset("canonical")["sites/sf.json"])
    times = n // site["population"]["customers"]
    stations = site["kitchens"][0]["stations"]
    return plan_site(
        population={"customers": n},
        couriers={"number": site["couriers"]["number"] * times},
        kitchens=[
            {"info": {"name": f"kitchen-{k}"}, "stations": stations}
            for k in range(len(site["kitchens"]) * times)
        ],
    )


def count_model_events(logs: Sequence[DayLog]) -> int:
    """Count created, starts and ends of steps, ready, assigned, picked up and delivered."""
    n_steps = sum(int(np.count_nonzero(log.steps[:, r.STEP_STARTED] != r.NOT_YET)) for log in logs)
    return 5 * sum(len(log.orders) for log in logs) + 2 * n_steps


def join_days(days: Sequence[Demand]) -> Demand:
    """Join the demands of days that follow each other into one."""
    columns = {name: np.concatenate([getattr(day, name) for day in days]) for name in Demand._fields}
    for name, part in (("line_start", 1), ("step_start", 2)):
        before = np.cumsum([0, *(day.sizes[part] for day in days)])
        starts = [getattr(day, name)[:-1] + first for day, first in zip(days, before, strict=False)]
        columns[name] = np.concatenate([*starts, before[-1:]])
    return Demand(**columns)
