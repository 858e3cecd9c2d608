"""Spark: a source of events, in batches and as a stream, and builds spread over a cluster."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from fastgen.errors import DataError

if TYPE_CHECKING:
    from fastgen.spark.registration import register

__all__ = ["register"]

_LOADED_LATER = {"register": "fastgen.spark.registration"}


def __getattr__(name: str) -> object:
    """Load a public name at its first use; without PySpark, say what to install."""
    if name not in _LOADED_LATER:
        raise AttributeError(f"module 'fastgen.spark' has no attribute {name!r}")
    if find_spec("pyspark") is None:
        raise DataError("Spark needs pyspark: run pip install 'fastgen[spark]', then try again.")
    value: object = getattr(import_module(_LOADED_LATER[name]), name)
    globals()[name] = value
    return value
