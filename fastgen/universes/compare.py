"""Compare two universes: both run with the same seeds, and their figures are compared pair by pair."""

from __future__ import annotations

import datetime as dt
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import reduce
from itertools import product
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.building.workers import check_workers
from fastgen.errors import FastgenWarning, ScenarioError
from fastgen.model.disturbances import time_text
from fastgen.model.fields import did_you_mean
from fastgen.paths import check_input
from fastgen.queueing.activity import describe_equipment
from fastgen.queueing.figures import compute_figures
from fastgen.queueing.tally import tally_days
from fastgen.templates.arrays import make_prices
from fastgen.templates.reading import read_universe
from fastgen.templates.site_load import check_load, refuse_overload, warn_of_load
from fastgen.units import MIN_PER_DAY
from fastgen.universes.comparison import Comparison, Trial
from fastgen.universes.site_plan import check_days, plan_sites, reseed
from fastgen.universes.site_run import run_days

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from fastgen.model.disturbances import Disturbance
    from fastgen.model.site_template import Site
    from fastgen.queueing.activity import Equipment
    from fastgen.queueing.figures import Figure
    from fastgen.templates.universe import Universe
    from fastgen.universes.site_plan import SitePlan

# Date of day 0, as `fastgen universe run` has it: sites with summer time have a day of 23 hours in March.
_START = dt.date(2024, 1, 1)


class Side(NamedTuple):
    """One of the two that are compared: what it is called, and its templates."""

    name: str
    universe: Universe


class _Planned(NamedTuple):
    """A site that can be run and measured."""

    plan: SitePlan
    equipment: Equipment
    prices: NDArray[np.float64]


def compare(
    a: str | os.PathLike[str],
    b: str | os.PathLike[str] | None = None,
    *,
    without: str | Sequence[str] = (),
    seeds: int = 10,
    seed: int = 42,
    days: int = 7,
    warm_up: int = 1,
    roads: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    force: bool = False,
    announce: Callable[[str], None] = lambda _: None,
    advance: Callable[[int, int], None] = lambda _done, _all: None,
) -> Comparison:
    """Compare two universes: run both with the same seeds, and judge how their figures differ.

    Parameters
    ----------
    a, b
        Their template folders, which have sites of the same names. With one folder, B is it and A is the same
        without some disturbances.
    without
        Name, or names, of disturbances that A leaves out, at all sites. What is launched by one is never sold
        then.
    seeds, seed
        Number of seeds that both run with, and the first of them.
    days, warm_up
        Days that are measured, and days that run before them: a site starts empty.
    roads
        Folder of NAME.roads files for sites without a built-in network, or None.
    workers
        Number of threads; None for one a core. The figures are the same with any number.
    force
        Whether to accept a load over 1, whose queues grow all through a rush.
    announce
        Called with a line before routes are computed.
    advance
        Called with the number of runs that are done, and of all runs.

    Raises
    ------
    ScenarioError
        If a folder or a number is wrong, or a load is over 1.
    DataError
        If a site has no road network, or one can't be used.
    """
    # A string is a sequence, too: of its letters.
    without = (without,) if isinstance(without, str) else without
    if (b is None) != bool(without):
        raise ScenarioError(
            "without: expected names of disturbances to leave out, or a second template folder, got "
            f"{'neither' if b is None else 'both'}."
        )
    trial = Trial(seeds, seed, days, warm_up)
    check_workers(workers)
    roads = None if roads is None else Path(roads)
    first = check_input(os.fspath(a), "a")
    sides = (
        _leave_out(first, without, trial) if b is None else _read_sides(first, check_input(os.fspath(b), "b"))
    )
    for side in sides:
        _check_load(side, roads, announce, force=force)
    planned = [_plan(side, trial, roads, announce) for side in sides]
    tasks = list(product(range(seed, seed + seeds), planned))
    runs: list[list[dict[Figure, float]]] = []
    # Draws, the loop of a site and most of NumPy release the interpreter's lock. Few comparisons take long:
    # processes, each with plans of its own, would take as long to start.
    with ThreadPoolExecutor(min(workers or os.cpu_count() or 1, len(tasks))) as pool:
        for run in pool.map(lambda task: _run(task[1], trial, task[0]), tasks):
            runs.append(run)
            advance(len(runs), len(tasks))
    names = [site.plan.site.info.name for site in planned[0]]
    values = [[list(figures.values()) for figures in run] for run in runs]
    return Comparison(
        a=sides[0].name,
        b=sides[1].name,
        trial=trial,
        sites=(*names, None) if len(names) > 1 else tuple(names),
        figures=tuple(runs[0][0]),
        values=np.array(values).reshape(seeds, 2, *np.shape(values)[1:]),
    )


def _read_sides(a: Path, b: Path) -> tuple[Side, Side]:
    sides = Side(str(a), read_universe(a)), Side(str(b), read_universe(b))
    # The name of a site decides its draws.
    names, others = (sorted(site.info.name for site in side.universe.sites.values()) for side in sides)
    if names != others:
        raise ScenarioError(
            f"{b}: expected the sites of {a}, for the customers are the same in both: {', '.join(names)}; "
            f"got {', '.join(others)}."
        )
    return sides


def _leave_out(folder: Path, without: Sequence[str], trial: Trial) -> tuple[Side, Side]:
    """Make a universe without some disturbances, as A, and the whole as B."""
    whole = read_universe(folder)
    disturbances = [one for site in whole.sites.values() for one in site.disturbances]
    known = sorted({one.name for one in disturbances})
    for name in without:
        if name not in known:
            hint = did_you_mean(name, known) if known else "there is none."
            raise ScenarioError(f"{folder}: expected a disturbance named {name!r}: {hint}")
    _warn_of_unmeasured([one for one in disturbances if one.name in without], trial)
    sites = {file: _leave_out_of_site(whole, site, without) for file, site in whole.sites.items()}
    listed = " and ".join(repr(name) for name in without)
    return Side(f"{folder} without {listed}", replace(whole, sites=sites)), Side(str(folder), whole)


def _warn_of_unmeasured(left_out: list[Disturbance], trial: Trial) -> None:
    """Warn of disturbances that are over before the first measured day, or begin after the last."""
    first_min, end_min = (day * MIN_PER_DAY for day in (trial.warm_up, trial.warm_up + trial.days))
    for one in left_out:
        if one.from_min >= end_min or (one.to_min is not None and one.to_min <= first_min):
            warnings.warn(
                f"expected disturbances on days {trial.warm_up} to {trial.warm_up + trial.days - 1}, which "
                f"are measured, got {one.name!r} at {time_text(one.from_min)}: its effect may not be seen.",
                FastgenWarning,
                stacklevel=4,
            )


def _leave_out_of_site(universe: Universe, site: Site, without: Sequence[str]) -> Site:
    kept = tuple(one for one in site.disturbances if one.name not in without)
    never_launched = {one.brand for one in site.disturbances if one not in kept}
    sold = tuple(brand.name for brand in universe.brands_of(site) if brand.name not in never_launched)
    return replace(site, disturbances=kept, brands=sold)


def _check_load(side: Side, roads: Path | None, announce: Callable[[str], None], *, force: bool) -> None:
    checked = check_load(side.universe, roads, announce)
    for line in warn_of_load(checked):
        warnings.warn(f"{side.name}: {line}", FastgenWarning, stacklevel=3)
    if not force:
        refuse_overload(side.universe.folder, checked)


def _plan(side: Side, trial: Trial, roads: Path | None, announce: Callable[[str], None]) -> list[_Planned]:
    """Plan the sites of one side, sorted by name."""
    prices = make_prices(side.universe)
    plans = plan_sites(side.universe, trial.seed, _START, roads, announce)
    check_days(plans, trial.warm_up + trial.days)
    return [
        _Planned(plan, describe_equipment(plan.capacity, plan.changes, plan.weather), prices)
        for plan in sorted(plans, key=lambda plan: plan.site.info.name)
    ]


def _run(planned: list[_Planned], trial: Trial, seed: int) -> list[dict[Figure, float]]:
    """Run all sites with a seed; compute the figures of each, and of all together if there are several."""
    n_days = trial.warm_up + trial.days
    # One site after the other, so that memory holds the orders of a few days of one.
    tallies = []
    for plan, equipment, prices in planned:
        day_starts_us = np.array([plan.day_start_us(day) for day in range(n_days + 1)])
        logs = run_days(reseed(plan, seed), n_days)
        tallies.append(tally_days(logs, day_starts_us, trial.warm_up, equipment, prices))
    if len(tallies) > 1:
        tallies.append(reduce(add, tallies))
    return [compute_figures(tally) for tally in tallies]
