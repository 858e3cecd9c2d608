"""Run a universe into a dataset: record the orders of all sites, then build the events from them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from fastgen.building.build import build_plan, check_output
from fastgen.building.job import Progress
from fastgen.building.options import BuildOptions
from fastgen.building.plan import plan_simulation
from fastgen.building.workers import check_workers, make_with_workers
from fastgen.dataset.layout import MANIFEST
from fastgen.emitting.lock import hold_lock
from fastgen.errors import OutputError, ScenarioError
from fastgen.files import write_whole
from fastgen.generating.simulation import make_simulation
from fastgen.model.fields import to_dict
from fastgen.model.scenario import FIRST_START, LAST_START
from fastgen.rng import STREAM_VERSION
from fastgen.templates.reading import INGREDIENTS, read_universe
from fastgen.templates.site_load import check_load, refuse_overload, warn_of_load
from fastgen.units import MAX_DAYS, US_PER_S
from fastgen.universes.day_tables import Menu
from fastgen.universes.recorded_source import RecordedSource
from fastgen.universes.recording import Span, record_sites
from fastgen.universes.run_folder import LOCK, TABLES, TEMPLATES, UNIVERSE, RunRecord, remove_run
from fastgen.universes.scenario import make_scenario, make_tables
from fastgen.universes.site_plan import SitePlan, plan_sites
from fastgen.universes.table_files import list_tables, number_orders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fastgen.building.job import BuildResult
    from fastgen.building.plan import BuildPlan
    from fastgen.templates.universe import Universe
    from fastgen.universes.run_folder import SiteRecord

# Increase it with every change of what the engine does with the same templates.
ENGINE_VERSION = 1


class RunProgress(Progress):
    """Receives the progress of a run, and of the build after it. This class ignores it."""

    def start_days(self, n: int) -> None:
        """Receive the number of days of all sites together, before the first is run."""

    def advance_days(self, n: int) -> None:
        """Receive the number of days that a site has run since the last call; several threads call it."""


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a universe is run.

    Attributes
    ----------
    days
        Days of the dataset.
    seed
        Seed of all draws.
    start
        Date of day 0.
    stop_at_us
        Where the run stops on its last day, microseconds since day 0, 00:00 UTC; None: after the last day.
    snapshot_every
        Days between two snapshots of a site.
    roads
        Folder of NAME.roads files; a site without one there takes its built-in network.
    workers
        Sites that run at the same time, and workers of the build; None: as many as cores.
    """

    days: int
    seed: int = 42
    start: dt.date = dt.date(2024, 1, 1)
    stop_at_us: int | None = None
    snapshot_every: int = 7
    roads: Path | None = None
    workers: int | None = None

    def __post_init__(self) -> None:
        """Check what no scenario checks."""
        check_workers(self.workers)
        # A scenario checks these too, but only when everything has been run.
        for name, value, low, high in (
            ("days", self.days, 1, MAX_DAYS),
            ("seed", self.seed, 0, 2**64 - 1),
            ("start", self.start, FIRST_START, LAST_START),
        ):
            if not low <= value <= high:  # type: ignore[operator]  # each three are of one type
                raise ScenarioError(f"{name}: expected {low} <= {name} <= {high}, got {value}.")
        if self.snapshot_every < 1:
            raise ScenarioError(f"snapshot_every: expected a day at least, got {self.snapshot_every}.")
        if self.stop_at_us is not None and self.stop_at_us <= 0:
            raise ScenarioError("stop_at: expected a time after the beginning of day 0, got one before it.")


def run_universe(
    templates: Path,
    output: Path,
    options: RunOptions,
    *,
    force: bool = False,
    overwrite: bool = False,
    progress: RunProgress | None = None,
) -> BuildResult:
    """Run a template folder into a new dataset; a run that was killed goes on.

    Parameters
    ----------
    templates
        The template folder.
    output
        Folder of the dataset.
    options
        How it is run.
    force
        Whether to accept a load over 1.
    overwrite
        Whether to replace another dataset in that folder.
    progress
        Receives the progress.

    Raises
    ------
    ScenarioError, DataError
        If an input is wrong; nothing is written then.
    OutputError
        If another dataset is in the way, or a file can't be written.
    """
    progress = progress or RunProgress()
    out = check_output(output)
    universe = read_universe(templates)
    checked = list(check_load(universe, options.roads, progress.announce))
    for line in warn_of_load(checked):
        progress.announce(f"fastgen: {line}")
    if not force:
        refuse_overload(templates, checked)
    return _run(universe, out, options, progress, overwrite=overwrite)


def _run(
    universe: Universe, out: Path, options: RunOptions, progress: RunProgress, *, overwrite: bool
) -> BuildResult:
    plans = plan_sites(universe, options.seed, options.start, options.roads, progress.announce)
    record = _make_record(universe, plans, options)
    folder = out / UNIVERSE
    _check_in_the_way(record, out, overwrite=overwrite)
    with hold_lock(folder / LOCK, out, "no other run of a universe at work here, but one is"):
        if overwrite:
            remove_run(folder)
        _begin(universe, record, folder)
        span = Span(options.days, options.stop_at_us, options.snapshot_every, _epoch(options.start))
        workers = min(options.workers or os.cpu_count() or 1, len(plans))
        progress.start_days(options.days * len(plans))
        sites = record_sites(plans, Menu.of(universe), folder, span, workers, progress.advance_days)
        plan = _plan_build(universe, plans, options, record.source, sites, folder)
        tables = folder / TABLES
        for place in plan.scenario.locations:
            first_index = plan.source.first_index[place.location_id]
            number_orders(tables, place.code, options.seed, first_index)
        record.ended(sites, list_tables(tables, folder)).write(folder)
        engine = partial(make_with_workers, workers=options.workers)
        return build_plan(
            engine, out, lambda _: plan, overwrite=overwrite, progress=progress, keeps_digests=False
        )


def _epoch(start: dt.date) -> dt.datetime:
    return dt.datetime.combine(start, dt.time(), dt.UTC)


def _check_in_the_way(record: RunRecord, out: Path, *, overwrite: bool) -> None:
    """Check that the folder has no other run's record, and no dataset without one."""
    if overwrite:
        return
    found = RunRecord.read(out / UNIVERSE)
    is_finished = (out / MANIFEST).exists()
    if found is None and not is_finished:
        return
    if found is None:
        what = "one that is no run of a universe"
    elif found.run_id != record.run_id:
        what = f"one of seed {found.seed} from {found.start} on, of other templates, roads or seed"
    elif is_finished and (found.days, found.stop_at_us) != (record.days, record.stop_at_us):
        what = f"one of {found.days} days, which 'fastgen universe resume' makes longer"
    else:
        return
    raise OutputError(
        f"{out}: expected no other dataset here, got {what}. Use --overwrite to replace it, or another "
        "folder with -o."
    )


def _make_record(universe: Universe, plans: Sequence[SitePlan], options: RunOptions) -> RunRecord:
    templates = {
        "sites": {file: to_dict(site) for file, site in universe.sites.items()},
        "brands": {file: to_dict(brand) for file, brand in universe.brands.items()},
        "ingredients": [to_dict(one) for one in universe.ingredients],
    }
    source = f"universe {ENGINE_VERSION} {_hash(templates)}"
    roads = {plan.site.info.name: plan.rides.table.network_hash for plan in plans}
    return RunRecord(
        run_id=_hash([source, STREAM_VERSION, options.seed, options.start.isoformat(), roads]),
        source=source,
        seed=options.seed,
        start=options.start.isoformat(),
        days=options.days,
        stop_at_us=options.stop_at_us,
    )


def _hash(tree: object) -> str:
    text = json.dumps(tree, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _begin(universe: Universe, record: RunRecord, folder: Path) -> None:
    """Copy the templates, and write the record of a run that has just begun, if they aren't there yet."""
    copy = folder / TEMPLATES
    if universe.folder != copy:
        paths = [f"sites/{file}" for file in universe.sites] + [f"brands/{file}" for file in universe.brands]
        for path in (*paths, INGREDIENTS):
            write_whole(copy / path, (universe.folder / path).read_bytes())
    found = RunRecord.read(folder)
    if found is None or found.begun() != record:
        record.write(folder)


def _plan_build(
    universe: Universe,
    plans: Sequence[SitePlan],
    options: RunOptions,
    name: str,
    sites: Mapping[str, SiteRecord],
    folder: Path,
) -> BuildPlan:
    # A site further east may have reached a day that others haven't, where a run stops early.
    days = max(len(site.n_orders) for site in sites.values())
    scenario = make_scenario(universe, plans, options.seed, options.start, days)
    ids = [place.location_id for place in scenario.locations]
    records = dict(zip(ids, [sites[place.code] for place in scenario.locations], strict=True))
    source = RecordedSource(
        name,
        {key: {one.first_day: folder / one.path for one in site.files} for key, site in records.items()},
        {key: np.array(site.n_orders + (0,) * (days - len(site.n_orders))) for key, site in records.items()},
        max(plan.population.lines_max for plan in plans),
        max(1, *(-(-site.longest_preparation_us // US_PER_S) for site in records.values())),
    )
    tables = dict(zip(ids, [plan.rides.table for plan in plans], strict=True))
    dims = make_tables(universe, scenario)
    return plan_simulation(make_simulation(scenario, dims, tables, lambda *_: source), BuildOptions())
