"""Start a Spark session, and put what Spark complains of on one line."""

from __future__ import annotations

import os
import re
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from fastgen.errors import OutputError, ScenarioError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# A task's traceback ends with the error that it raised.
_OWN_ERROR = re.compile(r"^\s*fastgen\.errors\.\w+: (.+)$", re.MULTILINE)
_OTHER_PYTHON = re.compile(
    r"(No module named '?[\w.]+)|(PYTHON_VERSION_MISMATCH)|(PACKAGE_NOT_INSTALLED)"
    r"|(Cannot run program \"[^\"]*)"
)


def require_pyspark() -> None:
    """Check that Spark's Python package is installed.

    Raises
    ------
    ScenarioError
        If it is missing; the message is the line that installs it.
    """
    if find_spec("pyspark") is None:
        raise ScenarioError("Spark needs pyspark: run pip install 'fastgen[spark]', then try again.")


def start_session(master: str | None) -> SparkSession:
    """Start a session, or get the one there is.

    Parameters
    ----------
    master
        Master to connect to, such as local[2]; sc://HOST for Spark Connect; None for what Spark is set up
        for, which is all cores of this machine where it is set up for nothing.

    Raises
    ------
    OutputError
        If Spark doesn't start.
    """
    from pyspark.sql import SparkSession  # noqa: PLC0415  # heavy

    builder = SparkSession.builder.appName("fastgen build").config("spark.ui.showConsoleProgress", "false")
    if master is not None and master.startswith("sc://"):
        builder = SparkSession.builder.remote(master)
    elif master is not None:
        builder = builder.master(master)
    if master is None or master.startswith("local"):
        # Workers are children of this process: they shall run what it runs.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = builder.config("spark.ui.enabled", "false").config("spark.log.level", "OFF")
    try:
        return builder.getOrCreate()
    except spark_errors() as error:
        where = master or "its default master"
        raise OutputError(f"Spark: expected a session on {where}, got: {one_line(error)}") from None


def spark_errors() -> tuple[type[Exception], ...]:
    """Name the errors that Spark ends a session or a job with."""
    from pyspark.errors import PySparkException  # noqa: PLC0415  # heavy

    try:
        from py4j.protocol import Py4JError  # noqa: PLC0415  # no part of Spark Connect's own package
    except ImportError:
        return PySparkException, RuntimeError
    return PySparkException, Py4JError, RuntimeError


def explain(error: Exception) -> OutputError:
    """Put what Spark says of a failed job on one line: a task's own error, where there is one."""
    text = str(error)
    own = _OWN_ERROR.findall(text)
    if own:
        return OutputError(own[-1].strip())
    other = _OTHER_PYTHON.search(text)
    if other:
        got = next(filter(None, other.groups()))
        return OutputError(
            f"Spark: expected workers that run the driver's Python with fastgen[spark] in it, got: {got}. "
            f"Install it on every executor, or set PYSPARK_PYTHON={sys.executable} before the session starts."
        )
    return OutputError(f"Spark: expected every file to be made, got: {one_line(error)}")


def one_line(error: Exception) -> str:
    """First line of an error, its type in front."""
    lines = [line for line in str(error).splitlines() if line.strip()] or [""]
    return f"{type(error).__name__}: {lines[0].strip()}"
