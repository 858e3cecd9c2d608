"""Build a dataset, from its inputs to the finished folder, with any engine that makes the files."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fastgen.building.finalise import find_finished, place_dataset, remove_leftovers, work_folder
from fastgen.building.job import BuildResult, Job, Progress
from fastgen.building.options import BuildOptions
from fastgen.building.plan import prepare
from fastgen.building.receipts import Receipts
from fastgen.building.replaceable import remove_placed
from fastgen.building.shared import adopt_runs
from fastgen.building.workers import check_workers, make_with_workers
from fastgen.dataset.layout import check_no_part
from fastgen.dataset.manifest import UNWRITTEN
from fastgen.errors import ScenarioError
from fastgen.files import check_folder
from fastgen.generating.digests import keep_digests
from fastgen.inputs.loading import load_inputs
from fastgen.roads.cache import default_cache_dir

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from fastgen.building.job import Engine
    from fastgen.building.part import PartResult
    from fastgen.building.plan import BuildPlan
    from fastgen.generating.simulation import MakeSource
    from fastgen.parquet.codecs import Compression


def build(
    output: str | Path = "dataset",
    *,
    days: int | None = None,
    seed: int | None = None,
    scale: float | None = None,
    start: dt.date | None = None,
    locations: Sequence[str] | None = None,
    scenario: str | Path | None = None,
    dimensions: str | Path | None = None,
    roads: str | Path | None = None,
    kitchen: str | None = None,
    layout: str = "hive",
    partition_by: str = "location_id",
    compression: Compression = "zstd",
    writer: str = "fastgen",
    workers: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> BuildResult:
    """Build a dataset.

    Parameters
    ----------
    output
        Folder of the dataset; created if it is missing.
    days, seed, scale, start
        Used instead of the scenario's values.
    locations
        Codes of the locations to build; None for all. The rows of a location don't depend on the others.
    scenario
        Scenario file; None for the canonical scenario.
    dimensions
        Folder of six dimension tables to use instead of the shipped ones.
    roads
        Folder of CODE.roads files; a location without one there takes its built-in network.
    kitchen
        "statistical": the times of an order are drawn; "stations": it waits for stations and couriers. None:
        what the scenario says.
    layout
        "hive" or "single".
    partition_by
        "location_id" or "location_id,day", for the hive layout.
    compression
        "zstd", "snappy" or "none".
    writer
        What encodes the event files: "fastgen", which is faster and makes smaller files, or "polars". The
        rows and their digest are the same.
    workers
        Processes that make files, or threads where this process may not be copied: on macOS, or while it has
        other Python threads. With Polars as the writer they are threads. None for every core when the build
        is large enough to gain.
    overwrite
        Whether to replace another dataset in that folder, or event files and tables that no manifest lists.
    progress
        Receives the progress of the build.

    Returns
    -------
    BuildResult
        Manifest, folder and duration of the build.

    Raises
    ------
    ScenarioError, DataError
        If an input is wrong; nothing is written then.
    OutputError
        If another dataset is in the way, or a file can't be written.
    """
    # Before any input is read, so that a wrong option is reported at once.
    check_workers(workers)
    options = BuildOptions(
        days=days,
        seed=seed,
        scale=scale,
        start=start,
        locations=locations,
        scenario=scenario,
        dimensions=dimensions,
        roads=roads,
        kitchen=kitchen,
        layout=layout,
        partition_by=partition_by,
        compression=compression,
        writer=writer,
    )
    engine = partial(make_with_workers, workers=workers)
    return build_with(engine, output, options, overwrite=overwrite, progress=progress)


def build_with(
    engine: Engine,
    output: str | Path,
    options: BuildOptions,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
    make_source: MakeSource | None = None,
) -> BuildResult:
    """Build a dataset as `build`, with another engine or another source of orders.

    Parameters
    ----------
    engine
        Makes the files of a job that no earlier run has finished.
    output, overwrite, progress
        As for `build`.
    options
        The options that decide the dataset.
    make_source
        Makes the source of orders; None for the statistical source.

    Raises
    ------
    ScenarioError, DataError, OutputError
        As `build`, and what engine and source raise.
    """

    def make_plan(announce: Callable[[str], None]) -> BuildPlan:
        plan = prepare(options, announce, make_source)
        _check_in_place(plan, check_folder(output), options.dimensions)
        return plan

    return build_plan(engine, output, make_plan, overwrite=overwrite, progress=progress)


def build_plan(
    engine: Engine,
    output: str | Path,
    make_plan: Callable[[Callable[[str], None]], BuildPlan],
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
    keeps_digests: bool = True,
) -> BuildResult:
    """Build the dataset of a plan.

    Parameters
    ----------
    engine, output, overwrite, progress
        As for `build_with`.
    make_plan
        Makes the plan; gets a function that shows the user a line about a slow step.
    keeps_digests
        Whether to keep the digests of days in the cache, because the dataset can also be read without files.

    Raises
    ------
    OutputError
        If another dataset is in the way, or a file can't be written.
    """
    began = time.perf_counter()
    progress = progress or Progress()
    out = check_output(output)
    plan = make_plan(progress.announce)
    manifest = find_finished(plan, out, overwrite=overwrite)
    kept = len(plan.files)
    if manifest is not None:
        remove_leftovers(out)
    else:
        with work_folder(out) as work:
            # What a killed run has left: files of another build are removed, finished files of this one kept.
            remove_placed(plan, out)
            receipts = Receipts(plan, out, work, anew=overwrite)
            adopt_runs(plan, receipts, work)
            results = _find_kept(plan, receipts, progress)
            kept = len(results)
            results += engine(_make_job(plan, receipts, work, results, progress))
            manifest = place_dataset(plan, results, out, work, overwrite=overwrite)
        if keeps_digests:
            # A scan or replay of this scenario without files needn't make all events for its digest.
            keep_digests(plan, manifest.days, default_cache_dir())
    return BuildResult(manifest, out, time.perf_counter() - began, kept)


def check_output(output: str | Path) -> Path:
    """Check, before any input is read, that a dataset can be put into a folder.

    Raises
    ------
    ScenarioError, OutputError
        If it is no possible folder, not writable, or part of another dataset.
    """
    out = check_folder(output)
    if str(out).startswith(UNWRITTEN):
        raise ScenarioError(
            f"output: expected the name of a folder, got {out}, by which slice, replay and publish mean a "
            "dataset that was never written: choose another name."
        )
    check_no_part(out, "output", may_be_whole=True)
    return out


def _check_in_place(plan: BuildPlan, out: Path, dimensions: str | Path | None) -> None:
    """Check that a dataset in the folder of --dimensions would not change the user's tables there."""
    if dimensions is None or out.resolve() != Path(dimensions).resolve():
        return
    # The tables as they are on disk: without a scenario file, nothing changes them.
    _, as_read = load_inputs(None, Path(dimensions))
    if as_read.content_hash() != plan.dims.content_hash():
        raise ScenarioError(
            f"{out}: expected another folder than that of --dimensions for the dataset, since the scenario "
            "changes what its tables say."
        )


def _find_kept(plan: BuildPlan, receipts: Receipts, progress: Progress) -> list[PartResult]:
    """Find the files that earlier runs have finished."""
    progress.start(plan.events_expected)
    found = [result for file in plan.files if (result := receipts.get(file)) is not None]
    for result in found:
        progress.keep(sum(d.orders for d in result.days), result.entry.rows)
    return found


def _make_job(
    plan: BuildPlan, receipts: Receipts, work: Path, kept: list[PartResult], progress: Progress
) -> Job:
    finished = {result.entry.path for result in kept}
    files = [file for file in plan.files if file.path not in finished]
    # The largest first, so that no worker begins a large file when the others have nothing left to do.
    files.sort(key=plan.count_file_events, reverse=True)
    return Job(plan, tuple(files), receipts, work, progress.advance)
