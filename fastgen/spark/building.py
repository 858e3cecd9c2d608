"""Build a dataset with Spark: the same plan, its files made by tasks, joined by the driver."""

from __future__ import annotations

import math
import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from fastgen.building.build import build_with
from fastgen.building.options import BuildOptions, Inputs, Options
from fastgen.building.plan import PART_EVENTS
from fastgen.building.shared import Attempt, check_in, open_run
from fastgen.errors import ScenarioError
from fastgen.files import is_url
from fastgen.inputs.tables import write_tables
from fastgen.spark.session import explain, spark_errors
from fastgen.spark.tasks import MADE, make_files
from fastgen.spark.watching import watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import SparkSession

    from fastgen.building.job import BuildResult, Job, Progress
    from fastgen.building.part import PartResult

# A task costs some hundredths of a second: small files are made several in one.
EVENTS_A_TASK = PART_EVENTS * 2 / 5


def build(
    spark: SparkSession,
    scenario: str | Path | None = None,
    output: str | Path = "dataset",
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> BuildResult:
    """Build a dataset with Spark; it is the dataset that `fastgen.build` makes.

    Scenario, tables and road networks are read by the driver. Every executor needs fastgen and has to see the
    output folder under the same name.

    Parameters
    ----------
    spark
        The session, classic or Spark Connect.
    scenario
        Scenario file; None for the canonical scenario.
    output
        Folder to write it to: a POSIX path, such as a volume, a network file system, or in local mode any.
    overwrite, progress
        As for `fastgen.build`.
    **options
        days, seed, scale, start, locations, dimensions, roads, layout, partition_by, compression: as for
        `fastgen.build`.

    Returns
    -------
    BuildResult
        Manifest, folder, seconds.

    Raises
    ------
    ScenarioError, DataError
        If an input is wrong; nothing is written then.
    OutputError
        If another dataset is in the way, or the job fails; finished files are kept for the next run.
    """
    return build_on(
        lambda: spark, output, overwrite=overwrite, progress=progress, scenario=scenario, **options
    )


def build_on(
    session: Callable[[], SparkSession],
    output: str | Path,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
    **inputs: Unpack[Inputs],
) -> BuildResult:
    """Build as `build`, with a session that is started only when the inputs are found to be right."""
    if is_url(output):
        raise ScenarioError(
            "output: expected a POSIX path that every executor sees, such as /Volumes/..., "
            f"got {str(output)!r}."
        )
    engine = partial(make_with_spark, session=session)
    return build_with(engine, output, BuildOptions(**inputs), overwrite=overwrite, progress=progress)


def make_with_spark(
    job: Job, *, session: Callable[[], SparkSession], task: Callable[..., object] = make_files
) -> list[PartResult]:
    """Make the files of a job by Spark tasks.

    Parameters
    ----------
    job
        The job.
    session
        Gives the session.
    task
        What a task does, as `make_files`.

    Raises
    ------
    OutputError
        If Spark gives up, or a file is missing.
    """
    write_tables(job.plan.dims, job.work)
    if not job.files:
        return []
    spark = session()
    n_files, n_tasks = len(job.files), count_tasks(job)
    with open_run(job) as ticket, watch(Path(ticket.folder), job.advance):
        run = partial(task, ticket=tuple(ticket), n_files=n_files, n_tasks=n_tasks)
        # A partition a task: whatever the cluster, one retries alone.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pandas is too new, says Spark; none of it is used
            frame = spark.range(0, n_tasks, 1, n_tasks).mapInArrow(run, MADE)
        try:
            rows = frame.collect()
        except spark_errors() as error:
            raise explain(error) from error
    return check_in(job, ticket, (Attempt(row.number, row.name, bytes(row.receipt)) for row in rows))


def count_tasks(job: Job) -> int:
    """Decide how many tasks make a job's files: each about as many events, at most one a file."""
    events = sum(map(job.plan.count_file_events, job.files))
    return max(1, min(len(job.files), math.ceil(events / EVENTS_A_TASK)))
