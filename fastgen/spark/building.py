"""Build a dataset with Spark: the driver plans it, tasks make the files, and the driver puts them in place.

`building.shared` says how driver and tasks work together through the output folder.
"""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from fastgen.building.build import build_with
from fastgen.building.options import BuildOptions, Inputs, Options
from fastgen.building.plan import PART_EVENTS
from fastgen.building.receipts import decode_receipt
from fastgen.building.shared import Attempt, check_in, open_run
from fastgen.errors import ScenarioError
from fastgen.inputs.tables import write_tables
from fastgen.paths import is_url
from fastgen.spark.jobs import run_tasks
from fastgen.spark.tasks import MADE, make_files
from fastgen.spark.watching import watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import SparkSession

    from fastgen.building.job import BuildResult, Job, Progress
    from fastgen.building.part import PartResult

# Starting a task takes some hundredths of a second, so one task makes several small files.
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
    """Build a dataset with Spark; the result is the same as that of `fastgen.build`.

    The driver reads scenario, tables and road networks. Every executor needs fastgen, and must see the output
    folder under the same path.

    Parameters
    ----------
    spark
        The session, classic or Spark Connect.
    scenario
        Scenario file; None for the canonical scenario.
    output
        Folder of the dataset, a POSIX path: a volume or a network file system; in local mode any folder.
    overwrite, progress
        As for `fastgen.build`.
    **options
        days, seed, scale, start, locations, dimensions, roads, kitchen, layout, partition_by, compression,
        writer: as for `fastgen.build`.

    Returns
    -------
    BuildResult
        Manifest, folder and duration of the build.

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
    """Build as `build`; start the session only after the inputs have been checked."""
    check_shared(output)
    engine = partial(make_with_spark, session=session)
    return build_with(engine, output, BuildOptions(**inputs), overwrite=overwrite, progress=progress)


def check_shared(output: str | Path) -> None:
    """Check that executors can see a folder as this process does.

    Raises
    ------
    ScenarioError
        If it is a URL.
    """
    if is_url(output):
        raise ScenarioError(
            "output: expected a POSIX path that every executor sees, such as /Volumes/..., "
            f"got {str(output)!r}."
        )


def make_with_spark(
    job: Job, *, session: Callable[[], SparkSession], task: Callable[..., object] = make_files
) -> list[PartResult]:
    """Make the files of a job by Spark tasks; an `Engine`.

    Parameters
    ----------
    job
        The job.
    session
        Returns the session.
    task
        The function that a task runs, with the signature of `make_files`; tests pass others.

    Raises
    ------
    OutputError
        If the Spark job fails, or a file is missing.
    """
    # The driver writes the tables itself: they are small.
    write_tables(job.plan.dims, job.work)
    if not job.files:
        return []
    spark = session()
    n_files, n_tasks = len(job.files), count_tasks(job)

    def take(receipt: bytes) -> None:
        result = decode_receipt(receipt)
        job.advance(sum(day.orders for day in result.days), result.entry.rows)

    with open_run(job) as ticket, watch(Path(ticket.folder), take):
        run = partial(task, ticket=tuple(ticket), n_files=n_files, n_tasks=n_tasks)
        rows = run_tasks(spark, run, n_tasks, MADE)
    return check_in(job, ticket, (Attempt(row.number, row.name, bytes(row.receipt)) for row in rows))


def count_tasks(job: Job) -> int:
    """Choose the number of tasks of a job: about EVENTS_A_TASK events each, at most one for a file."""
    events = sum(map(job.plan.count_file_events, job.files))
    return max(1, min(len(job.files), math.ceil(events / EVENTS_A_TASK)))
