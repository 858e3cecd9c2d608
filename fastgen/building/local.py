"""Build a dataset: from its inputs to the finished folder, whatever makes the files."""

from __future__ import annotations

import shlex
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from fastgen.building.compilation import SecondCompiler
from fastgen.building.finalise import find_finished, publish, remove_leftovers, work_folder
from fastgen.building.job import BuildResult, Job, Progress
from fastgen.building.plan import BuildPlan, plan_build
from fastgen.building.receipts import Receipts
from fastgen.building.replaceable import remove_placed
from fastgen.building.shared import adopt_runs
from fastgen.building.workers import check_workers, make_with_workers
from fastgen.dataset.layout import Layout, PartitionBy, check_no_part
from fastgen.errors import ScenarioError
from fastgen.files import check_folder, check_input
from fastgen.inputs.loading import load_inputs
from fastgen.model.route_table import RouteRequest, RouteTable
from fastgen.parquet.codecs import COMPRESSIONS
from fastgen.roads.cache import default_cache_dir, load_route_table
from fastgen.roads.network import check_networks, find_network
from fastgen.simulate.expected import check_expected_orders, expected_orders

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from fastgen.building.job import Engine
    from fastgen.building.part import PartResult
    from fastgen.model.scenario import Location, Scenario
    from fastgen.parquet.codecs import Compression


class Options(TypedDict, total=False):
    """What decides a dataset besides its scenario file, as `build` takes it."""

    days: int | None
    seed: int | None
    scale: float | None
    start: dt.date | None
    locations: Sequence[str] | None
    dimensions: str | Path | None
    roads: str | Path | None
    layout: str
    partition_by: str
    compression: Compression


class Inputs(Options, total=False):
    """What decides a dataset, as `build` takes it."""

    scenario: str | Path | None


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
    layout: str = "hive",
    partition_by: str = "location_id",
    compression: Compression = "zstd",
    workers: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> BuildResult:
    """Build a dataset.

    Parameters
    ----------
    output
        Folder to write it to; made when missing.
    days, seed, scale, start
        Instead of the scenario's.
    locations
        Codes of the locations to build; None for all. What is built of one is the same whatever the others.
    scenario
        Scenario file; None for the canonical scenario.
    dimensions
        Folder of six dimension tables to use instead of the shipped ones.
    roads
        Folder of CODE.roads files; where a location has none there, its built-in network is used.
    layout
        "hive" or "single".
    partition_by
        "location_id" or "location_id,day", for the hive layout.
    compression
        "zstd", "snappy" or "none".
    workers
        Processes that make files, or threads where this process may not be copied: on macOS, or while it has
        other Python threads. None for every core when the build is large enough to gain.
    overwrite
        Replace another dataset in that folder, or event files and tables that no manifest lists.
    progress
        Hears of the progress.

    Returns
    -------
    BuildResult
        Manifest, folder, seconds.

    Raises
    ------
    ScenarioError, DataError
        If an input is wrong; nothing is written then.
    OutputError
        If another dataset is in the way, or the disk refuses.
    """
    check_workers(workers)
    return build_with(
        partial(make_with_workers, workers=workers),
        output,
        days=days,
        seed=seed,
        scale=scale,
        start=start,
        locations=locations,
        scenario=scenario,
        dimensions=dimensions,
        roads=roads,
        layout=layout,
        partition_by=partition_by,
        compression=compression,
        overwrite=overwrite,
        progress=progress,
    )


def build_with(
    engine: Engine,
    output: str | Path,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
    **inputs: Unpack[Inputs],
) -> BuildResult:
    """Build a dataset with an engine of your own: it makes the files, all else is the same.

    Parameters
    ----------
    engine
        Makes the files of a job that no earlier run has finished.
    output, overwrite, progress
        As for `build`.
    **inputs
        As for `prepare`.

    Raises
    ------
    ScenarioError, DataError, OutputError
        As `build`, and whatever the engine raises.
    """
    began = time.perf_counter()
    progress = progress or Progress()
    out = check_folder(output)
    check_no_part(out, "output", may_be_whole=True)
    with SecondCompiler() as second:
        plan = prepare(announce=progress.announce, **inputs)
        _check_in_place(plan, out, inputs.get("dimensions"))
        manifest = find_finished(plan, out, overwrite=overwrite)
        kept = len(plan.files)
        if manifest is not None:
            remove_leftovers(out)
        else:
            with work_folder(out) as work:
                remove_placed(plan, out)
                receipts = Receipts(plan, out, work, anew=overwrite)
                adopt_runs(plan, receipts, work)
                second.wait()
                results = _find_kept(plan, receipts, progress)
                kept = len(results)
                results += engine(_make_job(plan, receipts, work, results, progress))
                manifest = publish(plan, results, out, work, overwrite=overwrite)
    return BuildResult(manifest, out, time.perf_counter() - began, kept)


def _check_in_place(plan: BuildPlan, out: Path, dimensions: str | Path | None) -> None:
    """Check that a dataset in its tables' own folder leaves them as they are, whatever it is killed at."""
    if dimensions is None or out.resolve() != Path(dimensions).resolve():
        return
    _, as_read = load_inputs(None, Path(dimensions))
    if as_read.content_hash() != plan.dims.content_hash():
        raise ScenarioError(
            f"{out}: expected another folder than that of --dimensions for the dataset, since the scenario "
            "changes what its tables say."
        )


def _find_kept(plan: BuildPlan, receipts: Receipts, progress: Progress) -> list[PartResult]:
    """Find what earlier runs have finished."""
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
    # The largest first, so that those who make them end together.
    files.sort(key=plan.count_events, reverse=True)
    return Job(plan, tuple(files), receipts, work, progress.advance)


def prepare(
    *,
    days: int | None = None,
    seed: int | None = None,
    scale: float | None = None,
    start: dt.date | None = None,
    locations: Sequence[str] | None = None,
    scenario: str | Path | None = None,
    dimensions: str | Path | None = None,
    roads: str | Path | None = None,
    layout: str = "hive",
    partition_by: str = "location_id",
    compression: Compression = "zstd",
    announce: Callable[[str], None] = lambda _: None,
) -> BuildPlan:
    """Load all inputs of a build and plan it; parameters and errors as `build`."""
    form = Layout(_option("layout", layout, tuple(Layout)))
    partition = PartitionBy(_option("partition_by", partition_by, tuple(PartitionBy)))
    _option("compression", compression, COMPRESSIONS)
    given = {"scenario": scenario, "dimensions": dimensions, "roads": roads}
    paths = {name: None if path is None else check_input(path, name) for name, path in given.items()}
    loaded, dims = load_inputs(
        paths["scenario"],
        paths["dimensions"],
        overrides={"days": days, "seed": seed, "scale": scale, "start": start},
    )
    selected = select_locations(loaded, locations)
    stated = [f" --{n} {shlex.quote(str(paths[n]))}" for n in ("scenario", "dimensions") if paths[n]]
    check_networks([place.code for place in selected], paths["roads"], "".join(stated))
    # Before routes are computed, which takes a while.
    check_expected_orders(loaded, expected_orders(loaded))
    tables = {place.location_id: _route_table(loaded, place, paths["roads"], announce) for place in selected}
    return plan_build(loaded, dims, tables, layout=form, partition_by=partition, compression=compression)


def _option(name: str, value: str, known: Sequence[str]) -> str:
    if value not in known:
        expected = " or ".join(repr(str(one)) for one in known)
        raise ScenarioError(f"{name}: expected {expected}, got {value!r}.")
    return value


def select_locations(scenario: Scenario, codes: Sequence[str] | None) -> list[Location]:
    """Pick locations by code or id, in the scenario's order; None picks all.

    Raises
    ------
    ScenarioError
        If a code is not one of the scenario's.
    """
    if codes is None:
        return list(scenario.locations)
    for code in codes:
        if not any(code in (place.code, str(place.location_id)) for place in scenario.locations):
            known = ", ".join(place.code for place in scenario.locations)
            raise ScenarioError(f"--locations: expected codes among {known}, got {code!r}.")
    return [p for p in scenario.locations if p.code in codes or str(p.location_id) in codes]


def _route_table(
    scenario: Scenario, place: Location, roads: Path | None, announce: Callable[[str], None]
) -> RouteTable:
    driver, delivery = scenario.driver, scenario.delivery
    data, name = find_network(place.code, roads)
    request = RouteRequest(
        lat=place.lat,
        lon=place.lon,
        radius_mi=delivery.radius_mi,
        speed_mph=driver.speed_mph,
        ping_interval_s=driver.ping_interval_s,
        ping_position=driver.ping_position,
        street=delivery.address_street,
    )
    return load_route_table(data, name, request, default_cache_dir(), announce)
