"""Run a function as the tasks of a Spark job."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from fastgen.spark.session import explain, spark_errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import Row, SparkSession


def run_tasks(
    spark: SparkSession,
    task: Callable[..., object],
    n_tasks: int,
    columns: str,
) -> list[Row]:
    """Run tasks 0 to n_tasks - 1, and return the rows of all of them.

    Parameters
    ----------
    spark
        The session.
    task
        The function that a task runs: it takes an iterator of Arrow batches, whose first column has the
        task's number, and yields batches.
    n_tasks
        Number of tasks.
    columns
        Columns of the rows that it yields, as Spark writes a schema.

    Raises
    ------
    OutputError
        If the job fails: the error of the task that failed.
    """
    # One partition for each task, on any cluster: a task that fails is retried alone.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Spark warns of a new pandas, which this frame doesn't use
        frame = spark.range(0, n_tasks, 1, n_tasks).mapInArrow(task, columns)
    try:
        rows: list[Row] = frame.collect()
    except spark_errors() as error:
        raise explain(error) from error
    return rows
