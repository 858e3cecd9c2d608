"""Spark: datasets built by the tasks of a cluster. Loaded at first use, with the extra `fastgen[spark]`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastgen.spark.building import build

__all__ = ["build"]

_LOADED_LATER = {"build": "fastgen.spark.building"}


def __getattr__(name: str) -> object:
    """Load a public name at its first use."""
    if name not in _LOADED_LATER:
        raise AttributeError(f"module 'fastgen.spark' has no attribute {name!r}")
    value: object = getattr(import_module(_LOADED_LATER[name]), name)
    globals()[name] = value
    return value
