"""Run a universe with Spark: tasks record the sites, and then make the events of what they have recorded.

`universes.shared_sites` says how driver and tasks work together through the dataset's folder.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from fastgen.paths import check_input
from fastgen.spark.building import check_shared, make_with_spark
from fastgen.spark.jobs import run_tasks
from fastgen.spark.tasks import RECORDED, record_sites
from fastgen.spark.watching import watch
from fastgen.universes import run
from fastgen.universes.engine import RunEngine
from fastgen.universes.run_options import ResumeKeywords, RunKeywords, RunOptions
from fastgen.universes.shared_sites import decode_record, open_sites

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyspark.sql import SparkSession

    from fastgen.building.job import BuildResult
    from fastgen.universes.recording import SiteTask
    from fastgen.universes.run_folder import SiteRecord
    from fastgen.universes.run_options import RunProgress


def run_universe(
    spark: SparkSession,
    templates: str | Path,
    output: str | Path = "dataset",
    *,
    force: bool = False,
    overwrite: bool = False,
    progress: RunProgress | None = None,
    **options: Unpack[RunKeywords],
) -> BuildResult:
    """Run a template folder with Spark; the dataset is the same as that of `fastgen.universe.run`.

    The driver reads templates and road networks. Every executor needs fastgen, and must see the output folder
    under the same path.

    Parameters
    ----------
    spark
        The session, classic or Spark Connect.
    templates
        The template folder.
    output
        Folder of the dataset, a POSIX path: a volume or a network file system; in local mode any folder.
    force, overwrite, progress
        As for `fastgen.universe.run`.
    **options
        days, seed, start, stop_at, snapshot_every, roads, cloud_events: as for `fastgen.universe.run`.

    Returns
    -------
    BuildResult
        Manifest, folder and duration of the build of the events.

    Raises
    ------
    ScenarioError, DataError
        If an input is wrong; nothing is written then.
    OutputError
        If another dataset is in the way, or a job fails; the next run goes on from the last snapshots.
    """
    check_shared(output)
    return run.run_universe(
        templates,
        output,
        RunOptions.of(**options),
        force=force,
        overwrite=overwrite,
        progress=progress,
        engine=spark_engine(spark),
    )


def resume_universe(
    spark: SparkSession,
    dataset: str | Path,
    *,
    progress: RunProgress | None = None,
    **options: Unpack[ResumeKeywords],
) -> BuildResult:
    """Go on with a run, with Spark; the dataset is the same as that of `fastgen.universe.resume`.

    Parameters
    ----------
    spark
        The session, classic or Spark Connect.
    dataset
        Folder of the dataset, as for `run_universe`.
    progress
        Receives the progress.
    **options
        days, stop_at, snapshot_every, roads, cloud_events: as for `fastgen.universe.resume`.

    Returns
    -------
    BuildResult
        Manifest, folder and duration of the build of the events.

    Raises
    ------
    ScenarioError, DataError
        If an input is wrong, or not that of the run; nothing is written then.
    OutputError
        If a job fails.
    """
    check_shared(dataset)
    start = run.read_run(check_input(dataset, "dataset")).start_date
    stated = RunOptions.of(start=start, **options)
    return run.resume_universe(
        dataset,
        stated.days,
        stop_at_us=stated.stop_at_us,
        snapshot_every=stated.snapshot_every,
        roads=stated.roads,
        cloud_events=stated.cloud_events,
        progress=progress,
        engine=spark_engine(spark),
    )


def spark_engine(spark: SparkSession, task: Callable[..., object] = record_sites) -> RunEngine:
    """Make the engine that works with Spark.

    Parameters
    ----------
    spark
        The session.
    task
        The function by which a task records a site, with the signature of `record_sites`; tests pass others.
    """
    return RunEngine(
        partial(_record_with_spark, spark=spark, task=task), partial(make_with_spark, session=lambda: spark)
    )


def _record_with_spark(
    tasks: Sequence[SiteTask],
    advance: Callable[[int], None],
    *,
    spark: SparkSession,
    task: Callable[..., object],
) -> dict[str, SiteRecord]:
    """Record sites by Spark tasks, a site each."""

    def take(receipt: bytes) -> None:
        decode_record(receipt)
        # Sites are written to the end at once: their days are counted when they are all there.
        advance(tasks[0].span.days)

    with open_sites(tasks) as ticket, watch(Path(ticket.folder), take):
        rows = run_tasks(spark, partial(task, ticket=tuple(ticket)), len(tasks), RECORDED)
    return {tasks[row.number].site: decode_record(bytes(row.record)) for row in rows}
