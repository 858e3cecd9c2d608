"""Generate realistic, deterministic delivery-event data, millions of events a second.

The rooms of the house, each importing only from rooms below it::

    cli/                            commands: flags in, one line out
    building/                       scenario -> plan -> parts -> manifest
    dataset/                        Parquet in and out, manifest, verification
    events/                         orders -> Arrow columns
    simulate/  roads/  inputs/      draws of a day; road networks; scenario and tables
    kernels/   model/               compiled loops; parameters and arrays
    rng  units  errors              what every floor shares

Data walks through it one way: scenario -> plan -> day -> orders -> events -> files.
"""

from __future__ import annotations

__version__ = "0.1.0"
