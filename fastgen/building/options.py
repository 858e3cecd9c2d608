"""Define the options that decide a dataset: as one object inside, as keywords of public functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from fastgen.generating.inputs import SimulationOptions

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    from fastgen.parquet.codecs import Compression


@dataclass(frozen=True, kw_only=True)
class BuildOptions(SimulationOptions):
    """The options that decide a dataset, with their defaults.

    Attributes
    ----------
    layout
        "hive" or "single".
    partition_by
        "location_id" or "location_id,day", for the hive layout.
    compression
        "zstd", "snappy" or "none".
    writer
        "fastgen" or "polars".
    """

    layout: str = "hive"
    partition_by: str = "location_id"
    compression: Compression = "zstd"
    writer: str = "fastgen"


class Options(TypedDict, total=False):
    """The keywords of `BuildOptions`, without the scenario file."""

    days: int | None
    seed: int | None
    scale: float | None
    start: dt.date | None
    locations: Sequence[str] | None
    dimensions: str | Path | None
    roads: str | Path | None
    kitchen: str | None
    layout: str
    partition_by: str
    compression: Compression
    writer: str


class Inputs(Options, total=False):
    """All keywords of `BuildOptions`."""

    scenario: str | Path | None
