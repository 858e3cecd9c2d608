"""Spark: a data source that reads events as batches or as a stream, and builds by the tasks of a cluster.

Reading: `registration` registers `source` with a session; `options` reads what a user states, `batch` and
`stream` plan tasks, `partitions` reads them, `filters` applies a query's WHERE, `offsets` is what a
checkpoint keeps. Building: `building` and `universe` run `tasks` on the executors by `jobs`, and `watching`
reports their progress.

PySpark comes with the extra `fastgen[spark]`, and is imported at first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from fastgen.spark.session import require_pyspark

if TYPE_CHECKING:
    from fastgen.spark.building import build
    from fastgen.spark.registration import register
    from fastgen.spark.universe import resume_universe, run_universe

__all__ = ["build", "register", "resume_universe", "run_universe"]

_LOADED_LATER = {
    "build": "fastgen.spark.building",
    "register": "fastgen.spark.registration",
    "resume_universe": "fastgen.spark.universe",
    "run_universe": "fastgen.spark.universe",
}


def __getattr__(name: str) -> object:
    """Import a public name at its first use; without PySpark, the error says what to install."""
    if name not in _LOADED_LATER:
        raise AttributeError(f"module 'fastgen.spark' has no attribute {name!r}")
    require_pyspark()
    value: object = getattr(import_module(_LOADED_LATER[name]), name)
    globals()[name] = value
    return value
