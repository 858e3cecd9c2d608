"""Generate realistic, deterministic delivery-event data, millions of events a second.

The rooms of the house, each importing only from rooms below it::

    cli/                            commands: flags in, one line out
    spark/                          events for Spark, and the build as tasks of a cluster
    building/  replaying/           inputs -> plan -> files -> manifest; a dataset played as a stream
    publishing/                     a dataset as tables of a lakehouse or database
    generating/  emitting/          any location-day made alone; files that readers see whole, events once
    wire/                           windows of a dataset's time -> rows in order -> wire bytes
    dataset/                        layout, manifest, index; reading/ and verify/
    events/                         orders -> rows of events -> row groups and digests
    orders/  roads/  inputs/        draws of a day; road networks; scenario and tables
    parquet/                        pages, footers, files
    kernels/  model/                what all compiled code shares; parameters and arrays
    files  records  loading         whole files; JSON from outside; getting Numba loaded quickly
    rng  units  errors  version     what every floor shares

Compiled loops stand in `kernels`, those of one room in that room's own folder `kernels`.

Data goes through it one way: scenario -> plan -> orders -> events -> files.

Public names: `plan` says what a build would make, `build` makes a dataset, `scan_events` reads one and
`slice_events` some hours of one; `scan_scenario` and `scenario_batches` read one that was never written;
`replay` and `follow` play one as a stream by a `ReplayClock`; `publish` makes tables of one. All are loaded
at first use, so that `import fastgen` costs nothing. Every error raised on purpose is a `FastgenError`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from fastgen.errors import DamageError, DataError, FastgenError, FastgenWarning, OutputError, ScenarioError
from fastgen.version import __version__

if TYPE_CHECKING:
    from fastgen.building.build import build
    from fastgen.building.forecast import Forecast, plan
    from fastgen.building.job import BuildResult, Progress
    from fastgen.dataset.reading.scan import scan_events
    from fastgen.dataset.reading.slices import slice_events
    from fastgen.generating.scan import scan_scenario, scenario_batches
    from fastgen.publishing.run import Published, publish
    from fastgen.replaying.clock import ReplayClock
    from fastgen.replaying.options import Emitted, ReplayOptions
    from fastgen.replaying.run import follow, replay

__all__ = [
    "BuildResult",
    "DamageError",
    "DataError",
    "Emitted",
    "FastgenError",
    "FastgenWarning",
    "Forecast",
    "OutputError",
    "Progress",
    "Published",
    "ReplayClock",
    "ReplayOptions",
    "ScenarioError",
    "__version__",
    "build",
    "follow",
    "plan",
    "publish",
    "replay",
    "scan_events",
    "scan_scenario",
    "scenario_batches",
    "slice_events",
]

_LOADED_LATER = {
    "BuildResult": "fastgen.building.job",
    "Emitted": "fastgen.replaying.options",
    "Forecast": "fastgen.building.forecast",
    "Progress": "fastgen.building.job",
    "Published": "fastgen.publishing.run",
    "ReplayClock": "fastgen.replaying.clock",
    "ReplayOptions": "fastgen.replaying.options",
    "build": "fastgen.building.build",
    "follow": "fastgen.replaying.run",
    "plan": "fastgen.building.forecast",
    "publish": "fastgen.publishing.run",
    "replay": "fastgen.replaying.run",
    "scan_events": "fastgen.dataset.reading.scan",
    "scan_scenario": "fastgen.generating.scan",
    "scenario_batches": "fastgen.generating.scan",
    "slice_events": "fastgen.dataset.reading.slices",
}


def __getattr__(name: str) -> object:
    """Load a public name at its first use."""
    if name == "spark":
        return import_module("fastgen.spark")
    if name not in _LOADED_LATER:
        raise AttributeError(f"module 'fastgen' has no attribute {name!r}")
    value: object = getattr(import_module(_LOADED_LATER[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *_LOADED_LATER})
