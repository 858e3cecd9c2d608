"""Run a universe into a dataset: record the orders of all sites, then build the events from them."""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING

from fastgen.building.build import build_plan, check_output
from fastgen.dataset.layout import MANIFEST, UNIVERSE
from fastgen.dataset.manifest import read_manifest
from fastgen.emitting.lock import hold_lock
from fastgen.errors import DataError, OutputError, ScenarioError
from fastgen.paths import check_apart, check_input
from fastgen.templates.reading import read_universe
from fastgen.templates.site_load import check_load, refuse_overload, warn_of_load
from fastgen.universes.cloud_event_files import check_target, write_cloud_events
from fastgen.universes.day_tables import Menu
from fastgen.universes.engine import RunEngine, local_engine
from fastgen.universes.event_plan import plan_events
from fastgen.universes.numbering import number_orders
from fastgen.universes.recording import SiteTask, Span
from fastgen.universes.run_folder import (
    LOCK,
    TABLES,
    TEMPLATES,
    RunRecord,
    begin_run,
    check_files,
    describe_run,
    remove_run,
    remove_unfinished,
)
from fastgen.universes.run_options import RunOptions, RunProgress
from fastgen.universes.site_plan import SitePlan, check_days, plan_sites
from fastgen.universes.table_files import list_tables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from fastgen.building.job import BuildResult
    from fastgen.templates.universe import Universe


def run_universe(
    templates: str | Path,
    output: str | Path,
    options: RunOptions,
    *,
    force: bool = False,
    overwrite: bool = False,
    progress: RunProgress | None = None,
    engine: RunEngine | None = None,
) -> BuildResult:
    """Run a template folder into a new dataset; a run that was killed goes on.

    Parameters
    ----------
    templates, output, force, overwrite, progress
        As for `fastgen.universe.run`.
    options
        How it is run.
    engine
        What does the work; None: workers on this machine.

    Raises
    ------
    ScenarioError, DataError, OutputError
        As `fastgen.universe.run`.
    """
    progress = progress or RunProgress()
    out = check_output(output)
    if options.cloud_events is not None:
        check_target(options.cloud_events, out)
    universe = read_universe(check_input(templates, "templates"))
    check_apart(out, "output", universe.folder, "template folder")
    if options.cloud_events is not None:
        check_apart(options.cloud_events, "cloudevents", universe.folder, "template folder")
    checked = check_load(universe, options.roads, progress.announce)
    for line in warn_of_load(checked):
        progress.announce(f"fastgen: {line}")
    if not force:
        refuse_overload(universe.folder, checked)
    plans = plan_sites(universe, options.seed, options.start, options.roads, progress.announce)
    check_days(plans, options.days)
    record = describe_run(universe, plans, options)
    if not overwrite:
        _check_nothing_else(record, out)
    with _locked(out):
        if overwrite:
            remove_run(out / UNIVERSE)
        return _run(universe, plans, record, out, options, progress, engine, overwrite=overwrite)


def read_run(dataset: Path) -> RunRecord:
    """Read what was run into a dataset.

    Raises
    ------
    DataError
        If nothing was.
    """
    record = RunRecord.read(dataset / UNIVERSE)
    if record is None:
        raise DataError(f"{dataset}: expected a dataset of 'fastgen universe run', got none.")
    # A killed run has no manifest yet; one of another build has replaced the run's.
    is_finished = os.path.lexists(dataset / MANIFEST)
    if is_finished and not record.has_made(read_manifest(dataset, with_days=False).source):
        raise DataError(f"{dataset}: expected a dataset of 'fastgen universe run', got another.")
    return record


def resume_universe(
    dataset: str | Path,
    days: int,
    *,
    stop_at_us: int | None = None,
    snapshot_every: int = 7,
    roads: Path | None = None,
    workers: int | None = None,
    cloud_events: Path | None = None,
    progress: RunProgress | None = None,
    engine: RunEngine | None = None,
) -> BuildResult:
    """Go on with a run from its last snapshots, to more days, or beyond the time at which it stopped.

    The dataset is the one that a single run would have made.

    Parameters
    ----------
    dataset
        Folder of the dataset.
    days
        Days that it then has.
    stop_at_us, snapshot_every, roads, workers, cloud_events
        As of `RunOptions`.
    progress
        Receives the progress.
    engine
        As for `run_universe`.

    Raises
    ------
    ScenarioError, DataError
        If an input is wrong, or not that of the run; nothing is written then.
    DamageError
        If what the run has left is damaged.
    OutputError
        If a file can't be written.
    """
    progress = progress or RunProgress()
    out = check_input(dataset, "dataset")
    if cloud_events is not None:
        check_target(cloud_events, out)
    before = read_run(out)
    options = RunOptions(
        days=days,
        seed=before.seed,
        start=before.start_date,
        stop_at_us=stop_at_us,
        snapshot_every=snapshot_every,
        roads=roads,
        workers=workers,
        cloud_events=cloud_events,
    )
    universe = read_universe(out / UNIVERSE / TEMPLATES)
    advice = "state the --roads of the run."
    plans = plan_sites(universe, options.seed, options.start, roads, progress.announce, advice)
    check_days(plans, options.days)
    record = describe_run(universe, plans, options)
    if record.run_id != before.run_id:
        raise DataError(f"{out}: expected the templates, roads and engine of the run, got others: {advice}")
    _check_longer(before, options, plans)
    with _locked(out):
        return _run(universe, plans, record, out, options, progress, engine, overwrite=True)


def _locked(out: Path) -> AbstractContextManager[None]:
    return hold_lock(out / UNIVERSE / LOCK, out, "no other run of a universe at work here, but one is")


def _run(
    universe: Universe,
    plans: Sequence[SitePlan],
    record: RunRecord,
    out: Path,
    options: RunOptions,
    progress: RunProgress,
    engine: RunEngine | None,
    *,
    overwrite: bool,
) -> BuildResult:
    engine = engine or local_engine(options.workers)
    folder = out / UNIVERSE
    remove_unfinished(folder)
    found = RunRecord.read(folder)
    if found is not None:
        # Before it states them anew: a longer run would pass a damaged table off as its own.
        check_files(folder, found.tables)
    begin_run(universe, record, folder)
    span = Span(options.days, options.stop_at_us, options.snapshot_every, options.epoch)
    menu = Menu.of(universe)
    progress.start_days(options.days * len(plans))
    sites = engine.record([SiteTask(plan, menu, folder, span) for plan in plans], progress.advance_days)
    # The processes of a cluster have other working folders.
    plan = plan_events(universe, plans, record, sites, folder.absolute())
    tables = folder / TABLES
    # Ids count the orders of all sites, which are known only now.
    for place in plan.scenario.locations:
        number_orders(tables, place.code, record.seed, plan.source.first_index[place.location_id])
    record.ended(sites, list_tables(tables, folder)).write(folder)
    if options.cloud_events is not None:
        eating = {p.site.info.name: dt.timedelta(microseconds=p.capacity.eating_us) for p in plans}
        write_cloud_events(tables, options.cloud_events, options.epoch, options.days, options.stop_at, eating)
    # A dataset of the same build is completed; only another one is replaced.
    overwrite = overwrite and not _is_of(plan.build_id, out)
    return build_plan(
        engine.build, out, lambda _: plan, overwrite=overwrite, progress=progress, keeps_digests=False
    )


def _is_of(build_id: str, out: Path) -> bool:
    """Whether the dataset in a folder is of a build."""
    try:
        return read_manifest(out, with_days=False).build_id == build_id
    except DataError:
        return False


def _check_nothing_else(record: RunRecord, out: Path) -> None:
    """Check that the folder has no other run's record, and no dataset without one."""
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


def _check_longer(before: RunRecord, options: RunOptions, plans: Sequence[SitePlan]) -> None:
    """Check that no site would end before it did."""
    for plan in plans:
        ends_us = [Span(one.days, one.stop_at_us, 1, options.epoch).end_us(plan) for one in (before, options)]
        if ends_us[1] < ends_us[0]:
            if options.days >= before.days:
                raise ScenarioError(
                    f"stop_at: expected no earlier end than that of the run, got {options.stop_at}."
                )
            raise ScenarioError(
                f"days: expected at least the {before.days} days of the run, got {options.days}."
            )
