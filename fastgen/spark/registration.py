"""Register the data source with a Spark session."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fastgen.errors import OutputError
from fastgen.spark.source import CaspersSource, FastgenSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark import SparkContext
    from pyspark.sql import SparkSession


def register(spark: SparkSession) -> None:
    """Register the formats "fastgen" and "caspers".

    Parameters
    ----------
    spark
        A session, classic or Spark Connect.

    Raises
    ------
    OutputError
        If the cluster's workers would start another Python than this one, and PYSPARK_PYTHON is not set.
    """
    with _own_python(spark):
        for source in (FastgenSource, CaspersSource):
            spark.dataSource.register(source)


@contextmanager
def _own_python(spark: SparkSession) -> Iterator[None]:
    """Let workers start this Python, as far as this process decides it.

    Without PYSPARK_PYTHON, Spark takes the first python3 in PATH, which may lack fastgen. A Spark Connect
    server chooses for itself.
    """
    if ".connect." in type(spark).__module__:
        yield
        return
    context = spark.sparkContext
    # Spark stores `pythonExec` with each source that is registered; afterwards the session's own value is
    # back.
    before = context.pythonExec
    context.pythonExec = choose_python(context)
    try:
        yield
    finally:
        context.pythonExec = before


def choose_python(context: SparkContext) -> str:
    """Choose the Python that workers start: PYSPARK_PYTHON, or this one.

    Raises
    ------
    OutputError
        If PYSPARK_PYTHON is not set, and the workers of a cluster would start another one.
    """
    chosen: str = context.pythonExec
    if os.environ.get("PYSPARK_PYTHON") == chosen:
        return chosen
    if context.master.startswith("local"):
        return sys.executable
    found = shutil.which(chosen)
    if found and _is_own(Path(found)):
        return chosen
    raise OutputError(
        f"PYSPARK_PYTHON: expected the Python of the workers that has fastgen, got none, so they would start "
        f"{found or chosen}: set it before the session starts, here for example to {sys.executable}."
    )


def _is_own(python: Path) -> bool:
    """Say whether a Python is this one: the same file in the same folder.

    The file alone isn't enough, since a virtual environment's Python is a link to one without its packages.
    Nor is the folder: it may have several Pythons.
    """
    own = Path(sys.executable)
    return python.parent.samefile(own.parent) and python.samefile(own)
