"""Generate realistic, deterministic delivery-event data, millions of events a second.

Rooms (packages and modules), each of which imports only from rooms below it::

    cli/                         commands: read options, call the rooms below, print the result
    spark/                       data source for Spark; builds and runs of universes by the tasks of a cluster
    live_kitchens/               run kitchens now: configs, clocks, batches
    watching/                    show a folder that a stream fills: a page with a map and counters
    universes/                   run universes: sites from day to day, whose orders become a dataset
    building/                    plan a dataset, make its files, put it in place
    replaying/                   play a dataset as a stream, by the wall clock
    publishing/                  make tables of a lakehouse or a database from a dataset
    reporting/                   count a dataset in one pass; figures, charts, map, page, certificate
    generating/                  make the events of any location-day, without files
    emitting/                    write windows of events so that readers get each event exactly once
    faults/                      break a stream on purpose, and keep a ledger of it
    wire/                        read a window of a dataset in order, and encode it in the wire format
    dataset/                     layout, manifest and index of a dataset; reading/ and verify/
    cooking/                     orders of the statistical source, made by kitchens with stations
    events/                      event table; expand orders to rows, digest them, encode row groups
    templates/                   read, check and write the template folder of a universe
    orders/                      the statistical source of orders: draws that the seed decides
    queueing/                    simulate kitchens whose orders wait for stations and couriers
    roads/                       road networks, and the routes from a location to its customers
    inputs/                      read and write scenario files and dimension tables
    parquet/                     write Parquet files: pages, footers
    kernels/                     what all compiled code shares
    model/                       parameters and arrays, checked once; interfaces between rooms
    files  paths  records        write files whole; check names of files; check JSON from outside
    extras                       name the extra that a missing package comes with
    loading  jit                 import Numba quickly; compile kernels, and cache them on disk
    rng  units  errors  version  addresses of random draws; conversions; errors; version

A room's own compiled loops are in its folder `kernels`.

Data flow in one direction: scenario -> plan -> orders -> events -> files.

Public names: `plan` forecasts a build, and `build` makes a dataset. `scan_events` reads a dataset, and
`slice_events` some hours of it; `write_slice` writes them in the wire format. `scan_scenario` and
`scenario_batches` read a dataset that was never written. `replay` and `follow` play a dataset as a stream, by
a `ReplayClock`; `live` runs kitchens now. `publish` makes tables from a dataset. `report` shows one on a page
and by `charts`, `certificate` tests it against its model, and `compare` says how two differ. The functions of
`universe` run template folders. Each is imported at first use, so `import fastgen` takes no time. Every error
raised on purpose is a `FastgenError`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from fastgen.errors import DamageError, DataError, FastgenError, FastgenWarning, OutputError, ScenarioError
from fastgen.version import __version__

if TYPE_CHECKING:
    from fastgen import universe as universe  # a name to be used from outside
    from fastgen.building.build import build
    from fastgen.building.forecast import Forecast, plan
    from fastgen.building.job import BuildResult, Progress
    from fastgen.dataset.reading.scan import scan_events
    from fastgen.dataset.reading.slices import slice_events
    from fastgen.faults.slice_file import write_slice
    from fastgen.generating.scan import scan_scenario, scenario_batches
    from fastgen.live_kitchens.options import Batch
    from fastgen.live_kitchens.run import live
    from fastgen.publishing.run import Published, publish
    from fastgen.replaying.clock import ReplayClock
    from fastgen.replaying.options import Emitted, ReplayOptions
    from fastgen.replaying.run import follow, replay
    from fastgen.reporting.certificate import Certificate
    from fastgen.reporting.compare import Comparison, compare
    from fastgen.reporting.run import certificate, charts, report

__all__ = [
    "Batch",
    "BuildResult",
    "Certificate",
    "Comparison",
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
    "certificate",
    "charts",
    "compare",
    "follow",
    "live",
    "plan",
    "publish",
    "replay",
    "report",
    "scan_events",
    "scan_scenario",
    "scenario_batches",
    "slice_events",
    "write_slice",
]

_LOADED_LATER = {
    "Batch": "fastgen.live_kitchens.options",
    "BuildResult": "fastgen.building.job",
    "Certificate": "fastgen.reporting.certificate",
    "Comparison": "fastgen.reporting.compare",
    "Emitted": "fastgen.replaying.options",
    "Forecast": "fastgen.building.forecast",
    "Progress": "fastgen.building.job",
    "Published": "fastgen.publishing.run",
    "ReplayClock": "fastgen.replaying.clock",
    "ReplayOptions": "fastgen.replaying.options",
    "build": "fastgen.building.build",
    "certificate": "fastgen.reporting.run",
    "charts": "fastgen.reporting.run",
    "compare": "fastgen.reporting.compare",
    "follow": "fastgen.replaying.run",
    "live": "fastgen.live_kitchens.run",
    "plan": "fastgen.building.forecast",
    "publish": "fastgen.publishing.run",
    "replay": "fastgen.replaying.run",
    "report": "fastgen.reporting.run",
    "scan_events": "fastgen.dataset.reading.scan",
    "scan_scenario": "fastgen.generating.scan",
    "scenario_batches": "fastgen.generating.scan",
    "slice_events": "fastgen.dataset.reading.slices",
    "write_slice": "fastgen.faults.slice_file",
}


def __getattr__(name: str) -> object:
    """Import a public name at its first use."""
    if name in ("spark", "universe"):
        return import_module(f"fastgen.{name}")
    if name not in _LOADED_LATER:
        raise AttributeError(f"module 'fastgen' has no attribute {name!r}")
    value: object = getattr(import_module(_LOADED_LATER[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted({*globals(), *_LOADED_LATER})
