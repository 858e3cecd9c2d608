"""Start a Spark session, and turn Spark's errors into errors of one line."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import warnings
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from fastgen.errors import OutputError, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

STDERR = 2
OLDEST_PYSPARK = 4  # the first with the Python data source API
# Spark quotes the traceback of a task, whose last line is the error that the task raised.
_OWN_ERROR = re.compile(r"^\s*fastgen\.errors\.\w+: (.+)$", re.MULTILINE)
_LAST_LINE = re.compile(r"^\s*(?:\w+\.)*\w+(?:Error|Exception): .+$", re.MULTILINE)
# Signs that a worker has another Python than the driver, or none, or not the packages.
_OTHER_PYTHON = re.compile(
    r"(No module named '[\w.]+')|(PYTHON_VERSION_MISMATCH)|(PACKAGE_NOT_INSTALLED)"
    r"|(Cannot run program \"[^\"]*)"
)


def require_pyspark() -> None:
    """Check that PySpark is installed, and pandas, which PySpark needs to run Python functions.

    Raises
    ------
    ScenarioError
        If one is missing, or PySpark is too old; the message has the command that installs them.
    """
    missing = [name for name in ("pyspark", "pandas") if find_spec(name) is None]
    if missing:
        raise ScenarioError(
            f"Spark needs {' and '.join(missing)}: run pip install 'fastgen[spark]', then try again."
        )
    version: str = import_module("pyspark").__version__
    if int(version.partition(".")[0]) < OLDEST_PYSPARK:
        raise ScenarioError(
            f"Spark: expected PySpark {OLDEST_PYSPARK}.0 or later, got {version}: run pip install "
            "'fastgen[spark]', or take a cluster of Spark 4."
        )


def start_session(master: str | None) -> SparkSession:
    """Start a session without Spark's log, or return the active one.

    Parameters
    ----------
    master
        Master to connect to, such as local[2], or sc://HOST for Spark Connect. None for the master that Spark
        is configured with; without a configuration, that is all cores of this machine.

    Raises
    ------
    OutputError
        If Spark doesn't start.
    """
    from pyspark.sql import SparkSession  # noqa: PLC0415  # heavy

    builder = SparkSession.builder.appName("fastgen build")
    if master is not None:
        builder = builder.remote(master) if master.startswith("sc://") else builder.master(master)
    if master is None or master.startswith("local"):
        # Local workers must have fastgen, so they run this Python.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = builder.config("spark.ui.enabled", "false")  # the web interface would open a port
    try:
        with _silence(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return builder.getOrCreate()
    except spark_errors() as error:
        where = master or "its default master"
        raise OutputError(
            f"Spark: expected Java 17 and a session on {where} (masters: local[2], spark://HOST:PORT, yarn, "
            f"k8s://HOST, sc://HOST), got: {one_line(error)}"
        ) from None


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Discard stderr in this block, also that of new processes: Java writes its log there while it starts."""
    sys.stderr.flush()
    kept, nowhere = os.dup(STDERR), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STDERR)
    try:
        yield
    finally:
        os.dup2(kept, STDERR)
        os.close(kept)
        os.close(nowhere)


def spark_errors() -> tuple[type[Exception], ...]:
    """Return the types of errors with which a session or a job may fail."""
    from pyspark.errors import PySparkException  # noqa: PLC0415  # heavy

    try:
        from py4j.protocol import Py4JError  # noqa: PLC0415  # no part of Spark Connect's own package
    except ImportError:
        return PySparkException, RuntimeError, OSError
    return PySparkException, Py4JError, RuntimeError, OSError


def explain(error: Exception) -> OutputError:
    """Turn the error of a failed job into one line: the task's own error if there is one."""
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
    raised = _LAST_LINE.findall(text)
    got = raised[-1].strip() if raised else one_line(error)
    return OutputError(f"Spark: expected every file to be made, got: {got}")


def one_line(error: Exception) -> str:
    """Return the first line of an error, after the name of its type."""
    lines = [line for line in str(error).splitlines() if line.strip()] or [""]
    return f"{type(error).__name__}: {lines[0].strip()}"
