"""Build a dataset on this machine, over threads that run compiled code without the GIL."""

from __future__ import annotations

import os
import time
from concurrent.futures import FIRST_EXCEPTION, CancelledError, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, local
from typing import TYPE_CHECKING, TypeVar

from fastgen.building.compilation import SecondCompiler
from fastgen.building.finalise import Receipts, find_finished, publish, remove_leftovers, work_folder
from fastgen.building.part import PartBuilder, PartResult
from fastgen.building.plan import BuildPlan, OutputFile, plan_build
from fastgen.dataset.layout import Layout, PartitionBy
from fastgen.errors import ScenarioError
from fastgen.files import check_folder
from fastgen.inputs.loading import load_inputs
from fastgen.inputs.tables import write_tables
from fastgen.model.route_table import RouteRequest, RouteTable
from fastgen.roads.cache import default_cache_dir, load_route_table
from fastgen.roads.network import find_network
from fastgen.simulate.expected import check_expected_orders, expected_orders

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from fastgen.dataset.manifest import Manifest
    from fastgen.model.scenario import Location, Scenario
    from fastgen.parquet.codecs import Compression

T = TypeVar("T", Layout, PartitionBy)

# Below this a second worker costs more than it brings.
EVENTS_FOR_A_WORKER = 200_000
WORKERS_MAX = 256


@dataclass(frozen=True)
class BuildResult:
    """What a build made.

    Attributes
    ----------
    manifest
        The dataset's manifest.
    path
        Its folder.
    seconds
        Time of the build.
    files_kept
        Files that an earlier run had finished.
    """

    manifest: Manifest
    path: Path
    seconds: float
    files_kept: int


class Progress:
    """Hears of a build's progress; this one keeps silent."""

    def announce(self, line: str) -> None:
        """Take one line on what is done now."""

    def start(self, events_expected: float) -> None:
        """Learn how many events are to be made."""

    def keep(self, orders: int, events: int) -> None:
        """Learn that an earlier run made some orders and events."""

    def advance(self, orders: int, events: int) -> None:
        """Learn that some orders and events were made."""


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
        Threads; None for every core when the build is large enough to gain.
    overwrite
        Replace another dataset in that folder.
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
    began = time.perf_counter()
    progress = progress or Progress()
    out = check_folder(output)
    if workers is not None and not 1 <= workers <= WORKERS_MAX:
        raise ScenarioError(f"workers: expected 1 <= workers <= {WORKERS_MAX}, got {workers}.")
    with SecondCompiler() as second:
        plan = prepare(
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
            announce=progress.announce,
        )
        if dimensions is not None and out.resolve() == Path(dimensions).resolve():
            raise ScenarioError(f"{out}: expected another folder than that of --dimensions for the dataset.")
        manifest = find_finished(plan, out, overwrite=overwrite)
        kept = len(plan.files)
        if manifest is not None:
            remove_leftovers(out)
        else:
            with work_folder(out) as work:
                receipts = Receipts(plan, out, work, anew=overwrite)
                second.wait()
                results, kept = _build_files(plan, receipts, work, workers, progress)
                manifest = publish(plan, results, out, work)
    return BuildResult(manifest, out, time.perf_counter() - began, kept)


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
    loaded, dims = load_inputs(
        None if scenario is None else Path(scenario),
        None if dimensions is None else Path(dimensions),
        overrides={"days": days, "seed": seed, "scale": scale, "start": start},
    )
    selected = select_locations(loaded, locations)
    # Before routes are computed, which takes a while.
    check_expected_orders(loaded, expected_orders(loaded))
    tables = {
        place.location_id: _route_table(loaded, place, None if roads is None else Path(roads), announce)
        for place in selected
    }
    return plan_build(
        loaded,
        dims,
        tables,
        layout=_option("layout", layout, Layout),
        partition_by=_option("partition_by", partition_by, PartitionBy),
        compression=compression,
    )


def _option(name: str, value: str, kind: type[T]) -> T:
    try:
        return kind(value)
    except ValueError:
        known = " or ".join(repr(str(v)) for v in kind)
        raise ScenarioError(f"{name}: expected {known}, got {value!r}.") from None


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


def _build_files(
    plan: BuildPlan, receipts: Receipts, work: Path, workers: int | None, progress: Progress
) -> tuple[list[PartResult], int]:
    """Make the files that are not finished yet; return what came of all, and how many were."""
    finished = {file.path: receipts.get(file) for file in plan.files}
    to_make = [file for file in plan.files if finished[file.path] is None]
    progress.start(plan.events_expected)
    for result in finished.values():
        if result is not None:
            progress.keep(sum(d.orders for d in result.days), result.entry.rows)
    n_workers = workers or max(1, min(os.cpu_count() or 1, int(plan.events_expected / EVENTS_FOR_A_WORKER)))
    lock, mine, ended = Lock(), local(), Event()

    def advance(orders: int, events: int) -> None:
        # After a failure or Ctrl-C nobody waits for the other workers' files.
        if ended.is_set():
            raise CancelledError
        with lock:
            progress.advance(orders, events)

    def make(file: OutputFile) -> None:
        if not hasattr(mine, "builder"):
            mine.builder = PartBuilder(plan, advance)
        result = mine.builder.build(file, work)
        receipts.add(result)
        finished[file.path] = result

    # The largest first, so that the workers end together; the tables wait for the disk beside them.
    to_make.sort(key=plan.count_events, reverse=True)
    with ThreadPoolExecutor(min(n_workers, max(1, len(to_make)))) as pool, ThreadPoolExecutor(1) as beside:
        futures = [beside.submit(write_tables, plan.dims, work)]
        futures += [pool.submit(make, file) for file in to_make]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        except BaseException:
            ended.set()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    results = [result for result in finished.values() if result is not None]
    return results, len(plan.files) - len(to_make)
