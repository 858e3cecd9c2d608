"""Spark: a source of events, in batches and as a stream, and datasets built by the tasks of a cluster.

Loaded at first use, with the extra `fastgen[spark]`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from fastgen.spark.session import require_pyspark

if TYPE_CHECKING:
    from fastgen.spark.building import build
    from fastgen.spark.registration import register

__all__ = ["build", "register"]

_LOADED_LATER = {"build": "fastgen.spark.building", "register": "fastgen.spark.registration"}


def __getattr__(name: str) -> object:
    """Load a public name at its first use; without PySpark, say what to install."""
    if name not in _LOADED_LATER:
        raise AttributeError(f"module 'fastgen.spark' has no attribute {name!r}")
    require_pyspark()
    value: object = getattr(import_module(_LOADED_LATER[name]), name)
    globals()[name] = value
    return value
